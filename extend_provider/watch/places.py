"""How many runs are asked for at once, and what becomes of that when the answers do not come."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from extend_provider.client.async_client import CONNECTIONS
from extend_provider.client.flow import Flow, Pause, Request, TransportFailure
from extend_provider.kinds import RUN_KINDS

__all__ = ["FEW", "MANY", "MOST", "Place"]

T = TypeVar("T")

# httpx does more work for each request the more of them are under way. So it is two, and up to four while the network's
# latency is what limits them.
FEW = 2
MANY = 4
# With those whose answers do not come. A connection is left for each list, so that no list waits for a run.
_LISTS = {kind for known in RUN_KINDS.values() for kind in (known, known.until_review) if kind.has_feed}
MOST = CONNECTIONS - len(_LISTS)
# After so many seconds a request does not count any more, so that runs which hang do not keep the others waiting.
_TOO_LONG = 1.0


class Place:
    """
    A place for one request after the other. While one takes too long, somebody else may have the place.

    :param on_lent: gets +1 when the place is lent, and -1 when it is taken back.
    """

    def __init__(self, on_lent: Callable[[int], None]) -> None:
        self._on_lent = on_lent
        self._alarm: asyncio.TimerHandle | None = None
        self._is_lent = False

    def heed(self, flow: Flow[T]) -> Flow[T]:
        """Do what a flow asks for. Its pauses do not count, because they are what keeps the pace."""
        try:
            step = next(flow)
            while True:
                self._set_alarm(step)
                try:
                    response = yield step
                except TransportFailure as failure:
                    self.take_back()
                    step = flow.throw(failure)
                else:
                    self.take_back()
                    step = flow.send(response)
        except StopIteration as end:
            result: T = end.value
            return result

    def _set_alarm(self, step: Request | Pause) -> None:
        if isinstance(step, Request):
            self._alarm = asyncio.get_running_loop().call_later(_TOO_LONG, self._lend)

    def _lend(self) -> None:
        self._alarm, self._is_lent = None, True
        self._on_lent(+1)

    def take_back(self) -> None:
        """Note that the request is over."""
        if self._alarm:
            self._alarm.cancel()
            self._alarm = None
        if self._is_lent:
            self._is_lent = False
            self._on_lent(-1)
