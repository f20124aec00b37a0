"""Look through the list of runs for one that an earlier try of a task has created."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from extend_provider.exceptions import (
    ExtendInvalidRequestError,
    ExtendNotFoundError,
    ExtendOutcomeUnknownError,
    ExtendResponseError,
)
from extend_provider.submit.order import mark_in

if TYPE_CHECKING:
    from extend_provider.hooks.extend import ExtendHook
    from extend_provider.models import Run
    from extend_provider.submit.order import RunOrder

__all__ = ["SKEW", "WORST_SKEW", "Search"]

log = logging.getLogger(__name__)

# Whether a new run is listed at once is not documented; and a request, which may go out late because of throttling, may
# be carried out after the worker that sent it has died. Only after this long a run that is not listed does not exist.
_SETTLE = 10.0
_FIRST_PAUSE = 1.0
_PAGE = 100
# How many listed runs are looked at, and of how many similar ones the configuration is compared.
_MOST_LISTED = 2000
_MOST_COMPARED = 10
# Clocks of Extend and the worker differ: by seconds as a rule, and further where nobody looks after a clock.
SKEW = timedelta(minutes=2)
WORST_SKEW = timedelta(hours=1)

_WAYS_ON = (
    "Look in Extend's dashboard for a run of this file. If there is one, wait for its id with a sensor; if there is "
    "none, clear the task, which creates a new run (or set reattach=False)."
)
_WAYS_ON_UNLISTED = (
    "Clear the task, which creates a new run (or set reattach=False, with which each try creates one). Airflow 3.3 and "
    "newer remember the run of an earlier try."
)


@dataclass(frozen=True)
class Search:
    """
    A bounded search for the run of an order.

    :param hook: how Extend is reached.
    :param order: what was asked for.
    :param mark: what the run's metadata or the name of its input file hold; ``None`` where it has no mark.
    :param since: when the run was asked for at the earliest; ``None`` where that is not known, or does not matter.
    :param passed_over: whether a run that was found is known not to be it, so that the search goes on.
    :param skew: by how much older a run of the order may seem.
    :param settles: whether it may have been asked for a moment ago, so that a list that does not show it is no proof.
    """

    hook: ExtendHook
    order: RunOrder
    mark: str | None
    since: datetime | None
    passed_over: Callable[[Run], bool] = lambda _: False
    skew: timedelta = WORST_SKEW
    settles: bool = True
    sleep: Callable[[float], object] = time.sleep

    def run(self) -> list[Run]:
        """
        Return the runs that may be the order's, newest first; looks again until a new run must be listed.

        What is passed over does not end it: behind the failed run of one try, that of another may be on its way.

        :return: with a mark, runs of this order; without one, runs of the same input and configuration: see
            :meth:`the_one`.
        :raises ExtendOutcomeUnknownError: the list cannot be read, or holds too many runs.
        :raises ExtendError: Extend does not answer for now.
        """
        if not self.order.kind.listed:
            raise self.unknown("Extend does not list such runs")
        pause, left = _FIRST_PAUSE, _SETTLE if self.settles else 0.0
        while True:
            found = [run for run in self._look() if not self.passed_over(run)]
            if found or left <= 0:
                return found
            self.sleep(min(pause, left))
            left -= pause
            pause *= 2

    def _look(self) -> list[Run]:
        try:
            return self._marked(self.mark) if self.mark else self._similar()
        except (ExtendInvalidRequestError, ExtendNotFoundError, ExtendResponseError) as error:
            raise self.unknown(f"the list of runs cannot be read ({error})") from error

    def the_one(self, found: list[Run]) -> Run:
        """
        Return the run of the order among those found.

        :param found: what :meth:`run` has returned, and at least one.
        :raises ExtendOutcomeUnknownError: that cannot be told.
        """
        if self.mark:
            if len(found) > 1:
                log.warning("There are %d runs of earlier tries; the newest is taken.", len(found))
            return found[0]
        # Of runs that are as old as only a very wrong clock explains, none is taken; but neither do they spoil a match.
        likely = [run for run in found if not self._is_older(run, SKEW)]
        if len(likely) > 1:
            raise self.unknown(
                f"{len(likely)} of the same file and configuration cannot be told from one that a user's Clear left "
                "behind, or that another task created"
            )
        if not (likely and self._is_younger(likely[0])):
            raise self.unknown(
                f"run {(likely or found)[0].id} of the same file and configuration seems to be older than this task's "
                "request, so it may be another task's or, if the clocks differ, its own"
            )
        return likely[0]

    def unknown(self, why: str) -> ExtendOutcomeUnknownError:
        """Return the error for a search that cannot be decided."""
        return ExtendOutcomeUnknownError(
            f"An earlier request of this task may have created an Extend {self.order.kind.name} run, but {why}. "
            f"It would be told by {self.sign}. No other run was created, which could pay twice.",
            hint=self.ways_on,
        )

    @property
    def sign(self) -> str:
        """By what the run is told, for people to look for it too."""
        if self.mark:
            return (
                f"the mark {self.mark} in {'the name of its input file' if self._is_told_by_name else 'its metadata'}"
            )
        files, template = ", ".join(self.order.known_file_ids), self.order.body.get("templateId")
        return f"{f'its template {template}' if template else f'its file {files}'} and the task's configuration"

    @property
    def ways_on(self) -> str:
        """What somebody can do when it stays unknown."""
        return _WAYS_ON if self.order.kind.listed else _WAYS_ON_UNLISTED

    @property
    def _is_told_by_name(self) -> bool:
        return self.order.marks_name or not self.order.kind.takes_metadata

    def _marked(self, mark: str) -> list[Run]:
        if self._is_told_by_name:
            return _distinct(run for run in self._listed(mark) if any(mark in (f.name or "") for f in run.input_files))
        # The longer the list may be that cannot be read newest first, the more a name narrows it down.
        file = self._input_file() if not self.order.kind.sortable else None
        listed = self._listed(file.name if file else None)
        if self.order.kind.lists_metadata:
            return _distinct(run for run in listed if mark_in(run.metadata) == mark)
        candidates = _distinct(run for run in listed if self._may_be_of_the_same_files(run))
        compared = self._comparable(candidates, "such files")
        return [run for run in compared if mark_in(self._whole(run, "metadata")) == mark]

    def _may_be_of_the_same_files(self, run: Run) -> bool:
        expected = len(self.order.package) or 1
        return len(run.input_files) == expected and set(self.order.known_file_ids) <= {f.id for f in run.input_files}

    def _similar(self) -> list[Run]:
        """Runs of the same file, created since, with a configuration that holds what was asked for."""
        file = self._input_file()
        same_file = _distinct(
            run for run in self._listed(file.name if file else None) if file and run.file and run.file.id == file.id
        )
        compared = self._comparable(same_file, "its file")
        return [run for run in compared if self.order.is_like(self._whole(run, "config"))]

    def _comparable(self, runs: list[Run], of_what: str) -> list[Run]:
        """Runs that can be looked at one by one; those that only a very wrong clock could mean, if there is room."""
        if len(runs) > _MOST_COMPARED:
            runs = [run for run in runs if not self._is_older(run, SKEW)]
        if len(runs) > _MOST_COMPARED:
            raise self.unknown(f"{len(runs)} runs of {of_what} are too many to compare")
        return runs

    def _input_file(self) -> Any:
        client = self.hook.get_conn()
        if self.order.known_file_ids:
            return client.get_file(self.order.known_file_ids[0])
        template = self.order.body.get("templateId")
        return client.get_edit_template(str(template)).file if template else None

    def _whole(self, run: Run, what: str) -> Any:
        """What the list leaves out of a run."""
        try:
            return getattr(self.hook.get_run(run.id, self.order.kind.name), what)
        except ExtendNotFoundError:
            return None

    def _same_workflow(self) -> dict[str, Any]:
        """The list of workflow runs tells least of them, so it is narrowed down to those of one workflow."""
        name = self.order.kind.name
        referred = self.order.body.get(name)
        return {f"{name}Id": referred["id"]} if isinstance(referred, Mapping) else {}

    def _is_older(self, run: Run, skew: timedelta) -> bool:
        return bool(self.since and run.created_at and run.created_at < self.since - skew)

    def _is_younger(self, run: Run) -> bool:
        if not self.since or not run.created_at:
            return False
        # Extend tells milliseconds, or only seconds.
        told = self.since.microsecond // 1000 * 1000 if run.created_at.microsecond else 0
        return run.created_at >= self.since.replace(microsecond=told)

    def _listed(self, name: str | None) -> Iterator[Run]:
        """
        Runs whose file's name holds a text, newest first, down to the first that is too old; where the list cannot be
        sorted, in any order.

        :raises ExtendOutcomeUnknownError: there are too many.
        """
        sorting = {"sortBy": "createdAt", "sortDir": "desc"} if self.order.kind.sortable else {}
        filters = {"fileNameContains": name or None, **sorting, "maxPageSize": _PAGE}
        runs = self.hook.get_conn().list_runs(self.order.kind.name, **filters, **self._same_workflow())
        far_enough = False
        for run in islice(runs, _MOST_LISTED):
            far_enough = bool(sorting) and self._is_older(run, SKEW)
            if not self._is_older(run, self.skew):
                yield run
            elif sorting:
                return
        if not far_enough and next(runs, None) is not None:
            raise self.unknown(f"it is not among the newest {_MOST_LISTED} runs")


def _distinct(runs: Iterable[Run]) -> list[Run]:
    """Pages shift while runs are created, so a run may be listed twice."""
    return list({run.id: run for run in runs}.values())
