"""
One pace for all requests of a process to one account.

Extend counts requests per organization, so clients must not each keep their own pace. Everybody with the same settings
shares one token bucket, and a ``Retry-After`` given to one is obeyed by all.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from extend_provider.client.settings import ClientSettings

__all__ = ["Throttle", "throttle_for"]

# After a refusal the pace is halved, but not below this many requests per second, and doubles again in so many seconds.
_SLOWEST = 1.0
_RECOVERY = 12.0


class Throttle:
    """
    A token bucket that tells how long to wait; it never sleeps itself.

    :param rate: requests per second in the long run; also how many may go out at once after a quiet time.
    :param clock: monotonic seconds.
    """

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        # The rate for now: lower than asked for after a refusal.
        self._pace = rate
        self._clock = clock
        self._tokens = max(1.0, rate)
        # Up to when tokens are counted; in the future while the service wants silence, so that none are earned in it.
        self._counted_at = clock()
        # Worker threads and the event loop of a triggerer may share an account.
        self._lock = threading.Lock()

    def reserve(self) -> float:
        """Take the next free place and return the seconds until it may be used."""
        with self._lock:
            now = self._count()
            self._tokens -= 1
            return self._counted_at - now + max(0.0, -self._tokens / self._pace)

    def close_for(self, seconds: float) -> None:
        """Let nobody send for a while, because the service said so. Places taken before are void until then."""
        with self._lock:
            self._counted_at = max(self._counted_at, self._count() + seconds)

    def slow_down(self) -> None:
        """
        Halve the pace for a while, because the service had too many requests: others may use the account, or the rate
        asked for is more than it allows. What it refuses during a silence was sent before, and says nothing new.
        """
        with self._lock:
            if self._counted_at <= self._count():
                self._pace = max(min(self._rate, _SLOWEST), self._pace / 2)
                self._tokens = min(self._tokens, 0.0)

    def closed_for(self) -> float:
        """Return the seconds until the silence is over; 0 when there is none."""
        with self._lock:
            return max(0.0, self._counted_at - self._clock())

    def _count(self) -> float:
        """Add the tokens earned up to now, and return now."""
        now = self._clock()
        if now > self._counted_at:
            passed = now - self._counted_at
            if self._pace < self._rate:
                self._pace = min(self._rate, self._pace * 2 ** min(passed / _RECOVERY, 64.0))
            self._tokens = min(max(1.0, self._pace), self._tokens + passed * self._pace)
            self._counted_at = now
        return now


_throttles: dict[str, Throttle] = {}
_registry_lock = threading.Lock()


def throttle_for(settings: ClientSettings) -> Throttle:
    """Return the throttle that all clients of an account share in this process."""
    key = f"{settings.account}@{settings.requests_per_second}"
    with _registry_lock:
        return _throttles.setdefault(key, Throttle(settings.requests_per_second))
