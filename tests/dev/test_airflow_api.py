"""The REST client, against a server that answers what it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from dev.airflow_api import AirflowApi
from dev.airflow_settings import free_port
from dev.loopback import ExchangeError


class Server(ThreadingHTTPServer):
    """Answers ``statuses`` one after the other, then 200; keeps what it was sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.statuses: list[int] = []
        self.seen: list[tuple[str, str, str | None, Any]] = []


class Handler(BaseHTTPRequestHandler):
    server: Server

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        token = self.headers.get("Authorization")
        self.server.seen.append((self.command, self.path, token, json.loads(body) if body else None))
        status = self.server.statuses.pop(0) if self.server.statuses and self.path != "/auth/token" else 200
        content = json.dumps({"access_token": "t1", "status": status}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = answer  # noqa: N815 - names given by the base class

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - name given by the base class
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def api(server: Server) -> AirflowApi:
    return AirflowApi(f"http://127.0.0.1:{server.server_port}")


def test_requests_carry_a_token_that_is_fetched_once(server: Server, api: AirflowApi) -> None:
    api.request("GET", "/dags")
    answer = api.request("POST", "/dags/x/dagRuns", {"conf": {}})

    assert answer["status"] == 200
    assert server.seen == [
        ("GET", "/auth/token", None, None),
        ("GET", "/api/v2/dags", "Bearer t1", None),
        ("POST", "/api/v2/dags/x/dagRuns", "Bearer t1", {"conf": {}}),
    ]


def test_server_errors_are_retried(server: Server, api: AirflowApi) -> None:
    server.statuses = [500, 503]

    assert api.request("GET", "/dags")["status"] == 200
    assert len(server.seen) == 4


def test_a_refusal_is_not_retried(server: Server, api: AirflowApi) -> None:
    server.statuses = [409]

    with pytest.raises(ExchangeError, match="409") as caught:
        api.request("POST", "/dags/x/dagRuns", {})

    assert caught.value.status == 409
    assert len(server.seen) == 2


def test_retries_end(server: Server, api: AirflowApi) -> None:
    server.statuses = [500] * 100

    with pytest.raises(ExchangeError, match="500"):
        api.request("GET", "/dags", timeout=0.5)


def test_answers_only_once_users_and_workers_are_served(server: Server, api: AirflowApi) -> None:
    server.statuses = [200, 500]

    assert not api.answers()
    assert api.answers()
    assert not AirflowApi(f"http://127.0.0.1:{free_port()}").answers()
