"""Whatever the list says, each wait ends with the right answer, and after a minute at the latest."""

from __future__ import annotations

import logging
import random

import pytest

from tests.watch.simulated_extend import DELETED, Fault, Lies, SimulatedExtend, SimulatedRun, endless, processed
from tests.watch.waiting_room import wait_for_all

# The tests wait for a hundred runs, at ten requests a second and with an interval of five seconds.
INTERVAL = 5.0
RECONCILIATION = 60.0
# As long as a hundred results take at ten requests a second; many end together.
QUEUE = 10.0
RUNS = 100


def runs(count: int = RUNS) -> list[SimulatedRun]:
    """Runs that end 5 to 20 seconds after the start of the waits."""
    numbers = random.Random(1)
    return [processed(f"edr_{number}", numbers.uniform(5, 20)) for number in range(count)]


def ids(numbers: range) -> frozenset[str]:
    return frozenset(f"edr_{number}" for number in numbers)


def test_an_honest_list_needs_one_request_for_each_run() -> None:
    service = SimulatedExtend(runs())

    endings = wait_for_all(service)

    assert endings.kinds == {"PROCESSED": RUNS}
    assert endings.lateness < INTERVAL + 1
    assert len(service.gets()) == RUNS
    assert service.list_requests <= 7


@pytest.mark.parametrize(
    ("lies", "lateness", "requests"),
    [
        # What the list says nothing about is asked for at the start and after a minute, at a fifth of the pace.
        pytest.param(Lies(omits=ids(range(0, RUNS, 2))), RECONCILIATION + RUNS / 2 / 2 + 1, 1.7, id="omits runs"),
        pytest.param(Lies(omits=ids(range(RUNS))), RECONCILIATION + RUNS / 2 + 1, 2.3, id="is empty"),
        pytest.param(Lies(repeats=True), INTERVAL + 1, 1.1, id="repeats runs"),
        pytest.param(Lies(stale=30), 30 + INTERVAL + 1, 2.2, id="is stale"),
        pytest.param(Lies(page_limit=10), INTERVAL + 1, 1.6, id="has small pages"),
        pytest.param(Lies(refuses_pages_above=100), INTERVAL + 1, 1.2, id="refuses large pages"),
        pytest.param(Lies(circles=True), INTERVAL + 1, 1.1, id="runs in a circle"),
        pytest.param(Lies(future=ids(range(1))), INTERVAL + 1, 1.1, id="knows the future"),
        # It cannot be read as a feed, so each run is asked for, as the pace allows: ten seconds for a round.
        pytest.param(Lies(order="oldest first"), 2 * QUEUE + 1, 3, id="oldest first"),
        pytest.param(Lies(order="shuffled"), 2 * QUEUE + 1, 3, id="shuffled"),
        pytest.param(Lies(order="by creation"), 2 * QUEUE + 1, 3, id="by creation"),
        pytest.param(Lies(undated=True), 2 * QUEUE + 1, 3, id="undated"),
        # What it says has ended is asked for again, less and less often.
        pytest.param(Lies(claims=dict.fromkeys(ids(range(30)), "PROCESSED")), 2 * QUEUE, 3, id="claims ends"),
        pytest.param(
            Lies(claims=dict.fromkeys(ids(range(30)), "PROCESSING")), RECONCILIATION + 30 / 2 + 1, 1.5, id="denies ends"
        ),
        pytest.param(
            Lies(claims=dict.fromkeys(ids(range(30)), "?")), RECONCILIATION + 30 / 2 + 1, 1.5, id="new status"
        ),
    ],
)
def test_a_list_that_lies_costs_seconds_and_requests(lies: Lies, lateness: float, requests: float) -> None:
    service = SimulatedExtend(runs(), lies=lies)

    endings = wait_for_all(service)

    assert endings.kinds == {"PROCESSED": RUNS}
    assert endings.lateness < lateness
    assert len(service.requests) <= requests * RUNS


