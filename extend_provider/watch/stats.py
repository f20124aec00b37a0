"""What the watcher counts, for whoever collects metrics."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any, Protocol

__all__ = ["NO_STATS", "Stats", "guarded"]

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
