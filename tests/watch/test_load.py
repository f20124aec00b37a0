"""What a thousand waits cost, with and without a limit of the service, and after a restart of the triggerer."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from itertools import pairwise

import pytest

from tests.watch.simulated_extend import Lies, Limit, SimulatedExtend, SimulatedRun, processed
from tests.watch.virtual_time import run
from tests.watch.waiting_room import Endings, WaitingRoom, wait_for_all

# A pace that does not bind.
UNPACED = 10_000.0


def runs(count: int, seed: int = 1) -> list[SimulatedRun]:
    """Runs that end 5 to 20 seconds after the start of the waits."""
    numbers = random.Random(seed)
    return [processed(f"edr_{number}", numbers.uniform(5, 20)) for number in range(count)]


def percentile(endings: Endings, share: float) -> float:
    late = sorted(ending.at - endings.service.runs[run_id].ends for run_id, ending in endings.items())
    return late[int(share * (len(late) - 1))]


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("interval", "status_requests", "p99"), [(5.0, 0.02, 5.3), (None, 0.05, 1.3)])
def test_requests_and_latency_of_a_thousand_waits(
    seed: int, interval: float | None, status_requests: float, p99: float
) -> None:
    service = SimulatedExtend(runs(1000, seed))

    endings = wait_for_all(service, wait={"interval": interval}, requests_per_second=UNPACED)

    assert endings.kinds == {"PROCESSED": 1000}
    assert service.list_requests <= status_requests * 1000
    assert len(service.requests) <= 1.05 * 1000
    assert percentile(endings, 0.99) <= p99


def test_five_thousand_waits_are_as_quick_as_one_thousand() -> None:
    # Results go through few requests at a time, so their number is bounded by what each of them takes.
    one = wait_for_all(SimulatedExtend(runs(1000), latency=0.002), requests_per_second=UNPACED)
    five = wait_for_all(SimulatedExtend(runs(5000), latency=0.002), requests_per_second=UNPACED)

    assert five.kinds == {"PROCESSED": 5000}
    assert percentile(five, 0.99) <= 1.2 * percentile(one, 0.99)
    assert five.service.list_requests <= 0.02 * 5000
    assert len(five.service.requests) <= 1.05 * 5000


@pytest.mark.parametrize(("latency", "most"), [(0.002, 2), (0.05, 4)])
def test_as_many_results_are_under_way_as_the_latency_is_worth(latency: float, most: int) -> None:
    service = SimulatedExtend([processed(f"edr_{number}", 7) for number in range(300)], latency=latency)

    endings = wait_for_all(service, requests_per_second=UNPACED)

    assert endings.kinds == {"PROCESSED": 300}
    assert service.most_under_way == most


def test_other_runs_of_the_account_cost_pages_not_results() -> None:
    """Other teams' runs change all the time: ten times as many as we wait for."""
    others = [SimulatedRun(f"edr_other_{n}", [(n / 100 - 20, "PROCESSING"), (n / 100, "FAILED")]) for n in range(3000)]
    service = SimulatedExtend([*runs(300), *others])

    async def main() -> Counter[str]:
        with WaitingRoom(service, requests_per_second=UNPACED) as room:
            endings = await asyncio.gather(*(room.wait(f"edr_{number}") for number in range(300)))
            assert max(ending.at for ending in endings) < 26
            return Counter(ending.kind for ending in endings)

    assert run(main()) == {"PROCESSED": 300}
    assert len(service.gets()) == 300
    assert service.list_requests <= 30


# -- limits -----------------------------------------------------------------------------------------------------------

LIMIT, BURST = 20.0, 40.0
# From the end of the first run on.
RESULTS_TAKE = (1000 - BURST) / LIMIT


@pytest.mark.parametrize("latency", [0.02, 0.2])
def test_a_limit_that_is_known_is_kept(latency: float) -> None:
    service = SimulatedExtend(runs(1000), limit=Limit(LIMIT, BURST), latency=latency)

    endings = wait_for_all(service, requests_per_second=LIMIT)

    assert endings.kinds == {"PROCESSED": 1000}
    assert service.statuses[429] == 0
    assert endings.finished_at - 5 <= 1.25 * RESULTS_TAKE


