"""
Pay once: take the run that an earlier try of the task has created, or create one.

What is known of earlier tries decides, in this order:

1. Airflow's task state store (3.3 and newer) holds a note that is written before a run is asked for, and completed when
   its id is known. A user's Clear raises ``max_tries``, so that an older note no longer fits.
2. Where that says "asked for, but no id", or where there is no store, the list of runs is searched: for the mark in the
   run's metadata; where a kind takes none or does not list them, in the input file's name; and where that name is not
   ours to choose, for the one run of the same file and configuration.
3. What cannot be decided is an error. A second run is never a guess.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from extend_provider.exceptions import ExtendError, ExtendNotFoundError, ExtendOutcomeUnknownError
from extend_provider.submit.search import Search
from extend_provider.submit.task_try import Note, Notebook, TaskTry, notebook

if TYPE_CHECKING:
    from extend_provider._compat import Context
    from extend_provider.hooks.extend import ExtendHook
    from extend_provider.models import Run
    from extend_provider.submit.order import RunOrder

__all__ = ["Submitted", "find_or_submit"]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Submitted:
    """
    A run that exists.

    :param run: the run.
    :param at: when it was asked for; its timeout counts from here.
    """

    run: Run
    at: datetime


def find_or_submit(
    hook: ExtendHook, order: RunOrder, context: Context, *, reattach: bool, note: str = "extend_run"
) -> Submitted:
    """
    Return the run of a task: that of an earlier try, or a new one.

    :param hook: how Extend is reached.
    :param order: what is to be created.
    :param context: the task's context.
    :param reattach: whether to look for the run of an earlier try at all.
    :param note: where the run is noted; a task that creates runs of two kinds has two such places.
    :raises ExtendOutcomeUnknownError: whether there is a run cannot be known.
    :raises ExtendError: Extend refused, or does not answer.
    """
    this = TaskTry.of(context)
    if this and reattach:
        return _FindOrSubmit(hook, order, this, notebook(context, note)).run()
    submitted = Submitted(hook.create_run(order.kind.name, order.prepare(hook, this=this)), _now())
    why = "outside of a DAG run" if reattach else "reattach is off"
    log.info("Created Extend %s run %s; no retry will find it (%s).", order.kind.name, submitted.run.id, why)
    return submitted


class _FindOrSubmit:
    """
    Find the run of an earlier try, or submit the order.

    :param hook: how Extend is reached.
    :param order: what is to be created.
    :param this: this try of the task.
    :param notebook: what outlives the try; ``None`` below Airflow 3.3.
    """

    def __init__(self, hook: ExtendHook, order: RunOrder, this: TaskTry, notebook: Notebook | None) -> None:
        self._hook = hook
        self._order = order
        self._this = this
        self._notebook = notebook
        self._kind = order.kind.name
        self._fingerprint = order.fingerprint(this.task, hook.extend_conn_id)
        self._mark = order.mark(self._fingerprint, this)
        # Runs of earlier tries that came to nothing.
        self._spent: set[str] = set()

    def run(self) -> Submitted:
        """
        Return the run of this task.

        :raises ExtendOutcomeUnknownError: whether there is a run cannot be known.
        :raises ExtendError: Extend refused, or does not answer.
        """
        return self._earlier() or self._submit()

    # -- find ---------------------------------------------------------------------------------------------------------

    def _earlier(self) -> Submitted | None:
        note = self._notebook.read() if self._notebook else None
        if note is not None:
            return self._from_note(note) if self._fits(note) else None
        if self._this.try_number <= 1 or not self._can_search():
            return None
        log.info("This is try %d: looking for a run of an earlier try.", self._this.try_number)
        # Among names, the mark alone finds it; among metadata and files, each run since has to be looked at.
        since = None if self._mark and self._order.marks_name else self._this.begun_at
        return self._searched(since, settles=self._notebook is None)

    def _can_search(self) -> bool:
        """
        Whether a search is worth it although nothing was noted.

        Where notes are taken, nothing was asked for then, unless by a try on an older Airflow.
        """
        if self._mark and self._order.kind.listed:
            return True
        return not self._notebook and not self._this.is_first

    def _from_note(self, note: Note) -> Submitted | None:
        if note.run_id:
            return self._reattached(note.run_id, note.moment, "noted by an earlier try")
        log.info("An earlier try was interrupted while it asked for a run: looking for it in the list of runs.")
        return self._searched(note.moment)

    def _fits(self, note: Note) -> bool:
        """Whether a note is about this input and series of tries; if not, nothing of these was asked for."""
        may_be_older = self._order.outlives_clear and note.run_id
        if note.max_tries != self._this.series and not may_be_older:
            log.info("The task was cleared: Extend %s run %s of before is left alone.", self._kind, note.run_id)
            return False
        if note.fingerprint != self._fingerprint:
            log.warning(
                "The input differs from that of an earlier try, whose Extend %s run %s is left alone.",
                self._kind,
                note.run_id or "may exist and",
            )
            return False
        return True

    def _searched(self, since: datetime | None, *, settles: bool = True) -> Submitted | None:
        search = Search(self._hook, self._order, self._mark, since, settles=settles)
        runs = search.run()
        self._spent.update(run.id for run in runs if self._order.kind.is_worth_another(run.status))
        usable = [run for run in runs if run.id not in self._spent]
        if not usable:
            log.info("There is no run of an earlier try%s.", " that has not failed" if runs else "")
            return None
        if self._mark is None and (len(usable) > 1 or (self._notebook is None and self._this.was_cleared)):
            raise search.unknown(
                f"{len(usable)} of the same file and configuration cannot be told from one that a user's Clear left "
                "behind, or that another task created"
            )
        if len(usable) > 1:
            log.warning("There are %d runs of earlier tries; the newest is taken.", len(usable))
        how = "found by its mark" if self._mark else "found by its file and configuration"
        return self._reattached(usable[0].id, usable[0].created_at or since or _now(), how)

    def _reattached(self, run_id: str, at: datetime, how: str) -> Submitted | None:
        """Look at a run of an earlier try; ``None`` when it is worth another one."""
        self._spent.add(run_id)
        try:
            run = self._hook.get_run(run_id, self._kind)
        except ExtendNotFoundError:
            log.warning("Extend %s run %s (%s) was deleted: a new one is needed.", self._kind, run_id, how)
            return None
        if self._order.kind.is_worth_another(run.status):
            log.info("Extend %s run %s (%s) failed: a new one is needed.", self._kind, run_id, how)
            return None
        log.info("Re-attached to Extend %s run %s (%s), which is %s.", self._kind, run_id, how, run.status)
        self._keep(Note(self._fingerprint, self._this.series, at.isoformat(), run_id))
        return Submitted(run, at)

    # -- submit -------------------------------------------------------------------------------------------------------

    def _submit(self) -> Submitted:
        body = self._order.prepare(self._hook, self._mark, self._this)
        note = Note(self._fingerprint, self._this.series, _now().isoformat())
        if self._notebook:
            # Not `_keep`: without the note, a later try would not know that a run was asked for.
            self._notebook.write(note)
        try:
            run = self._hook.create_run(self._kind, body)
        except ExtendOutcomeUnknownError as error:
            return self._recovered(note, error)
        except ExtendError:
            self._quietly(lambda notebook: notebook.forget())
            raise
        log.info("Created Extend %s run %s.", self._kind, run.id)
        self._keep(replace(note, run_id=run.id))
        return Submitted(run, note.moment)

    def _recovered(self, note: Note, error: ExtendOutcomeUnknownError) -> Submitted:
        """The answer to the request was lost, but the run may be there; it may even have failed already."""
        log.warning("%s Looking for the run in the list of runs.", error.message)
        search = Search(self._hook, self._order, self._mark, note.moment, frozenset(self._spent))
        runs = search.run()
        if not runs:
            # A retry looks once more, and only then asks again.
            raise error from None
        if self._mark is None and len(runs) > 1:
            raise search.unknown(f"{len(runs)} of the same file and configuration cannot be told apart") from None
        log.info("Found Extend %s run %s.", self._kind, runs[0].id)
        self._keep(replace(note, run_id=runs[0].id))
        return Submitted(self._hook.get_run(runs[0].id, self._kind), note.moment)

    def _keep(self, note: Note) -> None:
        self._quietly(lambda notebook: notebook.write(note))

    def _quietly(self, action: Callable[[Notebook], None]) -> None:
        """The run exists, or certainly does not: a store that fails now is no reason to fail the task."""
        if self._notebook is None:
            return
        try:
            action(self._notebook)
        except Exception:
            log.warning("Airflow's task state store failed; a retry will search the list of runs.", exc_info=True)


def _now() -> datetime:
    return datetime.now(timezone.utc)
