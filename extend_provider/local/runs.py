"""Endpoints of runs, the same for every kind: create, create and wait, get, list, cancel, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse
from starlette.routing import Route

from extend_provider.local.bodies import as_text, query_choice, read_object, refuse_unknown
from extend_provider.local.create_body import read_metadata, read_new_run
from extend_provider.local.errors import ApiError, invalid, not_found
from extend_provider.local.paging import Pager, Position
from extend_provider.local.records import CANCELLED, FAILED, RunRecord
from extend_provider.local.run_filters import RunFilter
from extend_provider.local.run_start import start_run
from extend_provider.local.service import service_of, views_of
from extend_provider.local.stamps import utc_now

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request

    from extend_provider.local.faults import Fault
    from extend_provider.local.run_kind import RunKind

SYNC_LIMIT = 300.0
# The documentation names the statuses, but not which failure gets which; what is not here is the document's fault: 422.
_SYNC_STATUSES = {
    "OUT_OF_CREDITS": 402,
    "INVALID_OPTIONS": 400,
    "INVALID_CONFIG_OPTIONS": 400,
    "INVALID_CONFIGURATION": 400,
    "INVALID_PROCESSOR": 400,
    "INTERNAL_ERROR": 500,
    "FIELD_DETECTION_ERROR": 500,
    "OCR_ERROR": 500,
}


class RunEndpoints:
    """
    The endpoints of one kind of run.

    :param kind: its description.
    """

    def __init__(self, kind: RunKind) -> None:
        self._kind = kind

    def routes(self) -> list[Route]:
        """:return: the routes to mount; those of batches must come before."""
        kind = self._kind
        one = kind.path + "/{id}"
        routes = [Route(kind.path, self.create, methods=["POST"]), Route(one, self.get, methods=["GET"])]
        if kind.summary_fields:
            routes.append(Route(kind.path, self.list_runs, methods=["GET"]))
            routes.append(Route(one, self.delete, methods=["DELETE"]))
        if kind.cancel is not None:
            routes.append(Route(one + "/cancel", self.cancel, methods=["POST"]))
        if kind.updates:
            routes.append(Route(one, self.update, methods=["POST"]))
        if kind.sync_path is not None:
            routes.append(Route(kind.sync_path, self.create_and_wait, methods=["POST"]))
        return routes

    async def create(self, request: Request) -> JSONResponse:
        """Start a run; answers ``PROCESSING``."""
        run = await self._start(request, sync=False)
        return JSONResponse(views_of(request).full(run))

    async def create_and_wait(self, request: Request) -> JSONResponse:
        """Start a run and answer when it has ended; a failure is an HTTP error."""
        as_url = self._output_as_url(request)
        run = await self._start(request, sync=True)
        if not await service_of(request).worker.wait(run, SYNC_LIMIT):
            raise ApiError(504, "REQUEST_TIMEOUT", f"The run did not end within {SYNC_LIMIT:g} seconds.")
        if run.status in (FAILED, CANCELLED):
            reason = run.failure_reason or ("INTERNAL_ERROR" if run.status == FAILED else "ABORTED")
            raise ApiError(_SYNC_STATUSES.get(reason, 422), reason, run.failure_message or "The run was cancelled.")
        return JSONResponse(views_of(request, output_as_url=as_url).full(run))

    async def get(self, request: Request) -> JSONResponse:
        """Answer one run, with fresh presigned URLs."""
        as_url = self._output_as_url(request)
        body = views_of(request, output_as_url=as_url).full(self._find(request))
        return JSONResponse(_with_status(body, request.state.faults.take("unknown_status")))

    async def list_runs(self, request: Request) -> JSONResponse:
        """Answer a page of run summaries."""
        views = views_of(request)
        pager = Pager(request, service_of(request).keys.signing_secret, self._kind.sortable)
        wanted = RunFilter(request, self._kind)
        runs = [run for run in self._visible(request) if wanted.accepts(run)]

        def position(run: RunRecord) -> Position:
            by_creation = pager.sort_by == "createdAt"
            return (run.created_at, run.created_order) if by_creation else (run.updated_at, run.updated_order)

        unknown = request.state.faults.take("unknown_status")
        return JSONResponse(pager.page(runs, position, lambda run: _with_status(views.summary(run), unknown)))

    async def cancel(self, request: Request) -> JSONResponse:
        """Cancel a run that has not ended."""
        run = self._find(request)
        how = self._kind.cancel
        if how is None or run.status not in how.statuses:
            raise invalid(
                f"{self._kind.label} {run.id} cannot be cancelled: its status {run.status} is terminal, or it is being "
                "cancelled already."
            )
        service_of(request).worker.cancel(run, how)
        return JSONResponse(views_of(request).full(run))

    async def update(self, request: Request) -> JSONResponse:
        """Change the name of a run, or add to its metadata."""
        run = self._find(request)
        body = await read_object(request)
        refuse_unknown(body, self._kind.updates, "an update")
        if body.get("name") is not None:
            run.details["name"] = as_text(body["name"], "name")
        added = read_metadata(body.get("metadata"))
        if added is not None:
            run.metadata = read_metadata({**(run.metadata or {}), **added})
        service_of(request).store.runs.keep(run)
        return JSONResponse(views_of(request).full(run))

    async def delete(self, request: Request) -> JSONResponse:
        """Delete a run for good."""
        run = self._find(request)
        service_of(request).delete_run(run)
        return JSONResponse({"id": run.id})

    async def _start(self, request: Request, *, sync: bool) -> RunRecord:
        service = service_of(request)
        new = read_new_run(self._kind, await read_object(request), service.store, sync=sync)
        service.ledger.require_credits()
        return start_run(new, self._kind, service, request.state.faults)

    def _output_as_url(self, request: Request) -> bool:
        return self._kind.large_output and query_choice(request, "responseType", ("json", "url")) == "url"

    def _find(self, request: Request) -> RunRecord:
        return find_run(request, self._kind)

    def _visible(self, request: Request) -> Iterable[RunRecord]:
        runs = [run for run in service_of(request).store.runs.values() if run.kind == self._kind.name]
        lag = request.state.faults.take("list_lags")
        if lag is None:
            return runs
        moment = utc_now(-lag.options["seconds"])
        return [run.as_of(moment) for run in runs if run.created_at <= moment]


def find_run(request: Request, kind: RunKind) -> RunRecord:
    """
    Look the run of a request up.

    :param request: request with the path parameter ``id``.
    :param kind: what it must be.
    :return: the run.
    :raises ApiError: 404, there is none.
    """
    run_id = request.path_params["id"]
    run = service_of(request).store.runs.get(run_id)
    if run is None or run.kind != kind.name:
        raise not_found(kind.label, run_id)
    return run


def _with_status(body: dict[str, Any], fault: Fault | None) -> dict[str, Any]:
    if fault is None:
        return body
    unknown = {"failureReason", "failureMessage", "output", "metrics", "usage"} & set(body)
    return {**body, "status": fault.options["status"], **dict.fromkeys(unknown)}
