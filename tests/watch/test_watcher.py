"""Waits that come, go, share a run, or go wrong; deadlines."""

from __future__ import annotations

import asyncio
import gc
import random
import tracemalloc
import weakref
from collections import Counter
from typing import Any

import pytest

from extend_provider.models import Run
from extend_provider.watch import asker
from extend_provider.watch.feed import Feed
from tests.watch.simulated_extend import Fault, Lies, SimulatedExtend, SimulatedRun, endless, processed
from tests.watch.virtual_time import run
from tests.watch.waiting_room import Ending, WaitingRoom, wait_for_all

INTERVAL = 5.0


def start(room: WaitingRoom, *run_ids: str, **arguments: Any) -> list[asyncio.Task[Ending]]:
    return [asyncio.ensure_future(room.wait(run_id, **arguments)) for run_id in run_ids]


# -- several waits, and those who leave ------------------------------------------------------------------------------


@pytest.mark.parametrize("others", [0, 1, 2, 10])
def test_many_waits_for_one_run_end_with_one_request(others: int) -> None:
    async def main() -> None:
        service = SimulatedExtend([processed("edr_1", 20), *(processed(f"edr_o{n}", 500) for n in range(others))])
        with WaitingRoom(service) as room:
            rest = start(room, *(f"edr_o{n}" for n in range(others)))
            endings = await asyncio.gather(*start(room, *["edr_1"] * 30))
            assert Counter(ending.kind for ending in endings) == {"PROCESSED": 30}
            assert max(ending.at for ending in endings) < 20 + INTERVAL * 1.1 + 1
            finished = [when for when in service.gets("edr_1") if when >= 20]
            # Those that were under way together.
            assert len(finished) <= 9
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)
            await room.assert_nothing_left()

    run(main())


def test_a_cancelled_wait_takes_no_other_with_it() -> None:
    async def main() -> None:
        with WaitingRoom(SimulatedExtend([processed(f"edr_{n}", 20) for n in range(4)])) as room:
            waits = start(room, "edr_0", "edr_0", "edr_1", "edr_2", "edr_3")
            await asyncio.sleep(10)
            waits[0].cancel()
            waits[2].cancel()
            endings = await asyncio.gather(*waits, return_exceptions=True)
            assert [getattr(ending, "kind", "cancelled") for ending in endings] == [
                "cancelled",
                "PROCESSED",
                "cancelled",
                "PROCESSED",
                "PROCESSED",
            ]
            assert room.service.gets("edr_1") == []
            await room.assert_nothing_left()

    run(main())


def test_queued_results_of_cancelled_waits_are_not_fetched() -> None:
    async def main() -> None:
        service = SimulatedExtend([processed(f"edr_{n}", 10) for n in range(200)])
        with WaitingRoom(service) as room:
            waits = start(room, *service.runs)
            await asyncio.sleep(18)
            pending = [task for task in waits if not task.done()]
            assert len(pending) > 80
            for task in pending[1:]:
                task.cancel()
            assert (await pending[0]).kind == "PROCESSED"
            assert len(service.gets()) <= 200 - len(pending) + 20
            await asyncio.gather(*waits, return_exceptions=True)
            await room.assert_nothing_left()

    run(main())


@pytest.mark.parametrize("latency", [0.02, 4.0])
def test_waits_that_begin_during_a_look_are_met(latency: float) -> None:
    """Their runs may have ended before, and the list may have been written before they came."""

    async def main() -> None:
        runs = [processed(f"edr_{n}", 10 + n / 10) for n in range(100)]
        with WaitingRoom(SimulatedExtend(runs, latency=latency), requests_per_second=100.0) as room:
            tasks = [asyncio.ensure_future(room.wait(f"edr_{n}", start=10 + n / 7)) for n in range(100)]
            endings = await asyncio.gather(*tasks)
            assert {ending.kind for ending in endings} == {"PROCESSED"}
            # A look, another one for those whom the first has missed, and results in turn.
            late = max(ending.at - (10 + int(ending.run_id[4:]) / 7) for ending in endings)
            assert late < 2 * INTERVAL + 4 * latency + 100 * latency / 4
            await room.assert_nothing_left()

    run(main())


