"""Stands between a client and a service, and keeps the answer to one kind of request for itself."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from types import TracebackType

_PIECE = 65536


class SilentProxy:
    """
    Context manager; the service gets every request, but the client gets no answer to some of them.

    :param base_url: of the service.
    :param request: how the requests begin that nobody hears of again, for example ``POST /edit_runs``.
    """

    def __init__(self, base_url: str, request: str) -> None:
        parts = urlsplit(base_url)
        self._target = parts.hostname, parts.port or 80
        self._request = request.encode()
        self._sockets: list[socket.socket] = []
        self.swallowed = 0

    def __enter__(self) -> SilentProxy:
        self._server = socket.create_server(("127.0.0.1", 0))
        self._sockets.append(self._server)
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    @property
    def base_url(self) -> str:
        """URL for the client."""
        return f"http://127.0.0.1:{self._server.getsockname()[1]}"

    def _serve(self) -> None:
        with suppress(OSError):  # the end of it: __exit__ closes the socket
            while True:
                client, _ = self._server.accept()
                service = socket.create_connection(self._target)
                self._sockets += [client, service]
                silenced = threading.Event()
                for work in (self._ask, self._answer):
                    threading.Thread(target=work, args=(client, service, silenced), daemon=True).start()

    def _ask(self, client: socket.socket, service: socket.socket, silenced: threading.Event) -> None:
        with suppress(OSError):
            while piece := client.recv(_PIECE):
                if piece.startswith(self._request):
                    self.swallowed += 1
                    silenced.set()
                service.sendall(piece)
            service.shutdown(socket.SHUT_WR)

    def _answer(self, client: socket.socket, service: socket.socket, silenced: threading.Event) -> None:
        with suppress(OSError):
            while piece := service.recv(_PIECE):
                if not silenced.is_set():
                    client.sendall(piece)
            client.shutdown(socket.SHUT_WR)
