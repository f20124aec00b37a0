"""Serving the application over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from extend_provider.local.app import create_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from extend_provider.local.service import Service

_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - looked up, not listened on
_GRACE_SECONDS = 1
_BACKLOG = 2048


class _CuttableProtocol(H11Protocol):
    """Hands the connection's transport to the application, so that a fault can close it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


class Server(uvicorn.Server):
    """
    Serves one service. The socket is bound at once, so that the URL is known; :meth:`run` blocks.

    Ends faster than its base, which looks ten times a second whether to end, and rests for as long again: each test
    starts and ends a service.

    :param service: what to serve.
    :param on_ready: called when requests are answered.
    :raises OSError: the address cannot be listened on.
    """

    def __init__(self, service: Service, on_ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                create_app(service),
                http=_CuttableProtocol,
                ws="none",
                loop="asyncio",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=_GRACE_SECONDS,
            )
        )
        self._on_ready = on_ready
        self._stopping = asyncio.Event()
        self._socket = _bind(service.settings.host, service.settings.port)
        self.base_url = _base_url(service.settings.host, self._socket.getsockname()[1])
        service.webhooks.base_url = self.base_url

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until told to stop (``should_exit``, SIGTERM or SIGINT)."""
        try:
            super().run(sockets=sockets or [self._socket])
        finally:
            self._socket.close()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start serving, then tell that it is ready."""
        await super().startup(sockets=sockets)
        self._on_ready()

    def stop(self) -> None:
        """End soon. To be called on the server's loop."""
        self.should_exit = True
        self._stopping.set()

    async def main_loop(self) -> None:
        """Serve until told to stop."""
        ticking = asyncio.ensure_future(super().main_loop())
        stopping = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait({ticking, stopping}, return_when=asyncio.FIRST_COMPLETED)
        for task in (ticking, stopping):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End at once if nobody is being answered, otherwise in the base's time; leaves no connection open."""
        await self._stop_accepting()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await _let_callbacks_run()
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)
            await self._abort_connections()
        else:
            await self.lifespan.shutdown()

    async def _stop_accepting(self) -> None:
        """Let connections come up that have just been accepted: asyncio leaves them open if its server closes first."""
        loop = asyncio.get_running_loop()
        for server in self.servers:
            for listener in server.sockets:
                loop.remove_reader(listener.fileno())
        await _let_callbacks_run()
        for server in self.servers:
            server.close()

    async def _abort_connections(self) -> None:
        """Drop what clients that have stopped reading were still to be sent, and let its senders close their files."""
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await _let_callbacks_run()
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=_GRACE_SECONDS)


async def _let_callbacks_run() -> None:
    """Let asyncio open or close connections, which takes it two turns of the loop."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's algorithm off only for sockets that say they are TCP; with it, every answer on a
    # connection that is kept open takes 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _base_url(host: str, port: int) -> str:
    name = _WILDCARDS.get(host, host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