@pytest.mark.parametrize("interval", [1.0, 5.0, 120.0, None])
def test_when_only_two_are_left_they_are_asked_for(interval: float | None) -> None:
    async def main() -> None:
        runs = [*(processed(f"edr_{n}", 10) for n in range(8)), processed("edr_8", 60), processed("edr_9", 61)]
        with WaitingRoom(SimulatedExtend(runs)) as room:
            endings = await asyncio.gather(*start(room, *room.service.runs, interval=interval))
            assert {ending.kind for ending in endings} == {"PROCESSED"}
            longest = {None: 5.0}.get(interval, interval) or 0
            assert max(ending.at for ending in endings) < 61 + 1.1 * longest + 1
            lists = [when for when, what, _ in room.service.requests if what == "list" and when > 11 + 1.1 * longest]
            assert lists == []
            await room.assert_nothing_left()

    run(main())


def test_waits_that_come_and_go_about_the_limit_cost_no_more_than_one_by_one() -> None:
    async def main() -> None:
        service = SimulatedExtend([*(processed(f"edr_{n}", 600) for n in range(2)), endless("edr_third")])
        with WaitingRoom(service) as room:
            waits = start(room, "edr_0", "edr_1", interval=5.0)
            for _ in range(500):
                (third,) = start(room, "edr_third")
                await asyncio.sleep(0.6)
                third.cancel()
                await asyncio.sleep(0.6)
                for watcher in room.watchers:
                    assert len(watcher._dues) < 100
            endings = await asyncio.gather(*waits)
            assert {ending.kind for ending in endings} == {"PROCESSED"}
            assert max(ending.at for ending in endings) < 600 + 1.1 * INTERVAL + 1
            await room.assert_nothing_left()

    run(main())


def test_a_slow_interval_is_kept_by_the_reconciliation_too() -> None:
    """Who wants a look in ten minutes must not be asked for every minute."""
    service = SimulatedExtend([processed(f"edr_{n}", 3600) for n in range(10)])

    endings = wait_for_all(service, wait={"interval": 600.0})

    assert endings.kinds == {"PROCESSED": 10}
    assert len(service.gets()) <= 10 * 12


def test_turns_of_runs_that_have_ended_are_not_kept_from_others() -> None:
    """Thousands wait for their turn of the reconciliation, and end before: the next is not to wait for all of them."""

    async def main() -> None:
        many = [processed(f"edr_{n}", 62) for n in range(3000)]
        last = [processed(f"edr_last_{n}", 200) for n in range(3)]
        service = SimulatedExtend([*many, *last], lies=Lies(omits=frozenset(run.id for run in last)))
        with WaitingRoom(service, requests_per_second=100.0) as room:
            crowd = start(room, *(run.id for run in many))
            late = [asyncio.ensure_future(room.wait(run.id, start=90.0)) for run in last]
            (also,) = start(room, "edr_last_0", start=95.0, deadline=1000.0)
            endings = await asyncio.gather(*late, also)
            assert {ending.kind for ending in endings} == {"PROCESSED"}
            assert max(ending.at for ending in endings) < 200 + 60 + 1
            await asyncio.gather(*crowd)
            await room.assert_nothing_left()

    run(main())


# -- deadlines --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 3, 20])
def test_a_deadline_in_the_past_allows_one_look(count: int) -> None:
    runs = [*(endless(f"edr_{n}") for n in range(count)), *(processed(f"edr_done_{n}", -1) for n in range(count))]
    service = SimulatedExtend(runs)

    endings = wait_for_all(service, wait={"deadline": -100.0})

    assert endings.kinds == {"ExtendRunTimeoutError": count, "PROCESSED": count}
    assert endings.finished_at < 0.2 + 2 * count / 10
    assert len(service.gets()) == 2 * count


def test_many_deadlines_at_one_moment() -> None:
    """Each gets its last look, before all other requests; the others wait for it, but not for ever."""

    async def main() -> None:
        runs = [*(endless(f"edr_{n}") for n in range(500)), *(processed(f"edr_end_{n}", 58) for n in range(50))]
        service = SimulatedExtend(runs)
        with WaitingRoom(service, requests_per_second=50.0) as room:
            late = start(room, *(f"edr_{n}" for n in range(500)), deadline=60.0)
            ended = start(room, *(f"edr_end_{n}" for n in range(50)))
            timeouts, results = await asyncio.gather(*late), await asyncio.gather(*ended)
            assert {ending.kind for ending in timeouts} == {"ExtendRunTimeoutError"}
            assert min(ending.at for ending in timeouts) >= 60 - 1e-5
            assert max(ending.at for ending in timeouts) < 60 + 500 / 50 + 2
            assert {ending.kind for ending in results} == {"PROCESSED"}
            assert max(ending.at for ending in results) < 60 + 550 / 50 + 2
            await room.assert_nothing_left()

    run(main())


