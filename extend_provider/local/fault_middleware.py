"""Faults that strike whole HTTP exchanges: before a request is processed, or after."""

from __future__ import annotations

import asyncio
import time
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from starlette.datastructures import MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, Response

from extend_provider.local.asgi import cut_connection, drain, is_control
from extend_provider.local.errors import ApiError, error_body, error_response
from extend_provider.local.faults import Fault, Faults, RequestFaults

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_REFUSALS = {
    "unauthorized": (401, "UNAUTHORIZED", "The API key is invalid (injected)."),
    "credits": (402, "USAGE_BLOCKED", "The workspace has no credits left (injected)."),
    "permission": (403, "FORBIDDEN", "The API key lacks a permission (injected)."),
    "list_missing": (404, "NOT_FOUND", "No such endpoint (injected)."),
    "error_after_create": (500, "INTERNAL_ERROR", "An unexpected error occurred (injected)."),
}
_BEFORE = ("rate_limit", "server_error", "unauthorized", "credits", "permission", "list_missing", "not_json")
_AFTER = ("error_after_create", "cut_after", "truncated", "download_cut")
_HTML = "<html><head><title>{0}</title></head><body><h1>{0}</h1><hr>nginx</body></html>"
_FIRST_ERROR_STATUS = 300


class FaultMiddleware:
    """
    Lets injected faults strike, and leaves the rest to the handlers in ``request.state.faults``.

    :param app: the ASGI application to wrap.
    :param faults: the injected faults.
    """

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        faults = RequestFaults(self._faults, scope["method"], scope["path"])
        scope["state"]["faults"] = faults
        if is_control(scope["path"]):
            await self._app(scope, receive, send)
            return
        if slow := faults.take("slow"):
            await asyncio.sleep(slow.options["seconds"])
        if fault := faults.take("cut_before", *_BEFORE):
            await drain(receive)
            await _strike_before(fault, scope, receive, send)
            return
        answer = _FaultyAnswer(faults, scope, receive, send)
        await self._app(scope, receive, answer.send)


async def _strike_before(fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
    if fault.fault == "cut_before":
        await cut_connection(scope, receive, reset=fault.options["reset"])
        return
    await _answer(fault, scope)(scope, receive, send)


def _answer(fault: Fault, scope: Scope) -> Response:
    if fault.fault == "not_json":
        return HTMLResponse(_HTML.format("Welcome"))
    if fault.fault == "server_error":
        return _server_error(fault.options, scope)
    if fault.fault == "rate_limit":
        headers = _retry_after(fault.options["retry_after"], fault.options["seconds"])
        error = ApiError(429, "RATE_LIMIT_EXCEEDED", "Too many requests (injected).", headers)
        return error_response(error, scope)
    return error_response(ApiError(*_REFUSALS[fault.fault]), scope)


def _server_error(options: dict[str, Any], scope: Scope) -> Response:
    headers = _retry_after(options["retry_after"], 0)
    if options["html"]:
        return HTMLResponse(_HTML.format(f"{options['status']} error"), options["status"], headers)
    error = ApiError(options["status"], "INTERNAL_ERROR", "An unexpected error occurred (injected).", headers)
    if options["nested"]:
        return JSONResponse({"error": error_body(error, scope)}, options["status"], headers)
    return error_response(error, scope)


def _retry_after(value: Any, seconds: float) -> dict[str, str]:
    if value is None:
        return {}
    return {"Retry-After": formatdate(time.time() + seconds, usegmt=True) if value == "date" else str(value)}


class _FaultyAnswer:
    """Holds a successful answer back when a fault is going to spoil it."""

    def __init__(self, faults: RequestFaults, scope: Scope, receive: Receive, send: Send) -> None:
        self._faults = faults
        self._scope = scope
        self._receive = receive
        self._send = send
        self._fault: Fault | None = None
        self._start: Message = {}
        self._body = bytearray()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] < _FIRST_ERROR_STATUS:
            self._fault = self._faults.take(*_AFTER)
            self._start = message
        if self._fault is None:
            await self._send(message)
        elif message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._spoil(self._fault)

    async def _spoil(self, fault: Fault) -> None:
        if fault.fault == "error_after_create":
            error = ApiError(*_REFUSALS[fault.fault])
            await error_response(error, self._scope)(self._scope, self._receive, self._send)
        elif fault.fault == "truncated":
            await self._send_part(len(self._body) // 2, complete=True)
        elif fault.fault == "download_cut":
            await self._send_part(fault.options["after"], complete=False)
            await cut_connection(self._scope, self._receive, reset=fault.options["reset"])
        else:
            if fault.options["where"] == "body":
                await self._send_part(len(self._body) // 2, complete=False)
            await cut_connection(self._scope, self._receive, reset=fault.options["reset"])

    async def _send_part(self, size: int, *, complete: bool) -> None:
        """Send the first bytes; a complete answer claims to be no longer than that."""
        part = bytes(self._body[:size])
        if complete:
            MutableHeaders(raw=self._start["headers"])["content-length"] = str(len(part))
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": part, "more_body": not complete})
