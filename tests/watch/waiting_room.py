"""Waits that go through the registry to a simulated Extend, on the virtual clock, and what becomes of them."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from unittest import mock

import httpx

from extend_provider.client import AsyncExtendClient, ClientSettings, Wait
from extend_provider.client.exchange import Core
from extend_provider.client.throttle import Throttle
from extend_provider.kinds import EDIT
from extend_provider.models import Run
from extend_provider.watch import registry
from extend_provider.watch.session import Session
from extend_provider.watch.watcher import Watcher
from tests.watch.simulated_extend import KEY, SimulatedExtend
from tests.watch.virtual_time import after, run, this_loop


@dataclass
class FakeStats:
    """Collects metrics."""

    gauges: list[tuple[str, int]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    timings: list[tuple[str, timedelta]] = field(default_factory=list)

    def gauge(self, stat: str, value: int) -> None:
        self.gauges.append((stat, value))

    def incr(self, stat: str, count: int = 1) -> None:
        self.counts[stat] += count

    def timing(self, stat: str, dt: timedelta) -> None:
        self.timings.append((stat, dt))


@dataclass
class Ending:
    """
    What became of a wait.

    :param run_id: the run.
    :param answer: the finished run, or the error.
    :param at: when, by the loop's clock.
    """

    run_id: str
    answer: Run | BaseException
    at: float

    @property
    def kind(self) -> str:
        """A status, or the name of an error."""
        return self.answer.status if isinstance(self.answer, Run) else type(self.answer).__name__


def settings(**changes: Any) -> ClientSettings:
    return ClientSettings(**{"api_key": KEY, "base_url": "https://extend.test", "requests_per_second": 10.0, **changes})


async def _nothing(_: ClientSettings) -> None:
    pass


class WaitingRoom:
    """
    Where waits of the running virtual loop meet a simulated service. A context manager: in it, the registry makes
    clients on the virtual clock.

    :param service: what they talk to.
    :param read: gives the settings when the connection is read; default: always the same.
    :param stats: collects the metrics.
    :param chosen: settings.
    """

    def __init__(
        self,
        service: SimulatedExtend,
        read: Callable[[], ClientSettings] | None = None,
        stats: Any = None,
        **chosen: Any,
    ) -> None:
        self.service = service
        self.loop = this_loop()
        self.settings = settings(**chosen)
        self.stats = stats or FakeStats()
        self.clients: list[AsyncExtendClient] = []
        self.reads: list[float] = []
        self._read = read or (lambda: self.settings)
        self._throttles: dict[str, Throttle] = {}
        self._random = random.Random(11)
        self._patches = [
            mock.patch.object(registry, "Session", partial(Session, make_client=self.make_client)),
            # Works in a thread, for which a virtual clock does not wait.
            mock.patch.object(registry, "prepare", _nothing),
        ]

    def __enter__(self) -> WaitingRoom:
        for patch in self._patches:
            patch.start()
        return self

    def __exit__(self, *_: object) -> None:
        for patch in self._patches:
            patch.stop()

    async def read_settings(self) -> ClientSettings:
        self.reads.append(self.loop.time())
        await asyncio.sleep(0.015)
        return self._read()

    def make_client(self, chosen: ClientSettings, on_answer: Callable[[int], None]) -> AsyncExtendClient:
        """A client on the virtual clock, whose pace is shared as it is for real clients."""
        pace = self._throttles.setdefault(chosen.account, Throttle(chosen.requests_per_second, self.loop.time))
        core = Core(chosen, pace, self.loop.time, self.loop.utcnow, self._random.random, on_answer)
        client = AsyncExtendClient(chosen, transport=httpx.MockTransport(self.service), core=core)
        self.clients.append(client)
        return client

    # -- waiting ------------------------------------------------------------------------------------------------------

    async def wait(
        self, run_id: str, *, start: float = 0.0, interval: float | None = 5.0, deadline: float | datetime | None = None
    ) -> Ending:
        """Wait for a run from a moment on, as a trigger would; an error is an answer too."""
        await asyncio.sleep(start - self.loop.time())
        moment = after(deadline) if isinstance(deadline, (int, float)) else deadline
        wait = Wait(EDIT, run_id, interval, moment)
        try:
            answer: Run | BaseException = await registry.watch("extend_default", self.read_settings, wait, self.stats)
        except Exception as error:
            answer = error
        return Ending(run_id, answer, self.loop.time())

    async def wait_for_all(self, **arguments: Any) -> Endings:
        """Wait for all runs of the service together."""
        return Endings(await asyncio.gather(*(self.wait(run_id, **arguments) for run_id in self.service.runs)), self)

    # -- what is left -------------------------------------------------------------------------------------------------

    @property
    def watchers(self) -> list[Watcher]:
        """The watchers of this loop."""
        here = registry._loops.get(self.loop)
        return list(here.watchers.values()) if here else []

    async def assert_nothing_left(self) -> None:
        """No watcher, task, timer or connection survives the last wait."""
        # Tasks that are done leave their loop one step later.
        await asyncio.sleep(0)
        assert self.watchers == []
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert [client for client in self.clients if not client.is_closed] == []
        timers = [handle for handle in self.loop._scheduled if not handle.cancelled()]  # type: ignore[attr-defined]
        assert timers == []


class Endings(dict[str, Ending]):
    """What became of the waits for all runs, by run id."""

    def __init__(self, endings: Iterable[Ending], room: WaitingRoom) -> None:
        super().__init__((ending.run_id, ending) for ending in endings)
        self.room = room
        self.service = room.service

    @property
    def kinds(self) -> Counter[str]:
        """How many ended how."""
        return Counter(ending.kind for ending in self.values())

    @property
    def lateness(self) -> float:
        """How late the latest answer came after the end of its run."""
        return max(ending.at - max(0.0, self.service.runs[run_id].ends) for run_id, ending in self.items())

    @property
    def finished_at(self) -> float:
        return max(ending.at for ending in self.values())


def wait_for_all(service: SimulatedExtend, *, wait: dict[str, Any] | None = None, **room: Any) -> Endings:
    """Wait for all runs of a service on a loop of its own, and see to it that nothing is left behind."""

    async def main() -> Endings:
        with WaitingRoom(service, **room) as waiting_room:
            endings = await waiting_room.wait_for_all(**(wait or {}))
            await waiting_room.assert_nothing_left()
            return endings

    return run(main())
