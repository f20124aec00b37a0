"""When to look at a run again. Pure: age in, delay out."""

from __future__ import annotations

import zlib

__all__ = ["next_delay"]

# Most edit runs end within half a minute, so that is where looking often pays.
_YOUNG = 30.0
_YOUNG_INTERVAL = 1.0
_SHARE_OF_AGE = 1 / 15
_LONGEST = 30.0


def next_delay(age: float, poll_interval: float | None, run_id: str) -> float:
    """
    Return the seconds until the next look.

    Without a fixed interval it is one second while the run is young, and then a fifteenth of its age, 30 seconds at
    most: the answer comes at most 7 % late, and a long run costs few requests. Runs of equal age look at slightly
    different moments, decided by their id so that a restart does not shake them into step.

    :param age: seconds since the wait began.
    :param poll_interval: fixed seconds between looks, or ``None`` to adapt.
    :param run_id: decides the jitter of 10 % either way.
    """
    if poll_interval is None:
        poll_interval = _YOUNG_INTERVAL if age < _YOUNG else min(_LONGEST, max(_YOUNG_INTERVAL, age * _SHARE_OF_AGE))
    jitter = zlib.crc32(run_id.encode()) % 2001 / 10_000 - 0.1
    return poll_interval * (1 + jitter)
