"""``GET /edit_runs`` as Extend documents it: sorted by last change, newest first, in pages with a token."""

from __future__ import annotations

import bisect
import time

from benchmarks.bodies import Bodies
from benchmarks.jobs import Jobs

__all__ = ["Pages"]

_DEFAULT_SIZE = 10
_LARGEST_SIZE = 1000


class Pages:
    """
    The list of runs: those that have ended, the latest first, then those that still run.

    A token names the last entry of its page, so a run that ends between two pages is not skipped by the second one:
    it has moved to the top.

    :param jobs: the jobs of the round.
    :param bodies: their summaries.
    """

    def __init__(self, jobs: Jobs, bodies: Bodies) -> None:
        self._jobs = jobs
        self._order = sorted(range(jobs.count), key=jobs.ends.__getitem__)
        self._ends = sorted(jobs.ends)
        self._place = {number: place for place, number in enumerate(self._order)}
        self._running = [bodies.summary(number, ended=False) for number in range(jobs.count)]
        self._ended = [bodies.summary(number, ended=True) for number in range(jobs.count)]

    def page(self, size: str, token: str) -> bytes:
        """
        Return one page.

        :param size: ``maxPageSize``, or empty.
        :param token: ``nextPageToken``, or empty.
        """
        room = min(_LARGEST_SIZE, int(size or _DEFAULT_SIZE))
        ended = bisect.bisect_right(self._ends, time.monotonic() - self._jobs.began)
        kind, _, text = token.partition("-")
        following = int(text) if text else None
        items: list[bytes] = []
        mark = ""
        if kind != "running":
            top = ended if following is None else min(following, ended)
            for place in range(top - 1, max(-1, top - 1 - room), -1):
                items.append(self._ended[self._order[place]])
                mark = f"ended-{place}"
        number = following + 1 if kind == "running" and following is not None else 0
        while len(items) < room and number < self._jobs.count:
            if self._place[number] >= ended:
                items.append(self._running[number])
                mark = f"running-{number}"
            number += 1
        more = len(items) == room and mark != f"running-{self._jobs.count - 1}"
        after = b',"nextPageToken":"%s"' % mark.encode() if more else b""
        return b'{"object":"list","data":[%s]%s}' % (b",".join(items), after)
