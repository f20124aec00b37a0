"""Which runs a list request asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from extend_provider.local.bodies import matches_name, query_choice

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from extend_provider.local.records import RunRecord
    from extend_provider.local.run_kind import RunKind

_NAME = "fileNameContains"
_VALUES: dict[str, Callable[[RunRecord], Any]] = {
    "status": lambda run: run.status,
    "source": lambda run: run.source,
    "sourceId": lambda run: run.source_id,
    "batchId": lambda run: run.batch_id,
    "extractorId": lambda run: run.processor,
    "classifierId": lambda run: run.processor,
    "splitterId": lambda run: run.processor,
    "workflowId": lambda run: run.processor,
}


class RunFilter:
    """
    The filters of one list request; parameters that the kind does not know are ignored.

    :param request: the list request.
    :param kind: what is listed.
    :raises ApiError: 400, a filter has a value that no run can have.
    """

    def __init__(self, request: Request, kind: RunKind) -> None:
        choices = {"status": kind.statuses, "source": kind.sources}
        self._name = request.query_params.get(_NAME) if _NAME in kind.filters else None
        self._wanted: dict[str, str] = {}
        for name in kind.filters:
            value = query_choice(request, name, choices[name]) if name in choices else request.query_params.get(name)
            if value is not None and name != _NAME:
                self._wanted[name] = value
        if "batchId" in self._wanted:  # the members of a batch have a source of their own, so the batch decides
            self._wanted.pop("source", None)

    def accepts(self, run: RunRecord) -> bool:
        """
        Tell whether a run is asked for.

        :param run: any run of the kind.
        :return: whether all filters let it pass.
        """
        if any(_VALUES[name](run) != value for name, value in self._wanted.items()):
            return False
        return any(matches_name(self._name, item.file["name"]) for item in run.inputs)