@pytest.mark.parametrize(
    ("how", "lateness"),
    [
        pytest.param(404, 2 * QUEUE, id="missing"),
        pytest.param(403, 2 * QUEUE, id="forbidden"),
        pytest.param(400, 2 * QUEUE, id="refused"),
        pytest.param(500, 2 * QUEUE, id="down"),
        pytest.param("html", 2 * QUEUE, id="a proxy's page"),
        pytest.param("garbage", 2 * QUEUE, id="no list"),
        pytest.param("drop", 2 * QUEUE, id="unreachable"),
        # All but the first page of 20 is out of reach, so that the reconciliation finds most of the runs.
        pytest.param("expired", RECONCILIATION + RUNS / 2 + 1, id="page tokens expire"),
        # Nobody knows yet that the list does not work; so it is the reconciliation that finds the runs.
        pytest.param("hang", RECONCILIATION + RUNS / 2 + 1, id="hangs"),
        pytest.param(401, RECONCILIATION + RUNS / 2 + 1, id="key refused"),
        # Each refusal slows all requests down, to one a second in the end.
        pytest.param(429, RECONCILIATION + RUNS + 1, id="rate limited"),
    ],
)
@pytest.mark.parametrize(("begins", "ends"), [(0, 1e9), (3, 63), (9, 12)])
def test_a_list_that_fails_is_done_without(how: int | str, lateness: float, begins: float, ends: float) -> None:
    service = SimulatedExtend(runs(), lies=Lies(page_limit=20), faults=[Fault(how, "list", begins, ends)])

    endings = wait_for_all(service)

    assert endings.kinds == {"PROCESSED": RUNS}
    assert endings.lateness < lateness


def test_a_list_that_is_limited_is_left_alone_for_longer_and_longer() -> None:
    service = SimulatedExtend([processed(f"edr_{number}", 600) for number in range(5)], faults=[Fault(429, "list")])

    endings = wait_for_all(service)

    assert endings.kinds == {"PROCESSED": 5}
    assert service.statuses[429] <= 6 * 5


def test_a_limit_that_passes_is_no_reason_to_ask_for_each_run(caplog: pytest.LogCaptureFixture) -> None:
    """A look gives up after ten seconds; the next one comes fifteen later."""
    service = SimulatedExtend(
        [processed(f"edr_{number}", 70) for number in range(RUNS)], faults=[Fault(429, "list", 3, 32)]
    )

    with caplog.at_level(logging.INFO, logger="extend_provider.watch.feed_reader"):
        endings = wait_for_all(service)

    assert endings.kinds == {"PROCESSED": RUNS}
    assert service.statuses[429] > 5
    assert [record for record in caplog.records if record.name.endswith("feed_reader")] == []


def test_a_list_that_comes_back_is_used_again() -> None:
    service = SimulatedExtend(
        [processed(f"edr_{number}", 300 + number) for number in range(RUNS)], faults=[Fault(404, "list", 0, 60)]
    )

    endings = wait_for_all(service)

    assert endings.kinds == {"PROCESSED": RUNS}
    assert endings.lateness < INTERVAL + 1
    # It is tried again after 15, 30 and 60 seconds; until then there are ten requests a second.
    assert len([when for when, what, _ in service.requests if what == "list" and when < 110]) <= 5
    assert len([when for when in service.gets() if 120 < when < 290]) <= 170 * 2 + 10


def test_requests_that_a_list_makes_needless_are_withdrawn() -> None:
    """A thousand runs were asked for one by one when the list came back: results must not queue behind them."""
    early = [processed(f"edr_{number}", 40 + number / 10) for number in range(20)]
    service = SimulatedExtend(
        [*early, *(processed(f"edr_late_{number}", 200) for number in range(1000))], faults=[Fault(500, "list", 5, 20)]
    )

    endings = wait_for_all(service)

    assert endings.kinds == {"PROCESSED": 1020}
    assert max(endings[run.id].at - run.ends for run in early) < INTERVAL + 3


def test_lies_about_many_runs_do_not_starve_the_others() -> None:
    """A list that shows a thousand ends too early gets each of them asked for again and again, after the others."""
    lying = {f"edr_late_{number}": "PROCESSED" for number in range(200)}
    honest = [processed(f"edr_{number}", 60 + number) for number in range(20)]
    service = SimulatedExtend(
        [*honest, *(SimulatedRun(run_id, [(-9999.0, "PROCESSING"), (120, "PROCESSED")]) for run_id in lying)],
        lies=Lies(claims=lying),
    )

    endings = wait_for_all(service)

    assert endings.kinds == {"PROCESSED": 220}
    # A round of all of them takes 22 seconds.
    assert max(endings[run.id].at - run.ends for run in honest) < 22 + INTERVAL


