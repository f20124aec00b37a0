"""What a watcher tells: one line for each wait, and four metrics."""

from __future__ import annotations

import asyncio
import logging
import re

import pytest

from tests.watch.simulated_extend import Fault, Lies, SimulatedExtend, endless, processed
from tests.watch.virtual_time import VirtualTimeLoop, run
from tests.watch.waiting_room import Ending, WaitingRoom, settings, wait_for_all


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


def test_the_gauge_counts_all_waits_of_the_process() -> None:
    """Whatever their connection, and in every loop; but not those that a closed loop has left behind."""
    closed = VirtualTimeLoop()
    waiting = closed.run_until_complete(_begin_to_wait())

    async def main() -> list[int]:
        chosen = iter([settings(), settings(requests_per_second=9.0)])
        service = SimulatedExtend([processed("edr_1", 10), processed("edr_2", 20)])
        with WaitingRoom(service, read=lambda: next(chosen)) as room:
            await asyncio.gather(room.wait("edr_1"), room.wait("edr_2", start=6))
            assert len(room.clients) == 2
            return [value for _, value in room.stats.gauges]

    try:
        assert run(main()) == [2, 3, 2, 1]
    finally:
        tasks = asyncio.all_tasks(closed)
        closed.close()
    assert waiting in tasks
    for task in tasks:
        # What the interpreter says about tasks that are destroyed is not the subject here.
        task._log_destroy_pending = False  # type: ignore[attr-defined]
    gauges = wait_for_all(SimulatedExtend([processed("edr_1", 10)])).room.stats.gauges
    assert [value for _, value in gauges] == [1, 0]


async def _begin_to_wait() -> asyncio.Task[Ending]:
    with WaitingRoom(SimulatedExtend([endless("edr_1")])) as room:
        waiting = asyncio.ensure_future(room.wait("edr_1"))
        await asyncio.sleep(1)
    return waiting


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
            r"Waited (\d+\.\d) s for Extend edit run (edr_\d); meanwhile (\d+) requests served (\d+) waits, "
            r"this one with (\d+) looks\.",
            line,
        )
        assert told
        assert 20 <= float(told[1]) < 26
        assert 5 <= int(told[3]) <= 16
        # All of them waited together, also with the one that ended last.
        assert told[4] == "10"
        # At the list every five seconds, and at the run at its end.
        assert told[5] == str(service.list_requests + 1)
    assert {line.split()[7].rstrip(";") for line in lines} == set(service.runs)


def test_who_came_or_went_meanwhile_was_served_too(caplog: pytest.LogCaptureFixture) -> None:
    """And who had ended before was not."""
    service = SimulatedExtend([processed(f"edr_{number}", end) for number, end in enumerate((10, 60, 40, 90))])

    async def main() -> None:
        with WaitingRoom(service) as room:
            starts = enumerate((0, 0, 30, 50))
            await asyncio.gather(*(room.wait(f"edr_{number}", start=start) for number, start in starts))

    with caplog.at_level(logging.INFO, logger="extend_provider"):
        run(main())

    found = [re.search(r"edr_(\d); .* served (\d) waits", record.getMessage()) for record in caplog.records]
    assert [match.groups() for match in found if match] == [("0", "2"), ("2", "2"), ("1", "4"), ("3", "2")]


def test_the_state_is_told_at_debug_level(caplog: pytest.LogCaptureFixture) -> None:
    """Now and then, not at each step."""
    service = SimulatedExtend([processed(f"edr_{number}", 300) for number in range(200)])

    with caplog.at_level(logging.DEBUG, logger="extend_provider.watch.watcher"):
        wait_for_all(service)

    lines = [record.getMessage() for record in caplog.records if record.levelno == logging.DEBUG]
    assert 5 <= len(lines) <= 31
    assert re.fullmatch(
        r"200 waits: 200 edit runs by the list \(\d+ looks\); "
        r"\d+ to ask for, \d being asked for, 0 of them for too long, \d+ requests so far\.",
        lines[0],
    )


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
