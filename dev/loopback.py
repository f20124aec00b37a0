"""JSON over HTTP with a server on this machine, and small servers for it."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy of the environment is not for us
_TIMEOUT = 30.0


class ExchangeError(RuntimeError):
    """
    A request failed.

    :param message: method, URL, and what the server said.
    :param status: HTTP status; 0 if there was no answer.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def exchange(method: str, url: str, body: object = None, authorization: str = "") -> Any:
    """
    Send a request.

    :param method: HTTP method.
    :param url: of the resource.
    :param body: JSON value to send; None sends nothing.
    :param authorization: value of the header; empty sends none.
    :return: JSON value of the answer; None if it is empty.
    :raises ExchangeError: if there is no answer, or its status is 400 or above.
    """
    headers = {"Content-Type": "application/json"}
    if authorization:
        headers["Authorization"] = authorization
    data = None if body is None else json.dumps(body).encode()
    try:
        with _OPENER.open(urllib.request.Request(url, data, headers, method=method), timeout=_TIMEOUT) as response:
            content = response.read()
    except urllib.error.HTTPError as error:
        with error:
            message = f"{method} {url}: {error.code} {error.read().decode(errors='replace')}"
        raise ExchangeError(message, error.code) from None
    except OSError as error:
        raise ExchangeError(f"{method} {url}: {error}", 0) from error
    return json.loads(content) if content else None


class QuietHandler(BaseHTTPRequestHandler):
    """A handler that writes no line for each request."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """
    Serve in a thread, on a free port.

    :param handler: of the requests.
    :return: the base URL.
    """
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        # Looks so often whether it is to end.
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
