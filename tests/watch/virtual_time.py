"""
An event loop whose clock jumps to the next timer instead of waiting for it.

A test over hours of waiting takes milliseconds, gives the same result each time, and fails instead of hanging: when
nobody is ready and no timer is set, nothing can ever happen again.
"""

from __future__ import annotations

import asyncio
import gc
import selectors
from collections.abc import Coroutine
from datetime import datetime, timedelta, timezone
from typing import Any, TypeVar

T = TypeVar("T")

EPOCH = datetime(2026, 3, 4, 10, 15, tzinfo=timezone.utc)


class NothingCanHappen(Exception):  # noqa: N818
    """Everybody waits for somebody else."""


# A turn of the loop takes this long, because a clock that stands still is one that nobody has.
_TICK = 1e-9


class _JumpingSelector(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    """Lets the time pass that it is asked to sleep."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        events = super().select(0)
        if not events:
            if timeout is None:
                raise NothingCanHappen
            self.now += timeout
        self.now += _TICK
        return events


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An event loop in which waiting takes no time."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)
        self._clock_resolution = 1e-9

    def time(self) -> float:
        return self._jumping.now

    def utcnow(self) -> datetime:
        """The wall clock, which began with the loop."""
        return EPOCH + timedelta(seconds=self.time())


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end on a loop of its own; whatever it leaves behind is cancelled."""
    loop = VirtualTimeLoop()
    asyncio.set_event_loop(loop)
    try:
        return loop.run_until_complete(main)
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
            loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        asyncio.set_event_loop(None)
        loop.close()
        # What was left behind without a listener shows here, not in some later test.
        gc.collect()


def this_loop() -> VirtualTimeLoop:
    """The running loop."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualTimeLoop)
    return loop


def after(seconds: float) -> datetime:
    """The moment some seconds after the loop began."""
    return EPOCH + timedelta(seconds=seconds)
