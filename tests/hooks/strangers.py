"""Servers that are not Extend, in its place."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from dev.loopback import QuietHandler, serving

PAGE = "<html><body>Access denied by company proxy</body></html>"


def answering(status: int, body: str = PAGE, **headers: str) -> AbstractContextManager[str]:
    """Give every request the same answer; the base URL."""

    class Handler(QuietHandler):
        def do_GET(self) -> None:  # noqa: N802 - the name that the library looks for
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("content-type", "application/json" if body.startswith("{") else "text/html")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

    return serving(Handler)


@contextmanager
def silent() -> Iterator[str]:
    """Take connections, and never answer; the base URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@contextmanager
def dripping() -> Iterator[str]:
    """Answer one request with a byte now and then, for as long as somebody listens; the base URL."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        over = threading.Event()

        def drip() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
                while not over.wait(0.05):
                    try:
                        connection.sendall(b" ")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            over.set()
            thread.join()
