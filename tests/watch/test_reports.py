"""What a watcher tells: one line for each wait, and four metrics."""

from __future__ import annotations

import asyncio
import logging
import re

import pytest

from tests.watch.simulated_extend import Fault, Lies, SimulatedExtend, processed
from tests.watch.virtual_time import run
from tests.watch.waiting_room import WaitingRoom, wait_for_all


def test_metrics() -> None:
    service = SimulatedExtend(
        [processed(f"edr_{number}", 10 + number / 10) for number in range(50)],
        faults=[Fault(429, "get", 12, 14.5, retry_after=1)],
    )

    endings = wait_for_all(service)
    stats = endings.room.stats

    active = [value for name, value in stats.gauges if name == "extend.watch.active"]
    assert active[:50] == list(range(1, 51))
    assert max(active) == 50
    assert active[-1] == 0
    assert stats.counts["extend.watch.requests"] == len(service.requests)
    assert stats.counts["extend.watch.throttled"] == service.statuses[429] > 0
    assert {name for name, _ in stats.timings} == {"extend.watch.latency"}
    latencies = [duration.total_seconds() for _, duration in stats.timings]
    expected = [ending.at - service.runs[run_id].ends for run_id, ending in endings.items()]
    assert sorted(latencies) == pytest.approx(sorted(expected), abs=0.02)


def test_latency_counts_from_the_end_that_can_be_seen() -> None:
    """A list that claims an end before the run itself shows it is no reason to report a long latency."""
    early = {f"edr_{number}": "PROCESSED" for number in range(5)}
    service = SimulatedExtend([processed(run_id, 60) for run_id in early], lies=Lies(claims=early))

    stats = wait_for_all(service).room.stats

    assert len(stats.timings) == 5
    assert max(duration.total_seconds() for _, duration in stats.timings) < 16


def test_requests_without_an_answer_are_no_answers() -> None:
    service = SimulatedExtend([processed("edr_1", 10)], faults=[Fault("drop", "all", 0, 5)])

    endings = wait_for_all(service)

    assert service.statuses[0] > 0
    assert endings.room.stats.counts["extend.watch.requests"] == service.statuses[200]


def test_one_line_for_each_wait(caplog: pytest.LogCaptureFixture) -> None:
    service = SimulatedExtend([processed(f"edr_{number}", 20) for number in range(10)])

    with caplog.at_level(logging.INFO, logger="extend_provider"):
        wait_for_all(service)

    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 10
    for line in lines:
        told = re.fullmatch(
            r"Waited (\d+\.\d) s for Extend edit run (edr_\d); meanwhile (\d+) requests served (\d+) waits\.", line
        )
        assert told
        assert 20 <= float(told[1]) < 26
        assert 5 <= int(told[3]) <= 16
        assert 1 <= int(told[4]) <= 10
    assert {line.split()[7].rstrip(";") for line in lines} == set(service.runs)


def test_a_cancelled_wait_has_its_line_and_leaves_the_gauge(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        with WaitingRoom(SimulatedExtend([processed("edr_1", 100), processed("edr_2", 29.9)])) as room:
            first, second = (asyncio.ensure_future(room.wait(run_id)) for run_id in room.service.runs)
            await asyncio.sleep(10)
            first.cancel()
            assert (await second).kind == "PROCESSED"
            assert [value for _, value in room.stats.gauges] == [1, 2, 1, 0]

    with caplog.at_level(logging.INFO, logger="extend_provider"):
        run(main())

    assert [record.getMessage().split(";")[0] for record in caplog.records] == [
        "Waited 10.0 s for Extend edit run edr_1",
        "Waited 30.0 s for Extend edit run edr_2",
    ]
