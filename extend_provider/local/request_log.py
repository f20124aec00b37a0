"""The log of received requests that tests look at. It stays in memory and is never printed."""

from __future__ import annotations

import json
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from extend_provider.local.asgi import is_control

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_RECORDS = 50_000
_REDACTED = "[redacted]"


@dataclass
class RequestRecord:
    """
    One received request.

    ``query`` holds the last value of each parameter, ``headers`` have lower-case names; the API key and download
    signatures are redacted. ``body`` is the parsed JSON body, None without one. ``file_name`` and ``file_size``
    (bytes) describe an upload. ``status`` is what was answered, None when the connection was cut before an answer.
    ``time`` is a Unix timestamp, ``duration`` is in seconds (None while the request is being answered).
    """

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    file_name: str | None = None
    file_size: int | None = None
    status: int | None = None
    time: float = 0.0
    duration: float | None = None

    def as_json(self) -> dict[str, Any]:
        """:return: wire form of the control API."""
        return asdict(self)


class RequestLog:
    """The newest requests, oldest first; control calls are not among them."""

    def __init__(self) -> None:
        self._records: deque[RequestRecord] = deque(maxlen=MAX_RECORDS)

    def add(self, record: RequestRecord) -> None:
        """:param record: a request that has just come in."""
        self._records.append(record)

    def records(self) -> list[RequestRecord]:
        """:return: a copy of the log."""
        return list(self._records)

    def clear(self) -> None:
        """Forget all requests."""
        self._records.clear()


class RequestLogMiddleware:
    """
    Writes the log.

    :param app: the ASGI application to wrap.
    :param log: the log.
    """

    def __init__(self, app: ASGIApp, log: RequestLog) -> None:
        self._app = app
        self._log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] != "http" or is_control(scope["path"]):
            await self._app(scope, receive, send)
            return
        record = _record(scope)
        self._log.add(record)
        scope["state"]["record"] = record
        if record.headers.get("content-type", "").startswith("application/json"):
            receive = await _log_body(record, receive)

        async def send_logged(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_logged)
        finally:
            record.duration = time.time() - record.time


def _record(scope: Scope) -> RequestRecord:
    query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    if "signature" in query:
        query["signature"] = _REDACTED
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    if "authorization" in headers:
        headers["authorization"] = headers["authorization"].partition(" ")[0] + " " + _REDACTED
    return RequestRecord(scope["method"], scope["path"], query, headers, time=time.time())


async def _log_body(record: RequestRecord, receive: Receive) -> Receive:
    """Read the whole body, and hand it on once more."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            break
    try:
        record.body = json.loads(body) if body else None
    except (ValueError, RecursionError):
        record.body = None
    replay: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return replay.pop() if replay else await receive()

    return receive_again
