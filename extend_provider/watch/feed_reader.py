"""The loop that reads the feed of one kind of run, as long as enough runs are waited for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from extend_provider.exceptions import ExtendError, ExtendRateLimitError, ExtendResponseError
from extend_provider.kinds import RunKind
from extend_provider.watch.feed import Change, Feed
from extend_provider.watch.pace import DIRECT_LIMIT, next_look
from extend_provider.watch.session import Session
from extend_provider.watch.watched import Watched, same_run

__all__ = ["FeedReader", "Waits"]

log = logging.getLogger(__name__)

# By run id, each with its twins.
Waits = Mapping[str, Watched]

# Triggers that a triggerer starts together share the first look.
_SETTLE = 0.1
# So many changes are reported before the event loop serves others.
_AT_ONCE = 100
# When the list is tried again that is down, in seconds; one that is refused or cannot sort, less and less often.
_DOWN = 15.0
_LONGEST_REFUSAL = 600.0


class FeedReader:
    """
    Reads one feed, and reports what it says.

    :param kind: kind of run.
    :param session: performs the requests.
    :param waits: the waits for runs of this kind, by run id; read at each look.
    :param on_change: gets what the list says about a run, or ``None`` for a run that it does not show.
    :param on_switch: told when the list becomes usable or unusable.
    """

    def __init__(
        self,
        kind: RunKind,
        session: Session,
        waits: Waits,
        *,
        on_change: Callable[[str, Change | None], None],
        on_switch: Callable[[], None],
    ) -> None:
        self._session = session
        self._waits = waits
        self._feed = Feed(kind)
        self._on_change = on_change
        self._on_switch = on_switch
        self._unmet: set[str] = set()
        self._news = asyncio.Event()
        self._try_again_at = 0.0
        self._failures = 0
        self._looked_at: float | None = None
        # How many looks there were.
        self.looks = 0
        # When the last look that worked began, by the loop's clock.
        self.seen_at = float("-inf")
        self.usable = True

    @property
    def worthwhile(self) -> bool:
        """Whether there is a list, newest change first, and it is cheaper than asking for each run."""
        return self._feed.kind.has_feed and len(self._waits) > DIRECT_LIMIT

    def __str__(self) -> str:
        how = "by the list" if self.worthwhile and self.usable else "one by one"
        return f"{len(self._waits)} {self._feed.kind.name} runs {how} ({self.looks} looks)"

    def expect(self, run_id: str) -> None:
        """Take up a run that no look has met yet."""
        self._unmet.add(run_id)
        self._news.set()

    def forget(self, run_id: str) -> None:
        """Nobody waits for a run any more."""
        self._unmet.discard(run_id)

    async def run(self) -> None:
        """Look, again and again."""
        await asyncio.sleep(_SETTLE)
        while True:
            while (pause := self._pause()) is None or pause > 0:
                await self._until_news(pause)
            self._looked_at = asyncio.get_running_loop().time()
            await self._look()

    async def _until_news(self, pause: float | None) -> None:
        loop = asyncio.get_running_loop()
        self._news.clear()
        # Not `asyncio.wait_for`: before Python 3.12 it may swallow a cancellation, and closing would wait for ever.
        alarm = None if pause is None else loop.call_later(pause, self._news.set)
        try:
            await self._news.wait()
        finally:
            if alarm:
                alarm.cancel()
        # Those who come together share a look.
        await asyncio.sleep(min(_SETTLE, max(0.0, alarm.when() - loop.time())) if alarm else _SETTLE)

    def _pause(self) -> float | None:
        """Seconds until the next look; zero or less when it is due, ``None`` when there is no need of one."""
        if not self.worthwhile:
            return None
        now = asyncio.get_running_loop().time()
        if not self.usable:
            return self._try_again_at - now
        if self._looked_at is None:
            return 0.0
        waits = ((now - one.began, one.wait.poll_interval) for first in self._waits.values() for one in same_run(first))
        return max(self._looked_at + next_look(waits), self._try_again_at) - now

    async def _look(self) -> None:
        self.looks += 1
        unmet, self._unmet = self._unmet, set()
        try:
            changes = await self._session.perform(lambda core: self._feed.look(core, self._waits, unmet))
            self._worked()
            self.seen_at = self._looked_at or self.seen_at
            # Of several entries for a run the first one counts, which is the newest.
            await self._report({change.run_id: change for change in reversed(changes)})
            await self._report(dict.fromkeys(unmet))
        except ExtendError as error:
            self._unmet |= unmet & self._waits.keys()
            self._failed(error)
        except Exception:
            log.exception("Reading the list of Extend %s runs broke.", self._feed.kind.name)
            self._unmet |= unmet & self._waits.keys()
            self._failed(ExtendResponseError("It broke."))

    async def _report(self, changes: Mapping[str, Change | None]) -> None:
        for number, (run_id, change) in enumerate(changes.items(), start=1):
            self._on_change(run_id, change)
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)

    def _failed(self, error: ExtendError) -> None:
        limited = isinstance(error, ExtendRateLimitError)
        self._failures += 1
        refusal = min(_LONGEST_REFUSAL, _DOWN * 2.0 ** min(self._failures - 1, 10))
        pause = _DOWN if error.retryable and not limited else refusal
        self._try_again_at = asyncio.get_running_loop().time() + pause
        # When too much is asked for, to ask for each run instead is worse, unless it is only the list that is limited.
        if not limited or self._failures > 1:
            self._do_without(error)

    def _do_without(self, error: ExtendError) -> None:
        if self.usable:
            self.usable = False
            log.log(
                # If more is down than the list, there will be a warning about that.
                logging.INFO if error.retryable else logging.WARNING,
                "The list of Extend %s runs cannot be used for now, so each run is read by itself. %s",
                self._feed.kind.name,
                error,
            )
            self._on_switch()

    def _worked(self) -> None:
        self._failures = 0
        if not self.usable:
            self.usable = True
            log.info("The list of Extend %s runs can be used again.", self._feed.kind.name)
            self._on_switch()