def test_deadlines_of_thousands_in_an_outage_do_not_queue() -> None:
    service = SimulatedExtend([endless(f"edr_{n}") for n in range(3000)], faults=[Fault("hang", "all", 20)])

    endings = wait_for_all(service, wait={"deadline": 60.0})

    assert endings.kinds == {"ExtendOutcomeUnknownError": 3000}
    assert endings.finished_at < 60 + 25


@pytest.mark.parametrize("interval", [18 + step / 4 for step in range(40)])
def test_a_run_that_ends_just_before_the_deadline_has_ended(interval: float) -> None:
    """A request takes four seconds here: one that began before the deadline may not have seen the end."""
    service = SimulatedExtend([processed("edr_1", 29.99)], latency=4.0)

    endings = wait_for_all(service, wait={"deadline": 30.0, "interval": interval})

    assert endings.kinds == {"PROCESSED": 1}
    assert endings.finished_at < 30 + 2 * 4 + 1


def test_who_is_left_without_the_list_is_asked_for_no_later_than_with_it() -> None:
    """All look every thirty seconds, at sixty for the last time; then so few are left that the list is not worth it."""

    async def main() -> None:
        service = SimulatedExtend([processed("edr_1", 81), *(endless(f"edr_endless_{n}") for n in range(2))])
        with WaitingRoom(service) as room:
            ending, *others = start(room, *service.runs, interval=30.0)
            await asyncio.sleep(88)
            others[0].cancel()
            assert (await ending).at < 60 + 30 * 1.1 + 1
            others[1].cancel()
            await asyncio.gather(*others, return_exceptions=True)
            await room.assert_nothing_left()

    run(main())


def test_a_deadline_does_not_queue_behind_looks() -> None:
    """Without a list, three hundred runs are asked for one by one, which takes half a minute."""

    async def main() -> None:
        service = SimulatedExtend([endless(f"edr_{n}") for n in range(300)], faults=[Fault(404, "list")])
        with WaitingRoom(service) as room:
            crowd = start(room, *(f"edr_{n}" for n in range(295)))
            hurried = start(room, *(f"edr_{n}" for n in range(295, 300)), deadline=40.0)
            endings = await asyncio.gather(*hurried)
            assert {ending.kind for ending in endings} == {"ExtendRunTimeoutError"}
            assert max(ending.at for ending in endings) < 40 + 2
            for task in crowd:
                task.cancel()
            await asyncio.gather(*crowd, return_exceptions=True)
            await room.assert_nothing_left()

    run(main())


def test_a_wait_ends_not_before_its_deadline_and_not_long_after() -> None:
    moments = random.Random(3)

    async def main() -> None:
        service = SimulatedExtend([endless(f"edr_{n}") for n in range(100)])
        with WaitingRoom(service, requests_per_second=100.0) as room:
            deadlines = {f"edr_{n}": moments.uniform(0, 200) for n in range(100)}
            endings = await asyncio.gather(
                *(room.wait(run_id, deadline=deadline) for run_id, deadline in deadlines.items())
            )
            assert {ending.kind for ending in endings} == {"ExtendRunTimeoutError"}
            for ending in endings:
                assert 0 <= ending.at - deadlines[ending.run_id] + 1e-5 < 0.5
            await room.assert_nothing_left()

    run(main())


