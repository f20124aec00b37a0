"""
One contestant waits for all jobs, in this process, and is measured: ``python -m benchmarks.contest`` with JSON on the
command line, as :mod:`benchmarks.rounds` calls it. Prints the measurements as JSON.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import resource
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

from benchmarks.contestants import CONTESTANTS, Contestant, Null
from benchmarks.jobs import Jobs
from benchmarks.limits import allow_files, pin

__all__ = ["ask_stub", "run"]

_TICK = 0.01

# Begins a round: how many jobs, and when the first and the last one end, in seconds.
Begin = Callable[[int, float, float], Jobs]


def ask_stub(control_port: int, action: str, **query: object) -> dict[str, Any]:
    """
    Ask the stub about itself.

    :param control_port: where it answers.
    :param action: ``begin`` or ``counts``.
    """
    with urlopen(f"http://127.0.0.1:{control_port}/control/{action}?{urlencode(query)}", timeout=60) as answer:
        counts: dict[str, Any] = json.load(answer)
        return counts


class Stalls:
    """
    Measures how late the event loop wakes who sleeps for a moment: that long, nobody else was served.

    ``late`` has the delays, and ``busy`` how much processor time this process spent from one tick to the next: on a
    machine with other work, a delay may also be somebody else's.
    """

    def __init__(self) -> None:
        self.late: list[float] = []
        self.busy: list[float] = []

    async def watch(self) -> None:
        """Measure until cancelled."""
        while True:
            due, processor = time.monotonic() + _TICK, time.process_time()
            await asyncio.sleep(_TICK)
            self.late.append(time.monotonic() - due)
            self.busy.append(time.process_time() - processor)


class Waits:
    """
    The waits of one contestant.

    :param contestant: waits.
    :param jobs: what for.
    """

    def __init__(self, contestant: Contestant, jobs: Jobs) -> None:
        self._contestant = contestant
        self._jobs = jobs
        self.latencies: list[float] = []
        self.failures: Counter[str] = Counter()

    async def wait(self, number: int) -> None:
        """Wait for a job and write down how that went."""
        try:
            succeeded = await self._contestant.wait(number)
        except Exception as error:  # noqa: BLE001 - contestants may fail as they like
            self.failures[f"{type(error).__name__}: {error}"[:80]] += 1
            return
        moment = time.monotonic()
        if succeeded and moment >= self._jobs.began + self._jobs.ends[number]:
            self.latencies.append(self._jobs.delay(number, moment))
        else:
            self.failures["a success was reported too early" if succeeded else "no success was reported"] += 1

    async def all(self, timeout: float) -> None:
        """Wait for all jobs at once."""
        tasks = []
        for number in range(self._jobs.count):
            tasks.append(asyncio.create_task(self.wait(number)))
            # As the triggerer does between two triggers.
            await asyncio.sleep(0)
        _, late = await asyncio.wait(tasks, timeout=timeout)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=10)
            self.failures["not done in time"] += len(late)


class Usage:
    """
    What some waits take: processor time, memory, and the event loop from others.

    ``cpu_s`` and ``memory_kb`` are there once it is over.
    """

    def __init__(self) -> None:
        self.stalls = Stalls()
        self.cpu_s = 0.0
        self.memory_kb = 0.0

    @asynccontextmanager
    async def measure(self) -> AsyncIterator[None]:
        """Measure what happens inside."""
        memory, processor = _memory(), time.process_time()
        ticker = asyncio.create_task(self.stalls.watch())
        try:
            yield
            # A last tick, so that a stall in the end counts as well.
            await asyncio.sleep(2 * _TICK)
        finally:
            ticker.cancel()
        self.cpu_s, self.memory_kb = time.process_time() - processor, _peak_memory() - memory


async def _until(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - time.monotonic()))


async def _wait_once(contestant: Contestant, begin: Begin) -> Usage:
    """
    Wait for one job that has ended already: the first wait of a process loads modules, reads the connection, and so on.

    :raises AssertionError: it did not succeed.
    """
    jobs = begin(1, 0.0, 0.0)
    waits, usage = Waits(contestant, jobs), Usage()
    await _until(jobs.began)
    async with usage.measure():
        await waits.all(60.0)
    assert not waits.failures, waits.failures
    return usage


async def _measure(contestant: Contestant, order: dict[str, Any], begin: Begin) -> dict[str, Any]:
    await contestant.open()
    first = await _wait_once(contestant, begin)
    gc.collect()
    if order["freeze"]:
        # Or a pass over all that Airflow has loaded, 100 ms and more, falls on one contestant and not on another.
        gc.freeze()
    jobs = begin(order["waits"], order["first"], order["last"])
    waits, usage = Waits(contestant, jobs), Usage()
    await _until(jobs.began)
    async with usage.measure():
        await waits.all(order["timeout"])
    wall = time.monotonic() - jobs.began
    await contestant.close()
    return {
        "latencies": waits.latencies,
        "failures": dict(waits.failures.most_common(3)),
        "failed": sum(waits.failures.values()),
        # What is spent once counts as well, except that memory is told apart.
        "cpu_s": first.cpu_s + usage.cpu_s,
        "wall_s": wall,
        "memory_once_kb": first.memory_kb,
        "memory_kb": usage.memory_kb,
        "stalls": sorted([*first.stalls.late, *usage.stalls.late], reverse=True)[:200],
        "busiest_s": max([*first.stalls.busy, *usage.stalls.busy]),
    }


def _memory() -> float:
    """Resident kilobytes, from which on the peak is counted."""
    status = Path("/proc/self/status")
    if not status.exists():
        return _peak_memory()
    Path("/proc/self/clear_refs").write_text("5")  # sets the peak back
    return _status_field(status, "VmRSS")


def _peak_memory() -> float:
    status = Path("/proc/self/status")
    if status.exists():
        return _status_field(status, "VmHWM")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1024 if sys.platform == "darwin" else peak


def _status_field(status: Path, name: str) -> float:
    return next(float(line.split()[1]) for line in status.read_text().splitlines() if line.startswith(f"{name}:"))


def run(order: dict[str, Any]) -> dict[str, Any]:
    """
    Let one contestant wait.

    :param order: ``contestant``, ``port``, ``control_port``, ``tls``, ``interval``, ``waits``, ``seed``, ``first``,
        ``last``, ``timeout``, ``freeze`` and ``core``.
    :return: measurements.
    """
    pin(order["core"])
    allow_files()
    logging.disable(logging.WARNING)
    contestant = CONTESTANTS[order["contestant"]](order["port"], tls=order["tls"], interval=order["interval"])
    if contestant.needs:
        __import__(contestant.needs)

    def begin(count: int, first: float, last: float) -> Jobs:
        times: dict[str, Any] = {"seed": order["seed"], "first": first, "last": last}
        jobs = Jobs(count, **times, **ask_stub(order["control_port"], "begin", count=count, **times))
        if isinstance(contestant, Null):
            contestant.ends = [jobs.began + end for end in jobs.ends]
        return jobs

    measured = asyncio.run(_measure(contestant, order, begin))
    return {**measured, "counts": ask_stub(order["control_port"], "counts")}


if __name__ == "__main__":
    print(json.dumps(run(json.loads(sys.argv[1]))))
