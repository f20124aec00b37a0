"""
A fast stand-in for the services that are waited for, in a process and on a core of its own.

It speaks just enough HTTP/1.1 for the contestants, and counts what they ask for. ``python -m benchmarks.stub`` prints
its port and runs until its standard input is closed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import ssl
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import parse_qs

import httptools

from benchmarks.bodies import Bodies
from benchmarks.jobs import Jobs
from benchmarks.limits import Bucket, allow_files, parse_limit, pin
from benchmarks.pages import Pages

__all__ = ["Service"]

_HEAD = b"HTTP/1.1 %d X\r\ncontent-type: application/json\r\ncontent-length: %d\r\n%s\r\n%s"
_THROTTLED = b'{"code":"RATE_LIMITED","message":"Too many requests.","requestId":"req_benchmark","retryable":true}'
_ABSENT = b'{"code":"NOT_FOUND","message":"Not found.","requestId":"req_benchmark","retryable":false}'
_CONTROL = "/control"


class Service:
    """
    What is answered to a path, and what is counted.

    :param limit: requests per second and burst that are granted; default: any number.
    """

    def __init__(self, limit: tuple[float, float] | None = None) -> None:
        self._limit = limit
        self._routes: dict[str, Callable[[str, dict[str, str]], tuple[int, bytes]]] = {
            "/edit_runs": lambda _, query: (200, self._pages.page(query.get("maxPageSize", ""), _token(query))),
            "/edit_runs/": lambda last, _: self._answer(last, self._bodies.run),
            "/http_sensor/": self._http_sensor,
            "/dbt_cloud/": lambda last, _: self._answer(last, self._bodies.dbt_cloud),
            "/databricks": lambda _, query: self._answer(query["run_id"], self._bodies.databricks),
        }
        self.reset(Jobs(0))

    def reset(self, jobs: Jobs) -> None:
        """Begin a round: forget all counts."""
        self._jobs = jobs
        self._bodies = Bodies(jobs)
        self._pages = Pages(jobs, self._bodies)
        self._bucket = Bucket(*self._limit) if self._limit else None
        self.counts: Counter[str] = Counter()
        self._told: set[int] = set()

    def respond(self, path: str, query: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """
        Answer a request.

        :return: HTTP status and body.
        """
        if path.startswith(_CONTROL):
            return 200, json.dumps(self._control(path, query)).encode()
        self.counts["requests"] += 1
        if self._bucket and not self._bucket.take():
            self.counts["throttled"] += 1
            return 429, _THROTTLED
        # Databricks' client sends the run's id as a JSON body.
        if "/jobs/runs/get" in path:
            return self._routes["/databricks"]("", {**query, **_numbers(body)})
        if "/runs/" in path:
            return self._routes["/dbt_cloud/"](path.rstrip("/").rpartition("/")[2], query)
        folder, _, last = path.rpartition("/")
        route = self._routes.get(path) or self._routes.get(f"{folder}/")
        return route(last, query) if route else (404, _ABSENT)

    def _control(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        if path == f"{_CONTROL}/begin":
            jobs = Jobs.soon(int(query["count"]), int(query["seed"]), float(query["first"]), float(query["last"]))
            self.reset(jobs)
            return {"began": jobs.began, "began_unix": jobs.began_unix}
        return {**self.counts, "told": len(self._told)}

    def _answer(self, name: str, make: Callable[..., bytes]) -> tuple[int, bytes]:
        number = int(name[-8:])
        if not 0 <= number < self._jobs.count:
            return 404, _ABSENT
        if ended := self._jobs.ended(number):
            self._told.add(number)
        return 200, make(number, ended=ended)

    def _http_sensor(self, name: str, _: dict[str, str]) -> tuple[int, bytes]:
        # The sensor's trigger knows one condition only: it waits as long as the answer is 404.
        status, body = self._answer(name, self._bodies.run)
        return (status, body) if int(name[-8:]) in self._told else (404, _ABSENT)


def _token(query: dict[str, str]) -> str:
    return query.get("nextPageToken", "")


def _numbers(body: bytes) -> dict[str, str]:
    return {key: str(value) for key, value in json.loads(body or b"{}").items()}


class Connection(asyncio.Protocol):
    """
    One connection.

    :param service: answers.
    :param delay: seconds until an answer is sent.
    """

    def __init__(self, service: Service, delay: float) -> None:
        self._service = service
        self._delay = delay
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._counted = False

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        path, _, text = self._url.decode().partition("?")
        query = {key: values[0] for key, values in parse_qs(text).items()}
        body, self._url, self._body = self._body, b"", b""
        # Connections are counted with their first request, which comes after the round has begun.
        if not self._counted and not path.startswith(_CONTROL):
            self._counted = True
            self._service.counts["connections"] += 1
        status, answer = self._service.respond(path, query, body)
        extra = b"retry-after: 1\r\n" if status == 429 else b""
        message = _HEAD % (status, len(answer), extra, answer)
        if self._delay and not path.startswith(_CONTROL):
            asyncio.get_running_loop().call_later(self._delay, self._send, message)
        else:
            self._send(message)

    def _send(self, message: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(message)


async def _serve(service: Service, delay: float, context: ssl.SSLContext | None) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(service, delay), "127.0.0.1", 0, ssl=context, backlog=8192)
    # Stands on its own, so that the benchmark's questions need no certificate.
    control = await loop.create_server(lambda: Connection(service, 0), "127.0.0.1", 0)
    ports = [one.sockets[0].getsockname()[1] for one in (server, control)]
    sys.stdout.write(f"{ports[0]} {ports[1]}\n")
    sys.stdout.flush()
    # Ends with whoever has started it, however that one ends.
    await loop.run_in_executor(None, sys.stdin.read)
    os._exit(0)


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.stub", description=__doc__)
    parser.add_argument("--core", type=int, help="core to run on")
    parser.add_argument("--limit", type=parse_limit, help="RATE:BURST, requests per second that are granted")
    parser.add_argument("--delay", type=float, default=0.0, help="milliseconds until an answer is sent")
    parser.add_argument("--certificate", help="PEM file with key and certificate: serve TLS")
    options = parser.parse_args()
    pin(options.core)
    allow_files()
    context = None
    if options.certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options.certificate)
    try:
        import uvloop

        uvloop.install()
    except ImportError:
        pass  # slower, but it works
    asyncio.run(_serve(Service(options.limit), options.delay / 1000, context))


if __name__ == "__main__":
    main()
