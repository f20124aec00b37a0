"""What the operators share that create a run over documents: files, settings, metadata, and where the result goes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from extend_provider.arguments import is_missing, json_object
from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.operators.base import ExtendCreateRunOperator
from extend_provider.redaction import json_in

if TYPE_CHECKING:
    from extend_provider._compat import ObjectStoragePath, XComArg
    from extend_provider.submit.order import RunOrder

__all__ = ["ExtendCreateDocumentRunOperator", "ExtendCreateProcessorRunOperator", "json_list", "reference"]

# As Extend documents it.
_PRIORITIES = range(1, 101)
# What tells nothing, or nowhere, before the run has ended.
_ABOUT_THE_RESULT = ("include_output", "result_path", "markdown_path")


class ExtendCreateDocumentRunOperator(ExtendCreateRunOperator):
    """
    Base of the operators that create a run over documents. A kind's own operator says what its body holds.

    :param file: the document: a URL that Extend can reach, an Extend file id, a local path or ``ObjectStoragePath``
        URI, which is uploaded first, or the API's own ``{"url": …}``, ``{"id": …}`` or ``{"text": …}``.
    :param metadata: facts of your own that Extend keeps with the run; a dict, or JSON text. The names of DAG, task and
        DAG run are added under the key ``airflow``, which is not for your own. 10 KB in all.
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
        from extend_provider.hooks.files import plain_file
        from extend_provider.kinds import run_kind
        from extend_provider.submit.order import RunOrder

        self._check_what_becomes_of_the_result()
        shared = {"priority": _priority(self.priority), "metadata": self._metadata()}
        body = {name: value for name, value in {**self.body(), **shared}.items() if value is not None}
        file, files = self.rendered("file") or None, json_list(self.rendered("files"), "files")
        if (file is None) == (not files):
            either = "one of file and files" if "files" in self.template_fields else "a file"
            raise ExtendConfigurationError(
                f"An Extend {self.kind} run takes {either}; {'both' if file else 'none'} given.",
                hint="If it comes from another task's XCom, check that the task ran.",
            )
        package = [plain_file(one) for one in files]
        return RunOrder(run_kind(self.kind), body, None if package else plain_file(file), package)

    def _check_what_becomes_of_the_result(self) -> None:
        """A path that cannot be written to is found out before the run is paid for."""
        from extend_provider.hooks.files import check_destinations

        asked_for = [name for name in _ABOUT_THE_RESULT if getattr(self, name)]
        if asked_for and not self.wait_for_completion:
            raise ExtendConfigurationError(
                f"With wait_for_completion=False the task has no result, as asked for by {' and '.join(asked_for)}.",
                hint=f"Give {'it' if len(asked_for) == 1 else 'them'} to the ExtendRunSensor that waits for the run.",
            )
        check_destinations(self.result_path, self.markdown_path)

    def _metadata(self) -> dict[str, Any] | None:
        from extend_provider.submit.order import TASK_KEY

        metadata = json_object(self.rendered("metadata"), "metadata")
        if metadata and TASK_KEY in metadata:
            raise ExtendConfigurationError(
                f"The metadata have a key {TASK_KEY!r}, under which the names of DAG, task and DAG run are stored.",
                hint="Give yours another name.",
            )
        return metadata


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
    if is_missing(identifier):
        if not is_missing(version):
            raise ExtendConfigurationError(f"There is a version, but no {argument} that it is of.")
        return None
    given = {"id": str(identifier).strip(), "version": None if is_missing(version) else str(version).strip()}
    return {name: value for name, value in {**given, "overrideConfig": config}.items() if value is not None}


def json_list(value: Any, name: str) -> list[Any]:
    """
    Return a list argument: a list, JSON text, what Jinja makes of a list, or the results of a mapped task.

    :raises ExtendConfigurationError: it is something else.
    """
    if isinstance(value, str):
        try:
            value = None if is_missing(value) else json_in(value)
        except ValueError:
            raise ExtendConfigurationError(
                f"The argument {name} must be a list; it is text that says none.",
                hint="In a template, write {{ … | list | tojson }}, or give task.output, which is a list.",
            ) from None
    if value is None:
        return []
    # Airflow gives the results of a mapped task one by one as they are asked for, in a sequence of its own.
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray)):
        return list(value)
    raise ExtendConfigurationError(f"The argument {name} must be a list, not {type(value).__name__}.")


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
