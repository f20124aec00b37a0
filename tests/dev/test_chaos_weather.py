"""The weather spoils requests, and counts only those."""

from __future__ import annotations

import time
from pathlib import Path

from dev.chaos.weather import Weather
from dev.local_service import LocalServiceProcess
from dev.loopback import ExchangeError, exchange

DEADLINE = 60


def test_it_spoils_requests_until_it_is_over(tmp_path: Path) -> None:
    with LocalServiceProcess(tmp_path / "service.log") as service:
        spoiled, deadline = 0, time.monotonic() + DEADLINE
        with Weather(service, "seed") as weather:
            while not spoiled and time.monotonic() < deadline:
                spoiled += not list_runs(service)
        assert weather.error is None
        assert sum(weather.struck().values()) >= spoiled > 0
        assert service.control("GET", "faults")["faults"] == [], "what did not strike is taken back"
        assert list_runs(service)


def list_runs(service: LocalServiceProcess) -> bool:
    headers = f"Bearer {service.api_key}"
    try:
        exchange("GET", f"{service.base_url}/edit_runs", authorization=headers)
    except (ExchangeError, ValueError) as error:
        # 400: this request names no API version, so the service has understood it.
        return isinstance(error, ExchangeError) and error.status == 400
    return True
