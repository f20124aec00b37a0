"""The ASGI application: routes, error answers, and the layers around them."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from extend_provider.local import control, files, templates, webhook_endpoints
from extend_provider.local.asgi import LastResort, RequestIds
from extend_provider.local.auth import AuthMiddleware
from extend_provider.local.batches import batch_routes
from extend_provider.local.errors import ApiError, on_api_error, on_http_exception, on_unexpected
from extend_provider.local.fault_middleware import FaultMiddleware
from extend_provider.local.kinds import KINDS
from extend_provider.local.request_log import RequestLogMiddleware
from extend_provider.local.runs import RunEndpoints
from extend_provider.local.service import Service

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import ASGIApp


def create_app(service: Service) -> ASGIApp:
    """
    Build the application of a service.

    :param service: its data.
    :return: ASGI application. Faults that cut connections need the HTTP protocol of
        :mod:`extend_provider.local.server` underneath.
    """

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        service.worker.resume()
        yield
        service.worker.stop()
        await service.webhooks.stop()

    routes = [*files.ROUTES, *templates.ROUTES, *webhook_endpoints.ROUTES, *control.ROUTES, *batch_routes()]
    for kind in KINDS.values():
        routes += RunEndpoints(kind).routes()
    handlers = {ApiError: on_api_error, HTTPException: on_http_exception, Exception: on_unexpected}
    starlette = Starlette(routes=routes, exception_handlers=handlers, lifespan=lifespan)
    starlette.router.redirect_slashes = False
    starlette.state.service = service
    run_paths = [path for kind in KINDS.values() for path in kind.create_paths]
    app: ASGIApp = AuthMiddleware(starlette, service.settings, service.keys.api_key, run_paths)
    app = FaultMiddleware(app, service.faults)
    app = RequestLogMiddleware(app, service.log)
    return RequestIds(LastResort(app))
