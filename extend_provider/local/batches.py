"""Endpoints of batches: many runs at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse
from starlette.routing import Route

from extend_provider.local.batch_views import batch_run
from extend_provider.local.bodies import read_object
from extend_provider.local.create_body import read_batch
from extend_provider.local.errors import not_found
from extend_provider.local.kinds import KINDS
from extend_provider.local.records import PENDING, BatchRecord
from extend_provider.local.run_start import start_run
from extend_provider.local.service import service_of
from extend_provider.local.stamps import new_id, utc_now

if TYPE_CHECKING:
    from starlette.requests import Request

    from extend_provider.local.run_kind import Batch, RunKind


class BatchEndpoint:
    """
    The endpoint that creates batches of one kind of run.

    :param kind: its description.
    :param batch: what it says about batches.
    """

    def __init__(self, kind: RunKind, batch: Batch) -> None:
        self._kind = kind
        self._batch = batch

    def routes(self) -> list[Route]:
        """:return: the route to mount."""
        return [Route(f"{self._kind.path}/batch", self.create, methods=["POST"])]

    async def create(self, request: Request) -> JSONResponse:
        """Start the runs of a batch; all inputs are checked before the first one."""
        service = service_of(request)
        runs = read_batch(self._kind, await read_object(request), service.store)
        service.ledger.require_credits()
        batch = BatchRecord(
            id=new_id(self._batch.id_prefix),
            kind=self._kind.name,
            run_count=len(runs),
            created_at=utc_now(),
            order=service.store.next_order(),
        )
        service.store.batches.keep(batch)
        for new in runs:
            start_run(new, self._kind, service, request.state.faults, batch)
            await asyncio.sleep(0)  # a thousand runs take seconds, and others want answers meanwhile
        if self._batch.only_id:
            return JSONResponse({"batchId": batch.id})
        return JSONResponse({**batch_run(batch, service.store), "status": PENDING})


async def get_batch(request: Request) -> JSONResponse:
    """Answer one batch; those of workflows cannot be fetched."""
    service = service_of(request)
    batch_id = request.path_params["id"]
    batch = service.store.batches.get(batch_id)
    how = None if batch is None else KINDS[batch.kind].batch
    if batch is None or how is None or how.only_id:
        raise not_found("Batch run", batch_id)
    return JSONResponse(batch_run(batch, service.store))


def batch_routes() -> list[Route]:
    """:return: the routes to mount, before those of runs."""
    routes = [Route("/batch_runs/{id}", get_batch, methods=["GET"])]
    for kind in KINDS.values():
        if kind.batch is not None:
            routes += BatchEndpoint(kind, kind.batch).routes()
    return routes
