"""
One watcher waits for all runs of a connection.

It reads the list of runs as a feed of changes, asks for a run directly when the feed says that it ended, and now and
then for every run, whatever the feed says. So its cost follows the number of changes, and a list that lags, lies or is
missing costs seconds or requests, never an answer.
"""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import itertools
import logging
import zlib
from collections.abc import Coroutine, Iterable
from datetime import timedelta
from typing import Any

from extend_provider.client.pacing import next_delay
from extend_provider.client.throttle import Throttle
from extend_provider.client.waiting import Wait, out_of_time, seconds_left
from extend_provider.exceptions import ExtendAuthenticationError, ExtendError, ExtendTransportError, restore
from extend_provider.kinds import RunKind
from extend_provider.models import Run
from extend_provider.watch.asker import Asker
from extend_provider.watch.feed import Change
from extend_provider.watch.feed_reader import FeedReader
from extend_provider.watch.pace import DIRECT_LIMIT, RECONCILE_SHARE, after_failure, check_wait, reconcile_after
from extend_provider.watch.reconciliation import Reconciliation
from extend_provider.watch.session import Session
from extend_provider.watch.stats import NO_STATS, Stats, guarded, report_active
from extend_provider.watch.watched import Watched, same_run

__all__ = ["Watcher"]

log = logging.getLogger(__name__)

# How long after its deadline a wait goes on while Extend answers nobody, and how seldom the state is told, in seconds.
_LAST_LOOK = 20.0
_TELL_EVERY = 10.0