def test_a_deleted_run_is_not_found() -> None:
    gone = [SimulatedRun(f"edr_gone_{number}", [(-10, "PROCESSING"), (30, DELETED)]) for number in range(10)]
    service = SimulatedExtend([*gone, *(processed(f"edr_{number}", 200) for number in range(10))])

    endings = wait_for_all(service)

    assert endings.kinds == {"ExtendNotFoundError": 10, "PROCESSED": 10}
    # No list shows a deletion.
    assert max(endings[run.id].at for run in gone) < 30 + RECONCILIATION + len(gone) / 2


def test_a_run_that_is_deleted_before_its_end_is_seen_is_not_found() -> None:
    """Between two looks it ends and goes; no list has ever shown the end."""
    steps = [(-10.0, "PROCESSING"), (31.0, "PROCESSED"), (31.0, DELETED)]
    gone = [SimulatedRun(f"edr_gone_{number}", list(steps)) for number in range(5)]
    service = SimulatedExtend([*gone, *(endless(f"edr_{number}") for number in range(5))])

    endings = wait_for_all(service, wait={"deadline": 200.0})

    assert endings.kinds == {"ExtendNotFoundError": 5, "ExtendRunTimeoutError": 5}
    assert max(endings[run.id].at for run in gone) < 31 + RECONCILIATION + len(gone) / 2


def test_a_run_that_never_was_is_not_found_at_once() -> None:
    service = SimulatedExtend(
        [SimulatedRun("edr_never", [(1e9, "PROCESSING")]), *(endless(f"edr_{n}") for n in range(9))]
    )

    endings = wait_for_all(service, wait={"deadline": 100.0})

    assert endings["edr_never"].kind == "ExtendNotFoundError"
    assert endings["edr_never"].at < 1


def test_few_runs_are_asked_for_without_a_list() -> None:
    service = SimulatedExtend(runs(2), lies=Lies(omits=ids(range(2))))

    endings = wait_for_all(service)

    assert endings.lateness < INTERVAL * 1.1 + 1
    assert service.list_requests == 0


def test_runs_deep_in_the_list_cost_less_than_a_request_each() -> None:
    """After a restart the runs are old, and thousands of other runs have changed since."""
    old = [
        SimulatedRun(f"edr_{number}", [(-8000.0 + number, "PROCESSING"), (30, "PROCESSED")]) for number in range(200)
    ]
    others = [SimulatedRun(f"edr_other_{number}", [(-7000.0 + number, "PROCESSED")]) for number in range(4000)]

    service = SimulatedExtend([*old, *others])
    endings = wait_for_all_of(service, old)

    assert endings == {"PROCESSED": 200}
    assert len(service.requests) <= 200 + 25


def test_runs_too_deep_in_the_list_are_asked_for() -> None:
    old = [SimulatedRun(f"edr_{number}", [(-8000.0 + number, "PROCESSING"), (30, "PROCESSED")]) for number in range(5)]
    others = [SimulatedRun(f"edr_other_{number}", [(-7000.0 + number, "PROCESSED")]) for number in range(9000)]

    service = SimulatedExtend([*old, *others], lies=Lies(page_limit=100))
    endings = wait_for_all_of(service, old)

    assert endings == {"PROCESSED": 5}
    assert len([when for when, what, _ in service.requests if what == "list" and when < 4]) <= 6
    assert len(service.gets()) == 10


def wait_for_all_of(service: SimulatedExtend, some: list[SimulatedRun]) -> dict[str, int]:
    """Wait for some of the service's runs, and count how they end."""
    import asyncio
    from collections import Counter

    from tests.watch.virtual_time import run
    from tests.watch.waiting_room import WaitingRoom

    async def main() -> dict[str, int]:
        with WaitingRoom(service) as room:
            endings = await asyncio.gather(*(room.wait(one.id) for one in some))
        return Counter(ending.kind for ending in endings)

    return run(main())
