"""A server on loopback that says what it likes."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

Handle = Callable[[socket.socket, threading.Event], None]


@contextlib.contextmanager
def listening(handle: Handle, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """
    Serve each connection in a thread of its own.

    :param handle: treats a connection; the event is set when the server ends.
    :param tls: makes it a TLS server.
    :return: its port.
    """
    ending = threading.Event()
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        # Whoever hangs up on this server has every right to.
        with contextlib.suppress(OSError), connection:
            connection.settimeout(10)
            handle(tls.wrap_socket(connection, server_side=True) if tls else connection, ending)

    def accept(server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                threads.append(threading.Thread(target=serve, args=(server.accept()[0],)))
                threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        accepting = threading.Thread(target=accept, args=(server,))
        accepting.start()
        try:
            yield server.getsockname()[1]
        finally:
            ending.set()
            server.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for thread in threads:
                thread.join()


def request_of(connection: socket.socket) -> bytes:
    """Read a request's headers, and its body if that comes along."""
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = connection.recv(65536)
        if not chunk:
            break
        received += chunk
    return received


def drip(connection: socket.socket, ending: threading.Event, piece: bytes = b"x", every: float = 0.01) -> None:
    """Send a piece again and again, until the other side hangs up."""
    while not ending.wait(every):
        connection.sendall(piece)
