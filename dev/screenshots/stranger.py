"""A server that is not Extend, where somebody has put Extend's address: a proxy, a gateway, a page of the company."""

from __future__ import annotations

from contextlib import AbstractContextManager

from dev.loopback import QuietHandler, serving

_OK = 200


class _Handler(QuietHandler):
    def do_GET(self) -> None:  # noqa: N802 - the name that the library looks for
        status = int(self.path.split("/")[1])
        kind, body = ("application/json", b"{}") if status == _OK else ("text/html", b"<h1>Not for you</h1>")
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def stranger() -> AbstractContextManager[str]:
    """
    Start it, and end it, for ``with``.

    :return: its base URL; below ``/403`` every path answers with status 403, and so on.
    """
    return serving(_Handler)
