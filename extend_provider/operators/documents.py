"""What the operators share that create a run over documents: files, settings, metadata, and where the result goes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from extend_provider.arguments import json_object
from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.operators.base import ExtendCreateRunOperator

if TYPE_CHECKING:
    from extend_provider._compat import ObjectStoragePath, XComArg
    from extend_provider.submit.order import RunOrder

__all__ = ["ExtendCreateDocumentRunOperator", "ExtendCreateProcessorRunOperator", "reference"]

# As Extend documents it.
_PRIORITIES = range(1, 101)


class ExtendCreateDocumentRunOperator(ExtendCreateRunOperator):
    """
    Base of the operators that create a run over documents. A kind's own operator says what its body holds.

    :param file: the document: a URL that Extend can reach, an Extend file id, a local path or ``ObjectStoragePath``
        URI, which is uploaded first, or the API's own ``{"url": …}``, ``{"id": …}`` or ``{"text": …}``.
    :param metadata: facts of your own that Extend keeps with the run; a dict, or JSON text. The names of DAG, task and
        DAG run are added under the key ``airflow``. 10 KB in all.
    :param include_output: whether ``return_value`` also holds ``output``, all that the run gave, with the names of the
        API; default false, as it may be personal and large.
    :param result_path: local path or ``ObjectStoragePath`` URI of a file to which ``output`` is written as JSON.
    """

    template_fields: Sequence[str] = ("file", "metadata", "result_path", *ExtendCreateRunOperator.template_fields)
    template_fields_renderers = dict.fromkeys(("config", "metadata", "secrets"), "json")

    files: Any = None
    priority: Any = None

    def __init__(
        self,
        *,
        file: str | ObjectStoragePath | Mapping[str, Any] | XComArg | None = None,
        metadata: Mapping[str, Any] | str | XComArg | None = None,
        include_output: bool = False,
        result_path: str | ObjectStoragePath | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.metadata = metadata
        self.include_output = include_output
        self.result_path = result_path

    @abstractmethod
    def body(self) -> dict[str, Any]:
        """Check the kind's own arguments, and return its part of the body; ``None`` stands for what is not given."""

    def order(self) -> RunOrder:
        """Check the arguments, and say what to create."""
        from extend_provider.kinds import run_kind
        from extend_provider.submit.order import RunOrder

        shared = {"priority": _priority(self.priority), "metadata": json_object(self.metadata, "metadata")}
        body = {name: value for name, value in {**self.body(), **shared}.items() if value is not None}
        file, files = self.rendered("file") or None, _files(self.rendered("files"))
        if (file is None) == (not files):
            either = "one of file and files" if "files" in self.template_fields else "a file"
            raise ExtendConfigurationError(
                f"An Extend {self.kind} run takes {either}; {'both' if file else 'none'} given.",
                hint="If it comes from another task's XCom, check that the task ran.",
            )
        return RunOrder(run_kind(self.kind), body, file, files)


class ExtendCreateProcessorRunOperator(ExtendCreateDocumentRunOperator):
    """
    Base of the operators whose run follows a saved extractor, classifier or splitter, a configuration, or both.

    A kind's own operator has arguments for the id and the version, named after its :attr:`role`.

    :param config: what to do and how, with the names of the API; a dict, or JSON text. With a saved processor, it
        replaces parts of its configuration.
    :param priority: 1 (first) to 100 (last), for when Extend's rate limits delay runs; default: Extend's.
    """

    template_fields: Sequence[str] = ("config", "priority", *ExtendCreateDocumentRunOperator.template_fields)

    role: ClassVar[str]
    can_infer: ClassVar[bool] = False

    def __init__(
        self,
        *,
        config: Mapping[str, Any] | str | XComArg | None = None,
        priority: int | str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.config = config
        self.priority = priority

    def body(self) -> dict[str, Any]:
        """Check the arguments, and return the body without its files."""
        argument, config = f"{self.role}_id", json_object(self.rendered("config"), "config")
        processor = reference(argument, getattr(self, argument), getattr(self, f"{self.role}_version"), config)
        if not processor and not config and not self.can_infer:
            raise ExtendConfigurationError(f"An Extend {self.kind} run needs {argument}, config or both.")
        return {self.role: processor, "config": None if processor else config}


def reference(argument: str, identifier: Any, version: Any, config: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """
    Return the API's reference to a saved processor or workflow; ``None`` where no id is given.

    :param argument: name of the id's argument, for errors.
    :param identifier: its id.
    :param version: its version: ``latest``, ``draft`` or a number; ``None`` leaves it to Extend.
    :param config: what replaces parts of the saved configuration.
    :raises ExtendConfigurationError: there is a version but no id.
    """
    if _is_missing(identifier):
        if not _is_missing(version):
            raise ExtendConfigurationError(f"There is a version, but no {argument} that it is of.")
        return None
    given = {"id": str(identifier).strip(), "version": None if _is_missing(version) else str(version).strip()}
    return {name: value for name, value in {**given, "overrideConfig": config}.items() if value is not None}


def _is_missing(value: Any) -> bool:
    # As text, `None` is what Jinja makes of a missing XCom.
    return value is None or str(value).strip() in {"", "None"}


def _files(value: Any) -> list[Any]:
    if value is None or value == "":
        return []
    if isinstance(value, (list, tuple)):
        return list(value)
    raise ExtendConfigurationError(
        f"The argument files must be a list, not {type(value).__name__}.",
        hint="A template gives text unless the DAG has render_template_as_native_obj=True; task.output gives a list.",
    )


def _priority(value: Any) -> int | None:
    if value is None or value == "":
        return None
    try:
        number = int(str(value))
    except ValueError:
        number = 0
    if number not in _PRIORITIES:
        raise ExtendConfigurationError("The argument priority must be a whole number of 1 (first) to 100 (last).")
    return number
