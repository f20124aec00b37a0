"""Who shares a watcher, when it begins and when it ends."""

from __future__ import annotations

import asyncio
import gc
import logging
import weakref
from collections import Counter
from collections.abc import Coroutine
from typing import Any

import pytest

from extend_provider.client import ClientSettings, Wait
from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.kinds import EDIT
from extend_provider.watch import registry
from tests.watch.simulated_extend import SimulatedExtend, endless, processed
from tests.watch.virtual_time import VirtualTimeLoop, run, this_loop
from tests.watch.waiting_room import Ending, WaitingRoom, settings, wait_for_all


def start(waits: Coroutine[Any, Any, Ending], *more: Coroutine[Any, Any, Ending]) -> list[asyncio.Task[Ending]]:
    return [asyncio.ensure_future(wait) for wait in (waits, *more)]


async def cancel(*tasks: asyncio.Task[Ending]) -> None:
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert {type(result) for result in results} == {asyncio.CancelledError}


def slow_down_closing(room: WaitingRoom, seconds: float) -> None:
    """Closing the connections of the first client takes its time."""
    close = room.clients[0].close

    async def slow() -> None:
        await asyncio.sleep(seconds)
        await close()

    room.clients[0].close = slow  # type: ignore[method-assign]


def test_thousands_of_waits_share_one_reading_one_client_and_one_look() -> None:
    service = SimulatedExtend([processed(f"edr_{number}", 20) for number in range(2000)])

    endings = wait_for_all(service, requests_per_second=1000.0)

    assert endings.kinds == {"PROCESSED": 2000}
    assert len(endings.room.reads) == 1
    assert len(endings.room.clients) == 1
    assert [when for when in service.gets() if when < 20] == []
    assert service.most_under_way <= 9


def test_connections_with_equal_settings_share_a_watcher() -> None:
    async def main() -> None:
        with WaitingRoom(SimulatedExtend([processed(f"edr_{number}", 20) for number in range(3)])) as room:
            waits = (Wait(EDIT, run_id) for run_id in room.service.runs)
            await asyncio.gather(
                *(registry.watch(f"extend_{n}", room.read_settings, wait) for n, wait in enumerate(waits))
            )
            assert len(room.clients) == 1
            await room.assert_nothing_left()

    run(main())


def test_accounts_do_not_share() -> None:
    async def main() -> None:
        chosen = iter([settings(), settings(workspace_id="ws_2")])
        with WaitingRoom(SimulatedExtend([processed("edr_1", 20)]), read=lambda: next(chosen)) as room:
            for conn_id in ("extend_1", "extend_2"):
                await registry.watch(conn_id, room.read_settings, Wait(EDIT, "edr_1"))
            assert len(room.clients) == 2
            await room.assert_nothing_left()

    run(main())


def test_the_last_wait_ends_the_watcher_and_the_next_begins_another() -> None:
    async def main() -> None:
        service = SimulatedExtend([processed("edr_1", 20), processed("edr_2", 20), processed("edr_3", 50)])
        with WaitingRoom(service) as room:
            await asyncio.gather(room.wait("edr_1"), room.wait("edr_2"))
            await room.assert_nothing_left()
            assert (await room.wait("edr_3")).kind == "PROCESSED"
            await room.assert_nothing_left()
            assert len(room.clients) == 2

    run(main())


def test_a_wait_that_comes_while_the_watcher_closes_gets_another() -> None:
    async def main() -> None:
        with WaitingRoom(SimulatedExtend([processed("edr_1", 20), processed("edr_2", 40)])) as room:
            (first,) = start(room.wait("edr_1"))
            await asyncio.sleep(15)
            slow_down_closing(room, 10)
            await asyncio.sleep(10)
            assert not first.done()
            second = await room.wait("edr_2", interval=1.0)
            assert second.kind == (await first).kind == "PROCESSED"
            assert second.at < 42
            assert len(room.clients) == 2
            await room.assert_nothing_left()

    run(main())


def test_runs_that_no_look_meets_are_forgotten_with_their_waits() -> None:
    """Two at a time need no list, for hours."""

    async def main() -> None:
        service = SimulatedExtend([endless("edr_endless"), *(processed(f"edr_{n}", 10 * n + 1) for n in range(200))])
        with WaitingRoom(service) as room:
            (long,) = start(room.wait("edr_endless"))
            for n in range(200):
                assert (await room.wait(f"edr_{n}", start=10.0 * n, interval=1.0)).kind == "PROCESSED"
            assert service.list_requests == 0
            assert [len(feed._unmet) for watcher in room.watchers for feed in watcher._feeds.values()] == [1]
            await cancel(long)
            await room.assert_nothing_left()

    run(main())


