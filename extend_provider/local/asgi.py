"""Small pieces that the ASGI middlewares share."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from typing import TYPE_CHECKING

from extend_provider.local.errors import log_defect, request_id
from extend_provider.local.stamps import new_id

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

logger = logging.getLogger(__name__)

CONTROL_PREFIX = "/_local/"
DOWNLOAD_PREFIX = "/_files/"


def is_control(path: str) -> bool:
    """
    Tell whether a request steers the service itself.

    :param path: request path.
    :return: True below ``/_local/``.
    """
    return path.startswith(CONTROL_PREFIX)


def is_api(path: str) -> bool:
    """
    Tell whether a request belongs to Extend's API.

    :param path: request path.
    :return: False for control calls and presigned downloads.
    """
    return not path.startswith((CONTROL_PREFIX, DOWNLOAD_PREFIX))


async def drain(receive: Receive) -> None:
    """
    Read a request body to its end and drop it.

    Clients send their whole body before they look at the answer; one that is answered and cut off early reports a
    broken pipe instead of the answer.

    :param receive: ASGI receive channel.
    """
    while True:
        message = await receive()
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return


async def cut_connection(scope: Scope, receive: Receive, *, reset: bool = False) -> None:
    """
    Close the client's TCP connection without completing the answer.

    :param scope: ASGI scope; the service's own HTTP protocol left the transport in its state.
    :param receive: ASGI receive channel; waited on until the server has noticed.
    :param reset: reset the connection (RST) instead of ending it (FIN).
    """
    transport: asyncio.Transport = scope["state"]["transport"]
    if reset:
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()
    # Returning earlier would make the server complain about an answer that was never given.
    while (await receive())["type"] != "http.disconnect":
        pass


class LastResort:
    """
    Ends quietly what the server would print tracebacks for: requests that the end of the service interrupts, and
    defects, which have been answered by then.

    :param app: the ASGI application to wrap.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            await cut_connection(scope, receive)
        except Exception as error:  # noqa: BLE001 - see above
            log_defect(logger, request_id(scope), error)


class RequestIds:
    """
    Gives every request an id, and every response the header that carries it.

    :param app: the ASGI application to wrap.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        new = new_id("req_")
        scope.setdefault("state", {})["request_id"] = new

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), (b"x-extend-request-id", new.encode())]
            await send(message)

        await self._app(scope, receive, send_with_id)
