"""The local service as a process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.local_service import LocalServiceError, LocalServiceProcess
from dev.loopback import ExchangeError, exchange


@pytest.fixture
def service(tmp_path: Path) -> Iterator[LocalServiceProcess]:
    with LocalServiceProcess(tmp_path / "service.log", "--processing-time", "0") as running:
        yield running


def test_serves_and_is_steered(service: LocalServiceProcess) -> None:
    url = f"{service.base_url}/edit_runs"
    service.inject_fault("server_error", times=1)
    with pytest.raises(ExchangeError):
        exchange("GET", url, authorization=f"Bearer {service.api_key}")

    assert [request["path"] for request in service.requests()] == ["/edit_runs"]
    assert service.runs()["created"] == 0

    service.reset()

    assert service.requests() == []


def test_describes_itself_as_a_connection(service: LocalServiceProcess) -> None:
    assert json.loads(service.connection(requests_per_second=5)) == {
        "conn_type": "extend",
        "host": service.base_url,
        "password": service.api_key,
        "extra": {"requests_per_second": 5},
    }


def test_is_gone_after_stop(service: LocalServiceProcess) -> None:
    service.stop()
    service.stop()

    with pytest.raises(ExchangeError, match="refused"):
        exchange("GET", service.base_url)


def test_a_service_that_does_not_start_says_why(tmp_path: Path) -> None:
    service = LocalServiceProcess(tmp_path / "service.log", "--port", "no-number")

    with pytest.raises(LocalServiceError, match="invalid int value: 'no-number'"):
        service.start()