@pytest.mark.parametrize("moment", [0.0, 0.001, 0.016, 0.05, 0.1, 0.12, 0.125, 3.0, 5.5])
@pytest.mark.parametrize("count", [1, 2, 3, 50])
def test_cancelled_waits_leave_nothing_behind(moment: float, count: int) -> None:
    """Also while the connection is being read, a look or a run's request is under way, or results are queued."""

    async def main() -> None:
        service = SimulatedExtend([processed(f"edr_{number}", 5.2) for number in range(count)], latency=0.05)
        with WaitingRoom(service) as room:
            tasks = [asyncio.ensure_future(room.wait(run_id, interval=1.0)) for run_id in service.runs]
            await asyncio.sleep(moment)
            pending = [task for task in tasks if not task.done()]
            if pending:
                await cancel(*pending)
            # The connection is still being read, for whoever comes next.
            await asyncio.sleep(0.1)
            requests = len(service.requests)
            await room.assert_nothing_left()
            await asyncio.sleep(300)
            assert len(service.requests) == requests

    run(main())


def test_the_one_who_closes_may_be_cancelled() -> None:
    async def main() -> None:
        with WaitingRoom(SimulatedExtend([processed("edr_1", 10)])) as room:
            (task,) = start(room.wait("edr_1", interval=1.0))
            await asyncio.sleep(5)
            slow_down_closing(room, 30)
            await asyncio.sleep(10)
            await cancel(task)
            assert not room.clients[0].is_closed
            await asyncio.sleep(40)
            await room.assert_nothing_left()

    run(main())


def test_a_connection_that_does_not_close_ends_no_wait() -> None:
    async def main() -> None:
        with WaitingRoom(SimulatedExtend([processed("edr_1", 10)])) as room:
            (task,) = start(room.wait("edr_1", interval=1.0))
            await asyncio.sleep(5)

            async def fail() -> None:
                raise OSError("the socket is gone")

            room.clients[0].close = fail  # type: ignore[method-assign]
            assert (await task).kind == "PROCESSED"

    run(main())


def test_waits_come_and_go_for_hours() -> None:
    """A watcher that is never idle collects nothing."""

    async def main() -> None:
        service = SimulatedExtend([endless("edr_endless"), *(processed(f"edr_{n}", 10 * n + 7) for n in range(1000))])
        with WaitingRoom(service) as room:
            (long,) = start(room.wait("edr_endless", deadline=11_000.0))
            short = (room.wait(f"edr_{n}", start=10.0 * n, deadline=10.0 * n + 9000) for n in range(1000))
            tasks = [asyncio.ensure_future(wait) for wait in short]
            while not all(task.done() for task in tasks):
                await asyncio.sleep(100)
                for watcher in room.watchers:
                    assert len(watcher._dues) < 100
                    assert all(len(feed._unmet) < 10 for feed in watcher._feeds.values())
                    assert all(len(waits) < 10 for waits in watcher._waits.values())
                timers = [handle for handle in room.loop._scheduled if not handle.cancelled()]  # type: ignore[attr-defined]
                assert len(timers) < 1100
            assert {task.result().kind for task in tasks} == {"PROCESSED"}
            assert (await long).kind == "ExtendRunTimeoutError"
            await room.assert_nothing_left()

    run(main())


# -- reading the connection -------------------------------------------------------------------------------------------


def test_a_connection_that_cannot_be_read_ends_all_who_asked_and_is_read_again_for_the_next() -> None:
    async def main() -> None:
        outcomes = iter([ExtendConfigurationError("There is no connection."), settings()])

        def read() -> ClientSettings:
            if isinstance(outcome := next(outcomes), Exception):
                raise outcome
            return outcome

        service = SimulatedExtend([processed(f"edr_{number}", 1) for number in range(5)])
        with WaitingRoom(service, read=read) as room:
            assert (await room.wait_for_all()).kinds == {"ExtendConfigurationError": 5}
            assert (await room.wait_for_all()).kinds == {"PROCESSED": 5}
            assert len(room.reads) == 2
            await room.assert_nothing_left()

    run(main())


