"""What was killed is started again, and what stood still goes on."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from dev.chaos import points
from dev.chaos.keeper import Keeper
from dev.chaos.stack import MORTALS

DEADLINE = 30


class FakeStack:
    """Components that are processes which do nothing."""

    def __init__(self) -> None:
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.mortal: set[str] = set()
        self._database = sqlite3.connect(":memory:")
        self._database.execute("CREATE TABLE job (id, start_date)")
        self._database.execute("CREATE TABLE trigger (triggerer_id)")

    @property
    def pids(self) -> dict[str, int]:
        return {name: process.pid for name, process in self._processes.items()}

    def expect_crashes(self, *names: str) -> None:
        self.mortal.update(names)

    def start_component(self, component: str, name: str, *, wait: bool = True) -> None:
        self._processes[name] = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])

    def kill(self, name: str) -> None:
        process = self._processes.pop(name)
        process.kill()
        process.wait()

    def pause(self, seconds: float) -> None:
        time.sleep(0.02)

    @contextmanager
    def database(self) -> Iterator[sqlite3.Connection]:
        yield self._database

    def close(self) -> None:
        for name in list(self._processes):
            self.kill(name)
        self._database.close()


@pytest.fixture
def stack() -> Iterator[FakeStack]:
    stack = FakeStack()
    yield stack
    stack.close()


@pytest.fixture
def keeper(stack: FakeStack) -> Keeper:
    keeper = Keeper(stack)  # type: ignore[arg-type]
    keeper.start()
    return keeper


def look_until_all_run(keeper: Keeper, stack: FakeStack) -> None:
    deadline = time.monotonic() + DEADLINE
    while not stack.pids.keys() >= MORTALS.keys():
        assert time.monotonic() < deadline
        keeper.look()


def test_it_starts_what_may_die(keeper: Keeper, stack: FakeStack) -> None:
    assert stack.pids.keys() == MORTALS.keys() == stack.mortal
    assert keeper.restarts == {}, "a first start is none"


@pytest.mark.parametrize(
    ("point", "restarts"),
    [
        (points.SCHEDULER, {"scheduler": 1}),
        (points.BOTH_TRIGGERERS, {"triggerer": 2}),
        (points.API_SERVER, {"api-server": 1}),
    ],
)
def test_what_it_kills_is_started_again(
    point: points.Point, restarts: dict[str, int], keeper: Keeper, stack: FakeStack
) -> None:
    before = stack.pids

    assert keeper.strike(point)
    assert not keeper.strike(point), "what is down cannot be killed"
    look_until_all_run(keeper, stack)

    assert keeper.restarts == restarts
    assert keeper.kills == {point.name: 1}
    assert sum(before[name] != pid for name, pid in stack.pids.items()) == sum(restarts.values())


def test_a_frozen_triggerer_stands_still_and_goes_on(keeper: Keeper, stack: FakeStack) -> None:
    assert keeper.strike(points.FROZEN_TRIGGERER)
    assert stopped(stack) == 1
    assert not keeper.strike(points.SCHEDULER), "one blow at a time"

    keeper.thaw()

    assert stopped(stack) == 0
    assert keeper.strike(points.SCHEDULER)


def stopped(stack: FakeStack) -> int:
    """How many processes stand still, as soon as none is about to."""
    deadline = time.monotonic() + 1
    found = -1
    while time.monotonic() < deadline:
        found = sum(psutil.Process(pid).status() == psutil.STATUS_STOPPED for pid in stack.pids.values())
        if found == 1:
            break
    return found