class Watcher:
    """
    Waits for runs, on one event loop and with one session.

    :param session: performs the requests; belongs to the watcher from now on.
    :param stats: where waits and latencies are reported.
    """

    def __init__(self, session: Session, stats: Stats = NO_STATS) -> None:
        self._session = session
        self._stats = guarded(stats)
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        # The first wait for each run; others hang on to it.
        self._waits: dict[RunKind, dict[str, Watched]] = {}
        self._feeds: dict[RunKind, FeedReader] = {}
        self._asker = Asker(session, self._spawn, self._on_run, self._on_error)
        self._dues: list[tuple[float, int, Watched]] = []
        self._numbers = itertools.count()
        self._timer: asyncio.TimerHandle | None = None
        self._active = self._ended = 0
        self._told_at = self._loop.time()
        self._reconciliation = Reconciliation(
            Throttle(session.settings.requests_per_second * RECONCILE_SHARE, self._loop.time),
            is_due=lambda watched: self._reconcile_in(watched) <= 0,
            ask=lambda watched: self._asker.ask(watched, since=self._unix_time()),
        )
        # Takes the place of a dropped wait's answer, see `_drop`.
        self._nobody: asyncio.Future[Run] = self._loop.create_future()
        self._nobody.cancel()

    @property
    def idle(self) -> bool:
        """Whether nobody waits."""
        return not self._active

    def begin(self, wait: Wait) -> Watched:
        """
        Begin to wait for a run, as :func:`extend_provider.client.waiting.wait_for_run` does, but with all others.

        :param wait: which run, how often to look, and until when.
        :return: the wait. Its ``answer`` gets the finished run, or an error as of ``wait_for_run``. Whatever becomes of
            it, :meth:`end` it then.
        :raises ExtendConfigurationError: no pace can be found for it.
        """
        check_wait(wait)
        watched = Watched(wait, self._loop.time(), self._loop.create_future(), self._session.requests, self._ended)
        self._add(watched)
        return watched

    def end(self, watched: Watched) -> None:
        """Forget a wait, and log what it took."""
        if self._loop.is_closed():
            # Closed under its waits. Python ends them when it collects them, perhaps inside another loop, which is no
            # place to tell of this one or to close its connections.
            return
        log.info(
            "Waited %.1f s for Extend %s run %s; meanwhile %d requests served %d waits, this one with %d looks.",
            self._loop.time() - watched.began,
            watched.wait.kind.name,
            watched.key,
            self._session.requests - watched.requests,
            self._ended - watched.ended + self._active,
            watched.looks + self._feeds[watched.wait.kind].looks - watched.list_looks,
        )
        self._drop(watched)

    async def close(self) -> None:
        """Stop all tasks and close the connections."""
        if self._timer:
            self._timer.cancel()
        self._dues.clear()
        self._reconciliation.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._session.close()

    # -- who waits ----------------------------------------------------------------------------------------------------

    def _add(self, watched: Watched) -> None:
        self._count(+1)
        kind = watched.wait.kind
        waits = self._waits.setdefault(kind, {})
        watched.twin = waits.get(watched.key)
        waits[watched.key] = watched
        if kind not in self._feeds:
            self._feeds[kind] = FeedReader(
                kind,
                self._session,
                waits,
                on_change=lambda run_id, change: self._on_change(kind, run_id, change),
                on_switch=lambda: self._on_switch(kind),
            )
            self._spawn(self._feeds[kind].run())
        watched.list_looks = self._feeds[kind].looks
        self._feeds[kind].expect(watched.key)
        # Those who come together are counted before it is decided how to look at them.
        self._schedule(watched, 0.1 if self._directly(kind) else self._reconcile_in(watched))

    def _drop(self, watched: Watched) -> None:
        self._count(-1)
        self._ended += 1
        kind = watched.wait.kind
        waits = self._waits[kind]
        others = [one for one in same_run(waits.pop(watched.key)) if one is not watched]
        for one in others:
            one.twin = waits.get(watched.key)
            waits[watched.key] = one
        # The queues may hold the wait for another minute, but must not hold its run, which may be large.
        watched.answer = self._nobody
        if not others:
            self._feeds[kind].forget(watched.key)
            if len(waits) == DIRECT_LIMIT:
                self._reschedule(kind)

    def _count(self, change: int) -> None:
        self._active += change
        report_active(self._stats, self, self._loop, self._active)

    def _all(self, kind: RunKind) -> Iterable[Watched]:
        return [watched for first in self._waits[kind].values() for watched in same_run(first)]

    # -- when to ask directly -----------------------------------------------------------------------------------------

    def _directly(self, kind: RunKind) -> bool:
        feed = self._feeds[kind]
        return not (feed.usable and feed.worthwhile)

    def _reconcile_in(self, watched: Watched) -> float:
        """Seconds until a run is asked for whatever the feed says, spread so that equal ages do not come at once."""
        spread = 0.6 + 0.4 * (zlib.crc32(watched.key.encode()) % 1000) / 1000
        return watched.asked_at + reconcile_after(watched.wait.poll_interval) * spread - self._loop.time()

    def _on_switch(self, kind: RunKind) -> None:
        """The list has become usable, or unusable."""
        if not self._directly(kind):
            # What was asked for only because there was no list; there may be thousands.
            self._asker.withdraw(lambda one: one.wait.kind is kind and not one.has_news and one.late_since is None)
        self._reschedule(kind)

    def _reschedule(self, kind: RunKind) -> None:
        """Look at the runs of a kind in another way from now on."""
        for watched in self._all(kind):
            if not watched.has_news and watched.late_since is None:
                self._schedule(watched, self._next_in(watched))

    def _next_in(self, watched: Watched) -> float:
        if not self._directly(watched.wait.kind):
            return self._reconcile_in(watched)
        now = self._loop.time()
        delay = next_delay(now - watched.began, watched.wait.poll_interval, watched.key)
        # From the last look on, also if that was one at the list, which is left now.
        return max(watched.asked_at, self._feeds[watched.wait.kind].seen_at) + delay - now

    def _schedule(self, watched: Watched, seconds: float) -> None:
        """Look after a wait again in some seconds, and at its deadline at the latest."""
        self._look_after(watched, self._loop.time() + max(0.0, min(seconds, self._left(watched))))

    def _look_after(self, watched: Watched, due: float) -> None:
        watched.due = due
        if due == float("inf") or watched.is_over:
            return
        heapq.heappush(self._dues, (due, next(self._numbers), watched))
        if len(self._dues) > 4 * self._active + 64:
            self._dues = [entry for entry in self._dues if _is_valid(entry)]
            heapq.heapify(self._dues)
        if self._timer is None or due < self._timer.when():
            self._set_timer(due)

    def _set_timer(self, when: float) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = self._loop.call_at(when, self._on_timer, context=contextvars.Context())

    def _on_timer(self) -> None:
        self._timer = None
        now, due = self._loop.time(), []
        while self._dues and self._dues[0][0] <= now:
            due.append(heapq.heappop(self._dues))
        # Not in the loop above: what becomes due again at once must not keep others from their turn.
        for entry in due:
            if _is_valid(entry):
                self._on_due(entry[-1])
        if self._dues:
            self._set_timer(self._dues[0][0])
        if log.isEnabledFor(logging.DEBUG) and now - self._told_at >= _TELL_EVERY:
            self._told_at = now
            log.debug("%d waits: %s; %s.", self._active, "; ".join(map(str, self._feeds.values())), self._asker)

    def _on_due(self, watched: Watched) -> None:
        if self._left(watched) <= 0:
            self._take_last_look(watched)
        elif self._directly(watched.wait.kind) or watched.has_news:
            self._asker.ask(watched, since=self._unix_time())
            self._schedule(watched, float("inf"))
        elif (early := self._reconcile_in(watched)) > 0:
            self._schedule(watched, early)
        else:
            self._schedule(watched, float("inf"))
            self._reconciliation.add(watched)

    def _take_last_look(self, watched: Watched) -> None:
        """Ask once more after the deadline, but do not wait for an answer while Extend answers nobody."""
        now = self._loop.time()
        if watched.late_since is None:
            watched.late_since = now
        elif max(watched.late_since, self._asker.answered_at) <= now - self._last_look_takes():
            watched.fail(out_of_time(watched.wait, None, self._trouble()))
            return
        self._asker.ask(watched, since=float("-inf"))
        self._look_after(watched, now + self._last_look_takes())

    def _last_look_takes(self) -> float:
        # A very slow pace needs longer for one request.
        return _LAST_LOOK + 2 / self._session.settings.requests_per_second

    def _trouble(self) -> ExtendError:
        """Why nobody gets an answer."""
        silence = ExtendTransportError("Requests are under way, but no answer comes.", retryable=True)
        return self._asker.outage or self._session.refusal or silence

    def _left(self, watched: Watched) -> float:
        return seconds_left(self._session.core, watched.wait)

    def _unix_time(self) -> float:
        return self._session.core.utcnow().timestamp()

    # -- what is heard ------------------------------------------------------------------------------------------------

    def _on_change(self, kind: RunKind, run_id: str, change: Change | None) -> None:
        """The feed has said that a run has ended, or does not show it at all."""
        for watched in same_run(self._waits[kind].get(run_id)):
            if change is None:
                self._asker.ask(watched, since=self._unix_time())
            elif watched.since is None:
                now = self._unix_time()
                watched.since = min(now, change.updated_at.timestamp()) if change.updated_at else now
                self._asker.ask(watched, since=watched.since)

    def _on_run(self, watched: Watched, run: Run) -> None:
        if watched.wait.kind.is_finished(run.status):
            self._succeed(watched, run)
            return
        watched.asked_at = self._loop.time()
        if self._left(watched) <= 0:
            self._on_late_look(watched, run, None)
        elif watched.since is not None:
            # The feed said that the run has ended. One of the two lags behind, so this is to be cleared up soon; but
            # behind those who have not been asked for yet, should the feed be wrong about many.
            watched.since = self._unix_time()
            self._try_again(watched)
        else:
            watched.failures = 0
            self._schedule(watched, self._next_in(watched))

    def _on_error(self, watched: Watched, error: ExtendError) -> None:
        if isinstance(error, ExtendAuthenticationError) and self._session.is_refused:
            self._on_refused(error)
        elif not error.retryable:
            watched.fail(error)
        elif self._left(watched) <= 0:
            self._on_late_look(watched, None, error)
        else:
            self._try_again(watched)

    def _try_again(self, watched: Watched) -> None:
        watched.failures += 1
        self._schedule(watched, after_failure(watched.failures))

    def _on_late_look(self, watched: Watched, run: Run | None, error: ExtendError | None) -> None:
        """The deadline has passed, and the run has not been seen to end."""
        if watched.is_last_look:
            watched.fail(out_of_time(watched.wait, run, error))
        else:
            # The look began before the deadline, and the run may have ended in between.
            self._take_last_look(watched)

    def _on_refused(self, error: ExtendError) -> None:
        """The key is refused for good: nobody has anything to wait for."""
        for kind in self._waits:
            for watched in self._all(kind):
                # The error names the request that met it, which was about a list or somebody else's run.
                message = f"The API key was refused while Extend {kind.name} run {watched.key} was waited for."
                watched.fail(restore(type(error), {**vars(error), "message": message}))

    def _succeed(self, watched: Watched, run: Run) -> None:
        """End all waits for a run."""
        for one in same_run(self._waits[watched.wait.kind].get(watched.key)):
            if one.since is not None:
                latency = max(0.0, self._unix_time() - one.since)
                self._stats.timing("extend.watch.latency", timedelta(seconds=latency))
            one.succeed(run)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        # In an empty context: its log lines must not carry the names of whichever trigger came first.
        task = contextvars.Context().run(self._loop.create_task, work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _is_valid(entry: tuple[float, int, Watched]) -> bool:
    """Whether an entry is the newest of a wait that goes on; older ones are left where they are."""
    due, _, watched = entry
    return watched.due == due and not watched.is_over