@pytest.mark.parametrize("latency", [0.02, 0.2])
@pytest.mark.parametrize("believed", [1000.0, 100.0, 25.0])
def test_a_limit_that_is_not_known_is_found(believed: float, latency: float) -> None:
    service = SimulatedExtend(runs(1000), limit=Limit(LIMIT, BURST), latency=latency)

    endings = wait_for_all(service, requests_per_second=believed)

    assert endings.kinds == {"PROCESSED": 1000}
    assert service.statuses[429] <= 50
    assert endings.room.stats.counts["extend.watch.throttled"] == service.statuses[429]
    assert endings.finished_at - 5 <= 1.25 * RESULTS_TAKE


def test_the_pace_comes_back_after_refusals() -> None:
    """Others used the account up for a while."""

    async def main() -> None:
        service = SimulatedExtend([processed(f"edr_{n}", 20) for n in range(100)], limit=Limit(0.5, 1))
        with WaitingRoom(service) as room:
            busy = asyncio.ensure_future(room.wait_for_all())
            await asyncio.sleep(60)
            assert len(service.requests) < 60
            service.limit = None
            assert (await busy).finished_at < 60 + 45
            assert service.statuses[429] <= 40

    run(main())


def test_results_do_not_starve_looks_nor_each_other() -> None:
    """At ten requests a second, a thousand results take a hundred seconds."""
    service = SimulatedExtend([*runs(1000), *(processed(f"edr_late_{n}", 60 + n / 10) for n in range(100))])

    endings = wait_for_all(service)

    assert endings.kinds == {"PROCESSED": 1100}
    looks = [when for when, what, _ in service.requests if what == "list"]
    assert max(later - earlier for earlier, later in pairwise(looks)) < 5 + 1
    # Who ended first is served first: each waits for those before it, and a fifth more for the reconciliation.
    in_order = sorted(endings.values(), key=lambda ending: service.runs[ending.run_id].ends)
    for rank, ending in enumerate(in_order):
        assert ending.at < max(service.runs[ending.run_id].ends, 5 + rank / (10 * 0.8)) + 5 + 1


@pytest.mark.parametrize("pace", [0.1, 0.5, 2.0])
def test_a_very_slow_pace_takes_long_but_loses_nothing(pace: float) -> None:
    service = SimulatedExtend(runs(20))

    endings = wait_for_all(service, requests_per_second=pace, wait={"deadline": 400.0})

    assert endings.kinds == {"PROCESSED": 20}
    assert endings.finished_at < 25 + 40 / pace


# -- restarts ---------------------------------------------------------------------------------------------------------


def test_a_triggerer_that_restarts_with_hundreds_of_triggers() -> None:
    """It starts fifty a second. Half of the runs have ended meanwhile, and thousands of others of the account."""
    numbers = random.Random(5)
    ours = [
        SimulatedRun(
            f"edr_{n}", [(-3600 - n, "PROCESSING"), (numbers.uniform(-1800, 0) if n % 2 else 100.0, "PROCESSED")]
        )
        for n in range(800)
    ]
    others = [SimulatedRun(f"edr_other_{n}", [(-3600 + n, "PROCESSED")]) for n in range(3000)]
    service = SimulatedExtend([*ours, *others])

    async def main() -> list[float]:
        with WaitingRoom(service, requests_per_second=100.0) as room:
            endings = await asyncio.gather(
                *(room.wait(one.id, start=n / 50, interval=None) for n, one in enumerate(ours))
            )
            assert {ending.kind for ending in endings} == {"PROCESSED"}
            assert len(room.clients) == 1
            # Every five seconds, while triggers start.
            assert len(room.reads) <= 800 / 50 / 5 + 1
            await room.assert_nothing_left()
            return [ending.at - max(n / 50, ours[n].ends) for n, ending in enumerate(endings)]

    late = run(main())
    # A look each second, and one request for each run that has ended.
    assert max(late[1::2]) < 3
    # The age of the youngest decides, a hundred seconds; and 400 results at a hundred a second.
    assert max(late[0::2]) < 100 / 15 * 1.1 + 400 / 100 + 1
    # Fifty new ones a second, deep in the list: fewer pages than requests for each.
    looks = [when for when, what, _ in service.requests if what == "list" and when < 20]
    assert len(looks) < 20 * 15


def test_a_restart_in_front_of_a_list_that_lags() -> None:
    service = SimulatedExtend(
        [SimulatedRun(f"edr_{n}", [(-3600.0, "PROCESSING"), (-5.0, "PROCESSED")]) for n in range(300)],
        lies=Lies(stale=30),
    )

    endings = wait_for_all(service)

    assert endings.kinds == {"PROCESSED": 300}
    # The list still says PROCESSING for 25 seconds.
    assert endings.finished_at < 25 + 5 + 300 / 10 + 1
