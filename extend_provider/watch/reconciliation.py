"""Asking for every run now and then, whatever the feed says, with a small share of the requests."""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from collections.abc import Callable

from extend_provider.client.throttle import Throttle
from extend_provider.watch.watched import Watched

__all__ = ["Reconciliation"]


class Reconciliation:
    """
    The runs that have not been seen for too long, and their turns.

    Turns are given when they come, not in advance: a wait that ends in the queue must not keep its turn from others.

    :param pace: how many turns there are.
    :param is_due: whether a run still has not been seen.
    :param ask: asks for a run.
    """

    def __init__(self, pace: Throttle, is_due: Callable[[Watched], bool], ask: Callable[[Watched], None]) -> None:
        self._pace = pace
        self._is_due = is_due
        self._ask = ask
        self._queue: deque[Watched] = deque()
        self._turn: asyncio.TimerHandle | None = None

    def add(self, watched: Watched) -> None:
        """Ask for a run when it is its turn."""
        self._queue.append(watched)
        self._go_on()

    def close(self) -> None:
        """Give no more turns."""
        if self._turn:
            self._turn.cancel()
        self._queue.clear()

    def _go_on(self) -> None:
        while self._queue and not self._turn:
            if (seconds := self._pace.reserve()) > 0:
                loop = asyncio.get_running_loop()
                self._turn = loop.call_later(seconds, self._on_turn, context=contextvars.Context())
            else:
                self._ask_next()

    def _on_turn(self) -> None:
        self._turn = None
        self._ask_next()
        self._go_on()

    def _ask_next(self) -> None:
        while self._queue:
            watched = self._queue.popleft()
            if not watched.is_over and self._is_due(watched):
                self._ask(watched)
                return
