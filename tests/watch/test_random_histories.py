"""Random histories, waits, lies and faults against a simple model: no run is lost, and no answer is wrong."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.watch.simulated_extend import DELETED, Fault, Lies, SimulatedExtend, SimulatedRun
from tests.watch.virtual_time import run
from tests.watch.waiting_room import Ending, WaitingRoom

NEVER = float("inf")
# Wall clocks tell whole microseconds.
ROUNDING = 2e-6
# When a wait that nothing can end is given up.
LATEST = 900.0
UNKNOWN_STATUS = "PONDERING"

# What the design promises, in seconds: every run is seen after a minute whatever the list does …
RECONCILIATION = 60.0
# … a request may hang this long before it is tried again, …
READ_TIMEOUT = 60.0
# … a look that failed is repeated after this long, and retries by itself for as long again …
RETRY = 15.0 + 15.0
# … and a handful of waits queue for this long, at ten requests a second.
QUEUE = 10.0


@dataclass(frozen=True)
class PlannedWait:
    run_id: str
    start: float
    interval: float | None
    deadline: float | None
    cancel: float | None


@dataclass(frozen=True)
class Scenario:
    runs: list[SimulatedRun]
    waits: list[PlannedWait]
    lies: Lies
    faults: list[Fault]
    latency: float


@st.composite
def histories(draw: st.DrawFn, run_id: str, moments: st.SearchStrategy[float]) -> SimulatedRun:
    """A run that exists, may take a status that nobody knows, may end and may be deleted, before or after its end."""
    times = sorted(draw(st.lists(moments, min_size=3, max_size=3)))
    end = draw(st.sampled_from(["PROCESSED", "PROCESSED", "PROCESSED", "FAILED", None]))
    steps = [UNKNOWN_STATUS if draw(st.integers(0, 5)) == 0 else None, end]
    steps.insert(draw(st.integers(0, 2)), DELETED if draw(st.integers(0, 5)) == 0 else None)
    if DELETED in steps:
        steps[steps.index(DELETED) + 1 :] = []
    begins = draw(st.sampled_from([-5.0, -100.0, -4000.0]))
    return SimulatedRun(
        run_id, [(begins, "PROCESSING"), *((at, status) for at, status in zip(times, steps, strict=False) if status)]
    )


def faults(moments: st.SearchStrategy[float]) -> st.SearchStrategy[Fault]:
    """Faults that pass; those of the list may take longer."""
    return st.builds(
        lambda how, where, begins, length: Fault(how, where, begins, begins + length),
        st.sampled_from([500, 503, 429, 401, "html", "drop", "hang"]),
        st.sampled_from(["list", "get", "all"]),
        moments,
        st.sampled_from([0.5, 3.0, 20.0, 50.0]),
    ) | st.builds(
        lambda how, begins, length: Fault(how, "list", begins, begins + length),
        st.sampled_from([404, 400, "expired", "garbage"]),
        moments,
        st.sampled_from([3.0, 50.0, 400.0]),
    )


@st.composite
def lies(draw: st.DrawFn, ids: list[str]) -> Lies:
    some_ids = st.frozensets(st.sampled_from(ids), max_size=3)
    return Lies(
        omits=draw(some_ids),
        stale=draw(st.sampled_from([0, 0, 0, 2, 30])),
        repeats=draw(st.booleans()),
        order=draw(st.sampled_from(["right"] * 5 + ["oldest first", "shuffled", "by creation"])),
        page_limit=draw(st.sampled_from([1000, 1000, 1, 2])),
        undated=draw(st.integers(0, 9)) == 0,
        circles=draw(st.integers(0, 9)) == 0,
        claims={run_id: draw(st.sampled_from(["PROCESSED", "PROCESSING", "?"])) for run_id in draw(some_ids)},
        future=draw(some_ids),
    )


def waits(ids: list[str], moments: st.SearchStrategy[float]) -> st.SearchStrategy[PlannedWait]:
    """Waits for these runs, some of them for the same one, and now and then for one that does not exist."""
    return st.builds(
        PlannedWait,
        run_id=st.sampled_from([*ids, *ids, *ids, "edr_none"]),
        start=st.just(0.0) | moments,
        interval=st.sampled_from([None, None, 0.5, 5.0, 30.0]),
        deadline=st.none() | moments.map(lambda moment: moment - 20) | moments,
        cancel=st.none() | st.none() | st.none() | moments,
    )


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    # Everything happens about a few moments: what happens at once is what goes wrong.
    heart = st.sampled_from(draw(st.lists(st.integers(3, 200), min_size=1, max_size=4)))
    moments = st.builds(
        float.__add__, heart.map(float), st.sampled_from([-2.0, -1.0, -0.5, -0.1, 0.0, 0.1, 0.5, 1.0, 9.0])
    )
    ids = [f"edr_{number}" for number in range(draw(st.integers(1, 8)))]
    return Scenario(
        runs=[draw(histories(run_id, moments)) for run_id in ids],
        waits=draw(st.lists(waits(ids, moments), min_size=1, max_size=12)),
        lies=draw(st.just(Lies()) | lies(ids)),
        faults=draw(st.just([]) | st.lists(faults(moments), max_size=3)),
        latency=draw(st.sampled_from([0.02, 0.02, 1.0, 4.0])),
    )


async def play(scenario: Scenario) -> list[Ending | None]:
    """What becomes of each wait; ``None`` for one that was cancelled, or given up in the end."""
    service = SimulatedExtend(scenario.runs, lies=scenario.lies, faults=scenario.faults, latency=scenario.latency)
    with WaitingRoom(service) as room:
        endings = await asyncio.gather(*(take_part(room, wait) for wait in scenario.waits))
        # The connection that was read last may still be on its way.
        await asyncio.sleep(1)
        await room.assert_nothing_left()
    return endings


async def take_part(room: WaitingRoom, wait: PlannedWait) -> Ending | None:
    task = asyncio.ensure_future(
        room.wait(wait.run_id, start=wait.start, interval=wait.interval, deadline=wait.deadline)
    )
    end = room.loop.call_at(LATEST if wait.cancel is None else wait.cancel, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        return None
    finally:
        end.cancel()


class Model:
    """What must become of a wait."""

    def __init__(self, scenario: Scenario, wait: PlannedWait) -> None:
        self.wait = wait
        # Whether the list can be believed and read, and whether everything can.
        self.is_honest = scenario.lies == Lies() and all(fault.where == "get" for fault in scenario.faults)
        self.works = not scenario.faults
        self.latency = scenario.latency
        self.run = {run.id: run for run in scenario.runs}.get(wait.run_id)
        self.faults = [fault for fault in scenario.faults if fault.where != "list"]
        self.deadline = NEVER if wait.deadline is None else wait.deadline

    @property
    def settled(self) -> float:
        """When the answer can be known: the run has ended, is gone, or time is up."""
        return max(self.wait.start, min(self.ended, self.gone, self.deadline))

    @property
    def ended(self) -> float:
        return self.run.ends if self.run else NEVER

    @property
    def gone(self) -> float:
        return self.run.since(DELETED) if self.run else -NEVER

    @property
    def interval(self) -> float:
        """The longest time between two looks at this age, jitter included."""
        adapted = min(30.0, max(1.0, (self.settled - self.wait.start + 2.0) / 14))
        return 1.1 * (adapted if self.wait.interval is None else self.wait.interval)

    @property
    def due(self) -> float:
        """When the answer must be there."""
        if self.settled == NEVER:
            return NEVER
        if self.settled == max(self.wait.start, self.deadline):
            return self.settled + (2 * self.latency + 1.0 if self.works else READ_TIMEOUT + QUEUE)
        soon = self.settled + self.interval + 3 * self.latency + 1.0
        # Whoever is deleted before the next look is not in the list any more.
        if self.works and self.is_honest and self.ended < soon < self.gone:
            return soon
        trouble = [fault.ends for fault in self.faults if fault.begins < self.settled + RECONCILIATION + QUEUE]
        hangs = READ_TIMEOUT * any(fault.how == "hang" for fault in self.faults)
        after_trouble = max([self.settled, *trouble]) + RETRY + hangs + QUEUE
        if self.is_honest and self.ended < after_trouble + self.interval < self.gone:
            return after_trouble + self.interval
        return after_trouble + RECONCILIATION

    def check(self, ending: Ending | None) -> None:
        if ending is None:
            given_up = LATEST if self.wait.cancel is None else self.wait.cancel
            assert given_up <= self.due
            return
        assert ending.at >= self.wait.start
        assert ending.at <= self.due
        getattr(self, f"check_{ending.kind}", self.check_other)(ending)

    def check_PROCESSED(self, ending: Ending) -> None:  # noqa: N802
        assert self.run
        assert self.run.since(ending.kind) <= ending.at

    check_FAILED = check_PROCESSED  # noqa: N815

    def check_ExtendNotFoundError(self, ending: Ending) -> None:  # noqa: N802
        assert self.gone <= ending.at

    def check_ExtendRunTimeoutError(self, ending: Ending) -> None:  # noqa: N802
        assert self.deadline <= ending.at + ROUNDING
        assert min(self.ended, self.gone) > self.deadline, "it had ended before the deadline"
        assert self.run
        assert self.run.since(UNKNOWN_STATUS) > self.deadline

    def check_ExtendUnknownStatusError(self, ending: Ending) -> None:  # noqa: N802
        assert self.deadline <= ending.at + ROUNDING
        assert min(self.ended, self.gone) > self.deadline, "it had ended before the deadline"
        assert self.run
        assert self.run.since(UNKNOWN_STATUS) <= ending.at

    def check_ExtendOutcomeUnknownError(self, ending: Ending) -> None:  # noqa: N802
        assert self.deadline <= ending.at + ROUNDING
        looks = (max(self.wait.start, self.deadline), ending.at)
        # A request that hung when the fault ended still hangs.
        assert any(
            fault.begins <= looks[1] and looks[0] <= fault.ends + READ_TIMEOUT * (fault.how == "hang")
            for fault in self.faults
        ), "the service could be reached"

    def check_other(self, ending: Ending) -> None:
        raise AssertionError(f"{ending.kind} is no answer") from ending.answer  # type: ignore[arg-type]


# A search for new examples takes as long as it takes.
@pytest.mark.timeout(240 if settings.default.derandomize else 0)
@pytest.mark.slow
@given(scenarios())
def test_every_wait_ends_with_the_answer_that_the_history_implies(scenario: Scenario) -> None:
    endings = run(play(scenario))
    for wait, ending in zip(scenario.waits, endings, strict=True):
        Model(scenario, wait).check(ending)
