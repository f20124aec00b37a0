"""One wait, as the watcher sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from extend_provider.client.waiting import Wait
from extend_provider.exceptions import ExtendError
from extend_provider.models import Run

__all__ = ["Watched", "same_run"]


class Watched:
    """
    A wait, and what is known of its run. Several waits for one run are several of these.

    :param wait: what is waited for.
    :param began: when, by the loop's clock.
    :param answer: gets the finished run, or the error that ends the wait.
    :param requests: how many requests the watcher had made by then.
    :param ended: how many waits the watcher had ended by then.
    """

    # Thousands of them live for hours.
    __slots__ = (
        "answer",
        "asked_at",
        "began",
        "due",
        "ended",
        "failures",
        "is_last_look",
        "late_since",
        "list_looks",
        "looks",
        "place",
        "requests",
        "since",
        "twin",
        "under_way",
        "wait",
    )

    def __init__(self, wait: Wait, began: float, answer: asyncio.Future[Run], requests: int, ended: int) -> None:
        self.wait = wait
        self.began = began
        self.answer = answer
        self.requests = requests
        self.ended = ended
        # Looks at this run alone, and how many there had been at the list by the time it began.
        self.looks = 0
        self.list_looks = 0
        # When to look after it again, and when its run was seen last, by the loop's clock.
        self.due = began
        self.asked_at = began
        # Its place in the queue of requests (see `Asker.ask`), and whether its request is under way.
        self.place: float | None = None
        self.under_way = False
        # Whether that request began after the deadline, and when the deadline was found to have passed.
        self.is_last_look = False
        self.late_since: float | None = None
        # Looks in a row that failed, or that did not find the end which the feed had reported.
        self.failures = 0
        # Another wait for the same run, if there is one.
        self.twin: Watched | None = None
        # Unix time at which the run ended, once the feed has said so.
        self.since: float | None = None

    @property
    def key(self) -> str:
        """The run's id."""
        return self.wait.run_id

    @property
    def is_over(self) -> bool:
        """Whether the wait has ended, or nobody waits any more."""
        return self.answer.done()

    @property
    def has_news(self) -> bool:
        """Whether there is more reason to ask than that time has passed."""
        return self.since is not None or self.failures > 0

    def succeed(self, run: Run) -> None:
        """End the wait with the finished run."""
        if not self.answer.done():
            self.answer.set_result(run)

    def fail(self, error: ExtendError) -> None:
        """End the wait with an error."""
        if not self.answer.done():
            self.answer.set_exception(error)


def same_run(watched: Watched | None) -> Iterator[Watched]:
    """Go through a wait and its twins."""
    while watched is not None:
        yield watched
        watched = watched.twin
