"""When the watcher looks next. Pure: facts in, seconds out."""

from __future__ import annotations

from collections.abc import Iterable

from extend_provider.client.pacing import next_delay
from extend_provider.client.waiting import Wait
from extend_provider.exceptions import ExtendConfigurationError

__all__ = ["DIRECT_LIMIT", "RECONCILE_SHARE", "after_failure", "check_wait", "next_look", "reconcile_after"]

# One or two runs are looked at directly: that costs no more than the list, and is the truth at once.
DIRECT_LIMIT = 2
# Whatever the list does, each run is asked for directly this many seconds after it was last seen itself …
_RECONCILE_AFTER = 60.0
# … unless there are so many that it would take more than this share of the account's requests.
RECONCILE_SHARE = 0.2

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 15.0
# However impatient somebody is, the list is not read more often.
_SHORTEST_LOOK = 0.1


def check_wait(wait: Wait) -> None:
    """
    Refuse a wait that no pace can be found for, before others depend on it.

    :raises ExtendConfigurationError: the run's id is no text, or the interval no number of seconds.
    """
    if not isinstance(wait.run_id, str):
        raise ExtendConfigurationError(f"run_id must be text, not {type(wait.run_id).__name__}.")
    interval = wait.poll_interval
    if interval is not None and not (isinstance(interval, (int, float)) and interval >= 0):
        raise ExtendConfigurationError(f"poll_interval must be a number of seconds, not {interval!r}.")


def next_look(waits: Iterable[tuple[float, float | None]]) -> float:
    """
    Return the seconds from one look at the list to the next.

    The list serves all waits at once, so the most impatient one decides: the youngest, or the one with the shortest
    interval.

    :param waits: age in seconds and fixed interval (or ``None``) of each wait.
    """
    youngest: dict[float | None, float] = {}
    for age, interval in waits:
        if age < youngest.get(interval, float("inf")):
            youngest[interval] = age
    delays = (next_delay(age, interval, "") for interval, age in youngest.items())
    return max(_SHORTEST_LOOK, min(delays, default=1.0))


def reconcile_after(poll_interval: float | None) -> float:
    """
    Return the seconds after which a run is asked for whatever the feed says; it may not be asked for too often either.

    :param poll_interval: fixed seconds between looks, or ``None``.
    """
    return max(_RECONCILE_AFTER, poll_interval or 0.0)


def after_failure(failures: int) -> float:
    """
    Return the seconds until a look that failed is repeated.

    :param failures: how many have failed in a row, this one included.
    """
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(failures - 1, 10))
