"""Asking for runs directly: who has waited longest comes first, and few requests are under way at once."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from extend_provider.client.calls import get_run
from extend_provider.client.waiting import seconds_left
from extend_provider.exceptions import (
    ExtendAuthenticationError,
    ExtendError,
    ExtendOutcomeUnknownError,
    ExtendRateLimitError,
)
from extend_provider.models import Run
from extend_provider.watch.places import FEW, MANY, MOST, Place
from extend_provider.watch.session import Session
from extend_provider.watch.watched import Watched

__all__ = ["Asker"]

log = logging.getLogger(__name__)

# A latency of the network, in seconds, that is worth more requests at once.
_LONG = 0.02
# A request retries by itself for this long, so that a short fault or a throttle costs no turn in the queue.
_PATIENCE = 15.0


class Asker:
    """
    A queue of runs to ask for.

    :param session: performs the requests.
    :param spawn: starts a task.
    :param on_run: gets each run that was answered.
    :param on_error: gets each error.
    """

    def __init__(
        self,
        session: Session,
        spawn: Callable[[Coroutine[Any, Any, None]], None],
        on_run: Callable[[Watched, Run], None],
        on_error: Callable[[Watched, ExtendError], None],
    ) -> None:
        self._session = session
        self._spawn = spawn
        self._on_run = on_run
        self._on_error = on_error
        self._queue: list[tuple[float, int, Watched]] = []
        self._numbers = itertools.count()
        self._busy = 0
        # How many of those have lent their places, because no answer comes.
        self._lent = 0
        # Why nobody is answered, as long as nobody is.
        self.outage: ExtendError | None = None
        # When somebody was answered last, by the loop's clock.
        self.answered_at = float("-inf")

    def ask(self, watched: Watched, since: float) -> None:
        """
        Ask for a run as soon as there is a place.

        :param watched: the wait.
        :param since: Unix time since when there may be news of its run; who has waited longest is served first.
        """
        if watched.under_way or watched.is_over or (watched.place is not None and watched.place <= since):
            return
        watched.place = since
        heapq.heappush(self._queue, (since, next(self._numbers), watched))
        self._serve_by(FEW)

    def __str__(self) -> str:
        queue = f"{len(self._queue)} to ask for, {self._busy} being asked for, {self._lent} of them for too long"
        return f"{queue}, {self._session.requests} requests so far"

    def withdraw(self, is_needless: Callable[[Watched], bool]) -> None:
        """Take runs out of the queue again."""
        for _, _, watched in self._queue:
            if is_needless(watched):
                watched.place = None
        self._queue = [entry for entry in self._queue if _is_valid(entry)]
        heapq.heapify(self._queue)

    def _serve_by(self, places: int) -> None:
        """Serve the queue at one more place, unless so many are taken."""
        if self._queue and self._busy - self._lent < places and self._busy < MOST:
            self._busy += 1
            self._spawn(self._serve())

    def _on_lent(self, change: int) -> None:
        self._lent += change
        if change > 0:
            self._serve_by(FEW)

    async def _serve(self) -> None:
        clock = asyncio.get_running_loop().time
        place = Place(self._on_lent)
        try:
            # Who gets a lent place back may find all others taken.
            while self._queue and self._busy - self._lent <= MANY:
                entry = heapq.heappop(self._queue)
                if _is_valid(entry):
                    began = clock()
                    await self._ask_safely(entry[-1], place)
                    if clock() - began > _LONG:
                        self._serve_by(MANY)
        finally:
            self._busy -= 1

    async def _ask_safely(self, watched: Watched, place: Place) -> None:
        """Ask; what nobody thought of ends this wait, but not the queue."""
        try:
            await self._ask(watched, place)
        except Exception as error:
            log.exception("Waiting for Extend %s run %s broke.", watched.wait.kind.name, watched.key)
            watched.fail(_broken(watched, error))
        finally:
            place.take_back()

    async def _ask(self, watched: Watched, place: Place) -> None:
        wait, began = watched.wait, asyncio.get_running_loop().time()
        watched.place, watched.under_way = None, True
        watched.looks += 1
        watched.is_last_look = seconds_left(self._session.core, wait) <= 0
        patience = self._patience(watched)
        try:
            run = await self._session.perform(
                lambda core: place.heed(get_run(core, wait.kind, wait.run_id, retry_for=patience))
            )
        except ExtendError as error:
            watched.under_way = False
            self._note_error(watched, error, began, patience)
            self._on_error(watched, error)
        else:
            watched.under_way = False
            self._note_answer()
            self._on_run(watched, run)

    def _patience(self, watched: Watched) -> float:
        if not watched.is_last_look:
            return min(_PATIENCE, seconds_left(self._session.core, watched.wait))
        # A short fault must not make the outcome unknown; in an outage, one try tells enough.
        return 0.0 if self.outage else _PATIENCE

    def _note_answer(self) -> None:
        self.answered_at = asyncio.get_running_loop().time()
        if self.outage:
            log.info("Extend answers again.")
        self.outage = None

    def _note_error(self, watched: Watched, error: ExtendError, began: float, patience: float) -> None:
        """Log the beginning of an outage, however many runs it concerns."""
        if not error.retryable:
            # Whether a refused key is the end of all, the session knows.
            if not isinstance(error, ExtendAuthenticationError):
                self._note_answer()
        elif self.outage:
            self.outage = error
        elif self.answered_at < began and not watched.failures and not _was_in_a_hurry(error, patience):
            # Neither has somebody else been answered meanwhile, nor does it fail for this run again and again.
            log.warning("Extend does not answer for now; its runs go on, and so does waiting for them. %s", error)
            self.outage = error


def _was_in_a_hurry(error: ExtendError, patience: float) -> bool:
    """Whether there was no time to wait for a turn, so shortly before a deadline."""
    return isinstance(error, ExtendRateLimitError) and patience < _PATIENCE


def _is_valid(entry: tuple[float, int, Watched]) -> bool:
    """Whether nothing has happened since the entry was made: not asked, not withdrawn, not given a better place."""
    since, _, watched = entry
    return watched.place == since and not watched.is_over


def _broken(watched: Watched, error: Exception) -> ExtendOutcomeUnknownError:
    return ExtendOutcomeUnknownError(
        f"Waiting for Extend {watched.wait.kind.name} run {watched.key} broke with {type(error).__name__}.",
        hint="The triggerer's log has the traceback. The run may be fine: wait for this id with a sensor.",
        run_id=watched.key,
    )
