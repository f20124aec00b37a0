"""What the watcher counts, for whoever collects metrics."""

from __future__ import annotations

import asyncio
import logging
import threading
import weakref
from datetime import timedelta
from typing import Any, Protocol

__all__ = ["NO_STATS", "Stats", "guarded", "report_active"]

log = logging.getLogger(__name__)


class Stats(Protocol):
    """The part of Airflow's ``Stats`` that is used here."""

    def gauge(self, stat: str, value: int) -> Any:
        """Set a value."""

    def incr(self, stat: str, count: int = 1) -> Any:
        """Count up."""

    def timing(self, stat: str, dt: timedelta) -> Any:
        """Record a duration."""


class _NoStats:
    def gauge(self, stat: str, value: int) -> None:
        pass

    def incr(self, stat: str, count: int = 1) -> None:
        pass

    def timing(self, stat: str, dt: timedelta) -> None:
        pass


NO_STATS: Stats = _NoStats()


class _Guarded:
    def __init__(self, stats: Stats) -> None:
        self._stats = stats

    def gauge(self, stat: str, value: int) -> None:
        self._report("gauge", stat, value)

    def incr(self, stat: str, count: int = 1) -> None:
        self._report("incr", stat, count)

    def timing(self, stat: str, dt: timedelta) -> None:
        self._report("timing", stat, dt)

    def _report(self, method: str, *values: Any) -> None:
        try:
            getattr(self._stats, method)(*values)
        except Exception:
            log.debug("A metric could not be reported.", exc_info=True)


def guarded(stats: Stats) -> Stats:
    """Return stats that never raise: a collector that is down must not end a wait."""
    return _Guarded(stats)


# How many wait on which loop and with which watcher, for one gauge of the whole process. Reentrant, because the garbage
# collector may run what it likes at any moment.
_active: weakref.WeakKeyDictionary[object, tuple[asyncio.AbstractEventLoop, int]] = weakref.WeakKeyDictionary()
_lock = threading.RLock()


def report_active(stats: Stats, watcher: object, loop: asyncio.AbstractEventLoop, count: int) -> None:
    """
    Report how many wait in this process.

    :param stats: where.
    :param watcher: the watcher for which there is a new number.
    :param loop: its loop; who waits on one that was closed under its waits, waits no more.
    :param count: how many wait for that watcher.
    """
    with _lock:
        _active[watcher] = (loop, count)
        # In the lock, because the last report is the one that stays.
        stats.gauge("extend.watch.active", sum(n for its_loop, n in _active.values() if not its_loop.is_closed()))
