"""The remote jobs that everybody waits for: how many, and when each ends. The same for all contestants of a round."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field

__all__ = ["Jobs"]


@dataclass(frozen=True)
class Jobs:
    """
    Jobs that have begun together and end at random times.

    :param count: how many.
    :param seed: of the random times.
    :param first: earliest end, in seconds after the beginning.
    :param last: latest end.
    :param began: the beginning, in seconds of the machine's monotonic clock, which all its processes share.
    :param began_unix: the same moment in Unix time.
    """

    count: int
    seed: int = 1
    first: float = 5.0
    last: float = 20.0
    began: float = field(default_factory=time.monotonic)
    began_unix: float = field(default_factory=time.time)
    ends: tuple[float, ...] = field(init=False)

    def __post_init__(self) -> None:
        # Not for secrets: a seed must give the same times again.
        rng = random.Random(self.seed)
        ends = tuple(rng.uniform(self.first, self.last) for _ in range(self.count))
        object.__setattr__(self, "ends", ends)

    @classmethod
    def soon(cls, count: int, seed: int, first: float, last: float) -> Jobs:
        """Return jobs that begin in a moment, when the stub has made its bodies."""
        lead = 1.0
        return cls(count, seed, first, last, time.monotonic() + lead, time.time() + lead)

    def ended(self, number: int) -> bool:
        """Whether a job has ended by now."""
        return time.monotonic() >= self.began + self.ends[number]

    def delay(self, number: int, moment: float) -> float:
        """
        Return how long after the end of a job a moment lies.

        :param number: of the job.
        :param moment: in seconds of the monotonic clock.
        """
        return moment - self.began - self.ends[number]
