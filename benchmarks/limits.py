"""A rate limit as services keep it, and what the operating system grants to the benchmark's processes."""

from __future__ import annotations

import argparse
import os
import resource
import time

__all__ = ["Bucket", "allow_files", "cores", "parse_limit", "pin"]


class Bucket:
    """
    A token bucket that refuses.

    :param rate: requests per second that are granted in the long run.
    :param burst: requests that are granted at once after a quiet time.
    """

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._counted_at = time.monotonic()

    def take(self) -> bool:
        """Take a token; false when there is none."""
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._counted_at) * self._rate)
        self._counted_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


def parse_limit(text: str) -> tuple[float, float]:
    """Read ``RATE:BURST``."""
    rate, _, burst = text.partition(":")
    try:
        limit = float(rate), float(burst or rate)
    except ValueError:
        limit = 0.0, 0.0
    if min(limit) <= 0:
        raise argparse.ArgumentTypeError("give requests per second and burst, for example 20:40")
    return limit


def cores() -> tuple[int | None, int | None]:
    """Return the core for the contestants and the one for the stub; ``None`` where processes cannot be bound."""
    if not hasattr(os, "sched_getaffinity"):
        return None, None
    allowed = sorted(os.sched_getaffinity(0))
    return (allowed[0], allowed[-1]) if len(allowed) > 1 else (None, None)


def pin(core: int | None) -> None:
    """Bind this process to a core."""
    if core is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})


def allow_files() -> None:
    """Let this process open as many files as it may: some contestants hold a connection per wait."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
