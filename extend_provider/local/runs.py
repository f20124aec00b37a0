"""Endpoints of runs, the same for every kind: create, create and wait, get, list, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse
from starlette.routing import Route

from extend_provider.local.bodies import matches_name, query_choice, read_object
from extend_provider.local.errors import ApiError, not_found
from extend_provider.local.paging import Pager, Position
from extend_provider.local.records import FAILED, STATUSES, RunRecord
from extend_provider.local.service import Service, service_of
from extend_provider.local.stamps import new_id, utc_now

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request

    from extend_provider.local.faults import Fault
    from extend_provider.local.run_kind import NewRun, RunKind

SYNC_LIMIT = 300.0
_SOURCES = ("API", "STUDIO", "ADMIN")
_SCRIPT_FAULTS = ("fail", "processed_without_file", "usage_null", "no_filled_values")
# The documentation names the statuses, but not which failure gets which; what is not here is the document's fault: 422.
_SYNC_STATUSES = {"OUT_OF_CREDITS": 402, "INVALID_OPTIONS": 400, "INTERNAL_ERROR": 500, "FIELD_DETECTION_ERROR": 500}


class RunEndpoints:
    """
    The endpoints of one kind of run.

    :param kind: its description.
    """

    def __init__(self, kind: RunKind) -> None:
        self._kind = kind

    def routes(self) -> list[Route]:
        """:return: the routes to mount."""
        path = self._kind.path
        routes = [
            Route(path, self.create, methods=["POST"]),
            Route(path, self.list_runs, methods=["GET"]),
            Route(path + "/{id}", self.get, methods=["GET"]),
            Route(path + "/{id}", self.delete, methods=["DELETE"]),
        ]
        if self._kind.sync_path is not None:
            routes.append(Route(self._kind.sync_path, self.create_and_wait, methods=["POST"]))
        return routes

    async def create(self, request: Request) -> JSONResponse:
        """Start a run; answers ``PROCESSING``."""
        run = await self._start(request)
        return JSONResponse(self._full(run, request))

    async def create_and_wait(self, request: Request) -> JSONResponse:
        """Start a run and answer when it has ended; a failure is an HTTP error."""
        run = await self._start(request)
        if not await service_of(request).worker.wait(run, SYNC_LIMIT):
            raise ApiError(504, "REQUEST_TIMEOUT", f"The run did not end within {SYNC_LIMIT:g} seconds.")
        if run.status == FAILED:
            reason = run.failure_reason or "INTERNAL_ERROR"
            raise ApiError(_SYNC_STATUSES.get(reason, 422), reason, run.failure_message or "")
        return JSONResponse(self._full(run, request))

    async def get(self, request: Request) -> JSONResponse:
        """Answer one run, with fresh presigned URLs."""
        body = self._full(self._find(request), request)
        return JSONResponse(_with_status(body, request.state.faults.take("unknown_status")))

    async def list_runs(self, request: Request) -> JSONResponse:
        """Answer a page of run summaries."""
        service = service_of(request)
        pager = Pager(request, service.keys.signing_secret, ("updatedAt", "createdAt"))
        status = query_choice(request, "status", STATUSES)
        source = query_choice(request, "source", _SOURCES)
        name = request.query_params.get("fileNameContains")
        runs = [
            run
            for run in self._visible(request)
            if status in (None, run.status) and source in (None, run.source) and matches_name(name, run.file["name"])
        ]

        def position(run: RunRecord) -> Position:
            by_creation = pager.sort_by == "createdAt"
            return (run.created_at, run.created_order) if by_creation else (run.updated_at, run.updated_order)

        unknown = request.state.faults.take("unknown_status")
        return JSONResponse(
            pager.page(runs, position, lambda run: _with_status(_summary(run, self._kind, request), unknown))
        )

    async def delete(self, request: Request) -> JSONResponse:
        """Delete a run for good."""
        run = self._find(request)
        service_of(request).delete_run(run)
        return JSONResponse({"id": run.id})

    async def _start(self, request: Request) -> RunRecord:
        service = service_of(request)
        new = self._kind.validate(await read_object(request), service.store)
        service.ledger.require_credits()
        run = _record(new, self._kind, service)
        for name in _SCRIPT_FAULTS:
            if fault := request.state.faults.take(name):
                run.script[name] = fault.options
        service.store.save_run(run)
        service.ledger.count_run()
        service.worker.submit(run)
        return run

    def _find(self, request: Request) -> RunRecord:
        run_id = request.path_params["id"]
        run = service_of(request).store.runs.get(run_id)
        if run is None or run.kind != self._kind.name:
            raise not_found(self._kind.label, run_id)
        return run

    def _visible(self, request: Request) -> Iterable[RunRecord]:
        runs = [run for run in service_of(request).store.runs.values() if run.kind == self._kind.name]
        lag = request.state.faults.take("list_lags")
        if lag is None:
            return runs
        moment = utc_now(-lag.options["seconds"])
        return [run.as_of(moment) for run in runs if run.created_at <= moment]

    def _full(self, run: RunRecord, request: Request) -> dict[str, Any]:
        body = _frame(run, self._kind)
        body["file"] = _file_summary(run, request) or run.file
        body["config"] = run.config
        body["output"] = _output(run, request)
        body["usage"] = run.usage
        return body


def _record(new: NewRun, kind: RunKind, service: Service) -> RunRecord:
    file = new.file
    if file is None:
        file = service.store.new_file(new.name, password=new.password)
        service.store.save_file(file)
    now, order = utc_now(), service.store.next_order()
    return RunRecord(
        id=new_id(kind.id_prefix),
        kind=kind.name,
        file_id=file.id,
        file=file.summary(),
        config=new.config,
        created_at=now,
        updated_at=now,
        created_order=order,
        updated_order=order,
        input_url=new.url,
    )


def _frame(run: RunRecord, kind: RunKind) -> dict[str, Any]:
    return {
        "object": kind.wire_object,
        "id": run.id,
        "file": None,
        "status": run.status,
        "failureReason": run.failure_reason,
        "failureMessage": run.failure_message,
        "metrics": run.metrics,
    }


def _summary(run: RunRecord, kind: RunKind, request: Request) -> dict[str, Any]:
    body = _frame(run, kind)
    body["file"] = _file_summary(run, request)
    body["usage"] = None if run.usage is None else {k: v for k, v in run.usage.items() if k != "breakdown"}
    body["createdAt"] = run.created_at
    body["updatedAt"] = run.updated_at
    return body


def _file_summary(run: RunRecord, request: Request) -> dict[str, Any] | None:
    file = service_of(request).store.files.get(run.file_id)
    return None if file is None else file.summary()


def _output(run: RunRecord, request: Request) -> dict[str, Any] | None:
    if run.output is None:
        return None
    service = service_of(request)
    files = {}
    for key, file_id in run.output_files.items():
        file = service.store.files.get(file_id)
        name = file.name if file else file_id
        files[key] = {"id": file_id, "presignedUrl": service.presigner.url(request, file_id, name)}
    return {**files, **run.output}


def _with_status(body: dict[str, Any], fault: Fault | None) -> dict[str, Any]:
    if fault is None:
        return body
    unknown = {"failureReason", "failureMessage", "output", "metrics", "usage"} & set(body)
    return {**body, "status": fault.options["status"], **dict.fromkeys(unknown)}