@pytest.mark.parametrize(
    "error",
    [ExtendConfigurationError("There is no connection.", retryable=True), ConnectionError("postgresql://u:p@db")],
    ids=["not found", "other"],
)
def test_a_connection_that_cannot_be_read_for_a_moment_is_waited_for(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """As when all of Airflow restarts: every wait reads its connection then."""

    async def main() -> None:
        def read() -> ClientSettings:
            if this_loop().time() < 30:
                raise error
            return settings()

        with WaitingRoom(SimulatedExtend([processed(f"edr_{number}", 1) for number in range(500)]), read=read) as room:
            assert (await room.wait_for_all()).kinds == {"PROCESSED": 500}
            await room.assert_nothing_left()

    run(main())
    [line] = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert line.startswith("The connection cannot be read for now")
    assert "u:p" not in line


def test_a_connection_that_cannot_be_read_for_a_minute_ends_the_waits() -> None:
    async def main() -> None:
        def read() -> ClientSettings:
            raise ConnectionError

        with WaitingRoom(SimulatedExtend([processed("edr_1", 1)]), read=read) as room:
            ending = await room.wait("edr_1")
            assert ending.kind == "ConnectionError"
            assert 50 <= ending.at <= 65
            await room.assert_nothing_left()

    run(main())


def test_the_one_who_reads_first_may_be_cancelled() -> None:
    async def main() -> None:
        with WaitingRoom(SimulatedExtend([processed("edr_1", 20), processed("edr_2", 20)])) as room:
            first, second = start(room.wait("edr_1"), room.wait("edr_2"))
            await asyncio.sleep(0.01)
            await cancel(first)
            assert (await second).kind == "PROCESSED"
            assert len(room.reads) == 1
            await room.assert_nothing_left()

    run(main())


def test_settings_that_no_client_can_be_made_of_end_the_wait() -> None:
    async def main() -> None:
        with WaitingRoom(SimulatedExtend([processed("edr_1", 20)]), base_url="ftp://nowhere") as room:
            ending = await room.wait("edr_1")
            assert ending.kind == "ExtendConfigurationError"
            await room.assert_nothing_left()

    run(main())


def test_new_waits_see_an_edited_connection_after_five_seconds() -> None:
    async def main() -> None:
        service = SimulatedExtend([processed(f"edr_{number}", 60) for number in range(20)])
        with WaitingRoom(service, read=lambda: now_set) as room:
            now_set = settings()
            early = [asyncio.ensure_future(room.wait(f"edr_{n}", start=float(n))) for n in range(10)]
            await asyncio.sleep(10)
            now_set = settings(requests_per_second=5.0)
            late = [asyncio.ensure_future(room.wait(f"edr_{n}", start=5.1 + n)) for n in range(10, 20)]
            await asyncio.sleep(20)
            assert len(room.watchers) == 2
            # Once in five seconds, while waits come.
            assert len(room.reads) == 4
            assert Counter([(await task).kind for task in [*early, *late]]) == {"PROCESSED": 20}
            await room.assert_nothing_left()

    run(main())


# -- loops ------------------------------------------------------------------------------------------------------------


def test_each_loop_waits_for_itself_at_the_same_time() -> None:
    loops = [VirtualTimeLoop(), VirtualTimeLoop()]
    rooms, tasks = [], []

    async def begin() -> None:
        room = WaitingRoom(SimulatedExtend([processed(f"edr_{number}", 20) for number in range(5)]))
        with room:
            task = asyncio.ensure_future(room.wait_for_all())
            # Until the watcher and its client are made.
            await asyncio.sleep(0.1)
        rooms.append(room)
        tasks.append(task)

    async def end(number: int) -> None:
        assert (await tasks[number]).kinds == {"PROCESSED": 5}
        await rooms[number].assert_nothing_left()

    for loop in loops:
        loop.run_until_complete(begin())
    for number, loop in enumerate(loops):
        loop.run_until_complete(end(number))
        loop.close()


def test_closed_loops_are_forgotten() -> None:
    """`dag.test()` and `asyncio.run()` make a loop for each trigger."""
    loops = []

    async def main() -> None:
        with WaitingRoom(SimulatedExtend([processed("edr_1", 1)])) as room:
            assert (await room.wait("edr_1")).kind == "PROCESSED"
            loops.append(weakref.ref(room.loop))

    for _ in range(5):
        run(main())
    gc.collect()
    assert len([loop for loop in loops if loop()]) <= 1


def test_a_loop_that_was_closed_under_its_waits_is_forgotten(caplog: pytest.LogCaptureFixture) -> None:
    loop = VirtualTimeLoop()
    caplog.set_level(logging.INFO, logger="extend_provider")

    async def begin() -> None:
        with WaitingRoom(SimulatedExtend([endless("edr_1")])) as room:
            begin.task = asyncio.ensure_future(room.wait("edr_1"))  # type: ignore[attr-defined]
            await asyncio.sleep(1)

    loop.run_until_complete(begin())
    everything = asyncio.all_tasks(loop)
    loop.close()
    for task in everything:
        # What the interpreter says about tasks that are destroyed is not the subject here.
        task._log_destroy_pending = False  # type: ignore[attr-defined]
    assert loop in registry._loops

    service = SimulatedExtend([processed("edr_1", 1)])
    assert wait_for_all(service).kinds == {"PROCESSED": 1}
    assert loop not in registry._loops

    async def collect() -> None:
        gc.collect()

    caplog.clear()
    everything.clear()
    del task, begin.task  # type: ignore[attr-defined]
    run(collect())
    assert not caplog.records
