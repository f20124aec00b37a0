"""What tests put into a local service: files, templates, processors, and the decisions of humans."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from extend_provider.local.service import Service

T = TypeVar("T")


class Seeds(ABC):
    """The part of :class:`~extend_provider.local.LocalService` that does what Extend's users do in its dashboard."""

    def add_file(self, name: str, data: bytes) -> str:
        """
        Add a file without an upload, which would show in :attr:`requests`.

        :param name: file name.
        :param data: its bytes.
        :return: file id.
        """
        return self._await(self._service.add_file(name, data)).id

    def add_template(self, name: str, pdf: bytes, config: dict[str, Any] | None = None) -> str:
        """
        Save an edit template, which the real service does in its dashboard.

        :param name: template name.
        :param pdf: the form.
        :param config: saved edit configuration; request values override it.
        :return: template id.
        """
        file = self._await(self._service.add_file(f"{name}.pdf", pdf))
        return self._call(lambda: self._service.add_template(name, file, config or {}).id)

    def add_extractor(self, name: str, config: dict[str, Any], id: str | None = None) -> str:  # noqa: A002 - the API's
        """
        Declare an extractor, which the real service does in its dashboard.

        :param name: its name.
        :param config: extract configuration, with a ``schema``.
        :param id: its id, such as the one that the DAG under test names. Default: made up.
        :return: its id.
        :raises ValueError: the configuration or the id is not valid.
        """
        return self._add_processor("extractor", name, config, id)

    def add_classifier(self, name: str, config: dict[str, Any], id: str | None = None) -> str:  # noqa: A002 - the API's
        """
        Declare a classifier, which the real service does in its dashboard.

        :param name: its name.
        :param config: classify configuration, with ``classifications``.
        :param id: its id. Default: made up.
        :return: its id.
        :raises ValueError: the configuration or the id is not valid.
        """
        return self._add_processor("classifier", name, config, id)

    def add_splitter(self, name: str, config: dict[str, Any], id: str | None = None) -> str:  # noqa: A002 - the API's
        """
        Declare a splitter, which the real service does in its dashboard.

        :param name: its name.
        :param config: split configuration, with ``splitClassifications``.
        :param id: its id. Default: made up.
        :return: its id.
        :raises ValueError: the configuration or the id is not valid.
        """
        return self._add_processor("splitter", name, config, id)

    def add_workflow(self, name: str, steps: list[dict[str, Any]], id: str | None = None) -> str:  # noqa: A002 - the API's
        """
        Declare a workflow, which the real service does in its dashboard.

        :param name: its name.
        :param steps: its steps, as ``docs/local-service.md`` describes them.
        :param id: its id. Default: made up.
        :return: its id.
        :raises ValueError: the steps or the id are not valid.
        """
        return self._add_processor("workflow", name, {"steps": steps}, id)

    def approve(self, run_id: str, user: str = "reviewer@example.com") -> None:
        """
        Approve a workflow run that needs review, which a human does in the real service's dashboard.

        :param run_id: a run with the status ``NEEDS_REVIEW``; it becomes ``PROCESSED``.
        :param user: who approves.
        :raises ValueError: there is no such run, or it does not need review.
        """
        self._try(lambda: self._service.review(run_id, user, rejection=None))

    def reject(self, run_id: str, note: str = "", user: str = "reviewer@example.com") -> None:
        """
        Reject a workflow run that needs review, which a human does in the real service's dashboard.

        :param run_id: a run with the status ``NEEDS_REVIEW``; it becomes ``REJECTED``.
        :param note: why.
        :param user: who rejects.
        :raises ValueError: there is no such run, or it does not need review.
        """
        self._try(lambda: self._service.review(run_id, user, rejection=note))

    def _add_processor(self, role: str, name: str, config: dict[str, Any], processor_id: str | None) -> str:
        return self._try(lambda: self._service.add_processor(role, name, config, processor_id).id)

    def _try(self, function: Callable[[], T]) -> T:
        """Call a function that refuses as it would refuse a request."""
        from extend_provider.local.errors import ApiError

        try:
            return self._call(function)
        except ApiError as error:
            raise ValueError(error.message) from None

    @property
    @abstractmethod
    def _service(self) -> Service: ...

    @abstractmethod
    def _call(self, function: Callable[[], T]) -> T: ...

    @abstractmethod
    def _await(self, coroutine: Coroutine[Any, Any, T]) -> T: ...