def test_a_deadline_moves_with_the_wall_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wall clock that is set back while we wait makes the wait longer, not the outcome wrong."""

    async def main() -> None:
        from datetime import timedelta

        with WaitingRoom(SimulatedExtend([processed(f"edr_{n}", 80) for n in range(5)])) as room:
            waits = start(room, *room.service.runs, deadline=60.0)
            await asyncio.sleep(30)
            utcnow = room.loop.utcnow
            object.__setattr__(room.clients[0].core, "utcnow", lambda: utcnow() - timedelta(seconds=40))
            assert {ending.kind for ending in await asyncio.gather(*waits)} == {"PROCESSED"}
            await room.assert_nothing_left()

    run(main())


# -- what must not happen, and does ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("run_id", "interval"),
    [(5, None), (None, None), ("edr_1", "5"), ("edr_1", float("nan")), ("edr_1", -1.0), ("", None), ("../files", None)],
)
def test_a_wait_that_makes_no_sense_ends_alone(run_id: Any, interval: Any) -> None:
    async def main() -> None:
        with WaitingRoom(SimulatedExtend([processed(f"edr_{n}", 20) for n in range(5)])) as room:
            good = start(room, *room.service.runs)
            assert (await room.wait(run_id, start=3.0, interval=interval)).kind == "ExtendConfigurationError"
            assert {ending.kind for ending in await asyncio.gather(*good)} == {"PROCESSED"}
            assert (await room.wait(run_id, start=30.0, interval=interval)).kind == "ExtendConfigurationError"
            await room.assert_nothing_left()

    run(main())


def test_no_interval_is_no_reason_to_hammer() -> None:
    service = SimulatedExtend([processed(f"edr_{n}", 20) for n in range(10)])

    endings = wait_for_all(service, wait={"interval": 0.0}, requests_per_second=1000.0)

    assert endings.kinds == {"PROCESSED": 10}
    assert len(service.requests) < 20 * 10 + 20


def test_a_bug_in_the_feed_costs_requests_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Feed, "look", lambda *_: 1 / 0)

    endings = wait_for_all(SimulatedExtend([processed(f"edr_{n}", 20) for n in range(10)]))

    assert endings.kinds == {"PROCESSED": 10}
    assert endings.lateness < 3 * INTERVAL


def test_a_bug_in_asking_ends_one_wait_with_an_unknown_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    get_run = asker.get_run

    def broken(core: Any, kind: Any, run_id: str, **arguments: Any) -> Any:
        return 1 / 0 if run_id == "edr_3" else get_run(core, kind, run_id, **arguments)

    monkeypatch.setattr(asker, "get_run", broken)

    endings = wait_for_all(SimulatedExtend([processed(f"edr_{n}", 20) for n in range(10)]))

    assert endings.kinds == {"ExtendOutcomeUnknownError": 1, "PROCESSED": 9}
    assert "ZeroDivisionError" in str(endings["edr_3"].answer)


def test_statistics_that_break_end_no_wait() -> None:
    class Broken:
        def __getattr__(self, name: str) -> Any:
            raise OSError("the collector is away")

    endings = wait_for_all(SimulatedExtend([processed(f"edr_{n}", 20) for n in range(10)]), stats=Broken())

    assert endings.kinds == {"PROCESSED": 10}


# -- memory -----------------------------------------------------------------------------------------------------------


def test_a_wait_takes_six_kilobytes_at_most() -> None:
    waits = 1000

    async def main() -> int:
        with WaitingRoom(SimulatedExtend([endless(f"edr_{n}") for n in range(waits)])) as room:
            # What is made once is made before.
            await room.wait("edr_0", deadline=0.5)
            gc.collect()
            tracemalloc.start()
            before, _ = tracemalloc.get_traced_memory()
            tasks = start(room, *room.service.runs, deadline=100.0)
            await asyncio.sleep(30)
            gc.collect()
            after, _ = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            return after - before

    # The service's own list of requests is small: hardly any are made.
    assert run(main()) / waits <= 6 * 1024


def test_results_go_with_their_waits() -> None:
    """Queues may know a wait for a minute longer, but a result may be large."""
    results: list[weakref.ref[Run]] = []

    async def main() -> None:
        service = SimulatedExtend([endless("edr_endless"), *(processed(f"edr_{n}", 20) for n in range(50))])
        with WaitingRoom(service) as room:
            (other,) = start(room, "edr_endless", deadline=300.0)
            for task in start(room, *(f"edr_{n}" for n in range(50))):
                answer = (await task).answer
                assert isinstance(answer, Run)
                results.append(weakref.ref(answer))
            del answer, task
            await asyncio.sleep(0)
            gc.collect()
            assert [result for result in results if result()] == []
            other.cancel()
            await asyncio.gather(other, return_exceptions=True)

    run(main())


def test_one_run_and_many_histories() -> None:
    """Statuses that change back and forth, as a review may make them, are followed to the first end."""
    history = [(-1.0, "PROCESSING"), (10.0, "PAUSED"), (20.0, "PROCESSING"), (30.0, "PAUSED"), (40.0, "FAILED")]
    service = SimulatedExtend([SimulatedRun(f"edr_{n}", history) for n in range(5)])

    endings = wait_for_all(service)

    assert endings.kinds == {"FAILED": 5}
    assert endings.lateness < INTERVAL + 1
