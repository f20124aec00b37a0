"""
Pay once: take the run that an earlier try of the task has created, or create one.

What is known of earlier tries decides, in this order:

1. Airflow's task state store (3.3 and newer) holds a note that is written before a run is asked for, and completed when
   its id is known. A user's Clear raises ``max_tries``, so that an older note no longer fits.
2. Where that says "asked for, but no id", or where there is no store, the list of runs is searched: for the mark in the
   run's metadata; where a kind takes none or does not list them, in the input file's name; and where that name is not
   ours to choose, for the one run of the same file and configuration that is no older than the request.
3. What cannot be decided is an error. A second run is never a guess.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from extend_provider.exceptions import ExtendError, ExtendFileError, ExtendNotFoundError, ExtendOutcomeUnknownError
from extend_provider.failure_reasons import advice_for
from extend_provider.submit.search import SKEW, WORST_SKEW, Search
from extend_provider.submit.task_try import Note, Notebook, TaskTry, notebook
from extend_provider.submit.uploads import Uploads

if TYPE_CHECKING:
    from extend_provider._compat import Context
    from extend_provider.hooks.extend import ExtendHook
    from extend_provider.models import Run
    from extend_provider.submit.order import RunOrder

__all__ = ["Submitted", "find_or_submit"]

log = logging.getLogger(__name__)

# Of how many runs a note tells that they are not it: more tries than that have come to nothing nowhere.
_MOST_NOTED = 50


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
        self._fingerprint = ""
        self._mark: str | None = None
        # What is noted when this try begins: it stays true where Extend refuses what this try asks for.
        self._before: Note | None = None
        # Runs that are not it: of tries that came to nothing, or from before a Clear.
        self._spent: set[str] = set()

    def run(self) -> Submitted:
        """
        Return the run of this task.

        :raises ExtendOutcomeUnknownError: whether there is a run cannot be known.
        :raises ExtendFileError: a file cannot be read, and no earlier try has created a run of it.
        :raises ExtendError: Extend refused, or does not answer.
        """
        try:
            self._fingerprint = self._order.fingerprint(self._this.task, self._hook.extend_conn_id)
        except ExtendFileError as error:
            return self._without_its_file(error)
        self._mark = self._order.mark(self._fingerprint, self._this)
        return self._earlier() or self._submit()

    # -- find ---------------------------------------------------------------------------------------------------------

    def _earlier(self) -> Submitted | None:
        note = self._before = self._notebook.read() if self._notebook else None
        if note is not None:
            self._spent.update(note.other_than)
            return self._from_note(note) if self._fits(note) else None
        if self._this.try_number <= 1 or not self._can_search():
            return None
        log.info("This is try %d: looking for a run of an earlier try.", self._this.try_number)
        # Without a mark, a run from before this DAG run must be far from being taken for its own.
        skew = WORST_SKEW if self._mark else SKEW
        return self._searched(self._search(self._this.begun_at, skew, settles=self._notebook is None))

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
            return self._reattached(note, note.run_id, note.moment, "noted by an earlier try")
        log.info("An earlier try was interrupted while it asked for a run: looking for it in the list of runs.")
        return self._searched(self._search(note.moment))

    def _fits(self, note: Note) -> bool:
        """Whether a note is about this input and series of tries; if not, nothing of these was asked for."""
        may_be_older = self._order.outlives_clear and note.run_id
        if note.max_tries != self._this.series and not may_be_older:
            log.info("The task was cleared: Extend %s run %s of before is left alone.", self._kind, note.run_id)
        elif note.fingerprint != self._fingerprint:
            log.warning(
                "The input differs from that of an earlier try, whose Extend %s run %s is left alone.",
                self._kind,
                note.run_id or "may exist and",
            )
        else:
            return True
        if note.run_id:
            self._spent.add(note.run_id)
        return False

    def _without_its_file(self, error: ExtendFileError) -> Submitted:
        """The run of an earlier try needs no file any more; any other does."""
        note = self._before = self._notebook.read() if self._notebook else None
        if note is None or note.max_tries != self._this.series:
            raise error
        # One that cannot be read for a moment may hold another document by now: it has to be looked at.
        if error.is_missing and note.place and note.place == self._place():
            log.warning("%s Looking for a run that an earlier try has created of it.", error.message)
            self._fingerprint, self._mark = note.fingerprint, self._order.mark(note.fingerprint, self._this)
            self._spent.update(note.other_than)
            if submitted := self._from_note(note):
                return submitted
        elif note.run_id:
            error.hint = f"An earlier try has created Extend {self._kind} run {note.run_id}. {error.hint or ''}".strip()
        raise error

    def _place(self) -> str | None:
        """What is left of the fingerprint when a file is gone; needed where one has to be read."""
        if not self._order.has_paths:
            return None
        return self._order.fingerprint(self._this.task, self._hook.extend_conn_id, content=False)

    def _search(self, since: datetime | None, skew: timedelta = WORST_SKEW, *, settles: bool = True) -> Search:
        # Among names, the mark alone finds it; among metadata and files, each run since has to be looked at.
        since = None if self._mark and self._order.marks_name else since
        return Search(self._hook, self._order, self._mark, since, self._is_spent, skew, settles=settles)

    def _searched(self, search: Search) -> Submitted | None:
        runs = search.run()
        if not runs:
            log.info("There is no run of an earlier try%s.", " that has not failed" if self._spent else "")
            return None
        self._refuse_if_cleared(search)
        run = search.the_one(runs)
        at = run.created_at or search.since or _now()
        note = Note(self._fingerprint, self._this.series, at.isoformat(), other_than=self._others())
        return self._reattached(
            note, run.id, at, "found by its mark" if self._mark else "found by its file and configuration"
        )

    def _refuse_if_cleared(self, search: Search) -> None:
        """Without a mark, only a note tells a run from that of before a Clear."""
        if self._mark is None and self._notebook is None and self._this.may_have_been_cleared:
            raise search.unknown(
                "one of the same file and configuration cannot be told from one that a user's Clear left behind"
            )

    def _is_spent(self, run: Run) -> bool:
        """Whether a listed run is not it; a list need not tell why a run has failed."""
        if run.id not in self._spent and self._order.kind.is_worth_another(run.status):
            try:
                run = self._hook.get_run(run.id, self._kind)
            except ExtendNotFoundError:
                self._spent.add(run.id)
            else:
                self._spend_if_failed(run)
        return run.id in self._spent

    def _spend_if_failed(self, run: Run) -> bool:
        """Whether a run came to nothing, and another one may come to more."""
        spent = self._order.kind.is_worth_another(run.status) and advice_for(run.failure_reason).retryable
        if spent:
            self._spent.add(run.id)
        return spent

    def _reattached(self, note: Note, run_id: str, at: datetime, how: str) -> Submitted | None:
        """Look at a run of an earlier try; ``None`` when it is worth another one."""
        try:
            run = self._hook.get_run(run_id, self._kind)
        except ExtendNotFoundError as error:
            if not error.code:
                raise self._hidden(run_id, how) from error
            log.warning("Extend %s run %s (%s) was deleted: a new one is needed.", self._kind, run_id, how)
            self._spent.add(run_id)
            return None
        was_cleared = note.max_tries != self._this.series
        if self._spend_if_failed(run) or (was_cleared and self._order.kind.is_worth_another(run.status)):
            log.info("Extend %s run %s (%s) failed: a new one is needed.", self._kind, run_id, how)
            self._spent.add(run_id)
            return None
        log.info("Re-attached to Extend %s run %s (%s), which is %s.", self._kind, run_id, how, run.status)
        self._keep(replace(note, max_tries=self._this.series, run_id=run_id, place=note.place or self._place()))
        return Submitted(run, at)

    def _hidden(self, run_id: str, how: str) -> ExtendOutcomeUnknownError:
        return ExtendOutcomeUnknownError(
            f"Extend {self._kind} run {run_id} ({how}) cannot be seen: the answer 404 is not Extend's own, so it does "
            "not mean that the run was deleted. No other was created, which could pay twice.",
            hint="Check the connection's base URL, and the proxy or gateway on the way; then clear the task.",
            run_id=run_id,
            status_code=404,
        )

    # -- submit -------------------------------------------------------------------------------------------------------

    def _submit(self) -> Submitted:
        # A run that failed may have done so for its copy of the file.
        is_retry, reuses = self._this.try_number > 1, not self._spent
        uploads = Uploads(self._hook, self._mark, self._notebook, is_retry=is_retry, reuses=reuses)
        body = self._order.prepare(self._hook, self._mark, self._this, uploads)
        note = Note(self._fingerprint, self._this.series, _now().isoformat(), other_than=self._others())
        if self._notebook:
            note = replace(note, place=self._place())
            # Not `_keep`: without the note, a later try would not know that a run was asked for.
            self._notebook.write(note)
        try:
            run = self._hook.create_run(self._kind, body)
        except ExtendOutcomeUnknownError as error:
            return self._recovered(note, error)
        except ExtendError:
            self._quietly(self._note_as_before)
            raise
        log.info("Created Extend %s run %s.", self._kind, run.id)
        self._keep(replace(note, run_id=run.id))
        return Submitted(run, note.moment)

    def _note_as_before(self, notebook: Notebook) -> None:
        if self._before:
            notebook.write(self._before)
        else:
            notebook.forget()

    def _others(self) -> tuple[str, ...]:
        return tuple(sorted(self._spent)[-_MOST_NOTED:])

    def _recovered(self, note: Note, error: ExtendOutcomeUnknownError) -> Submitted:
        """The answer to the request was lost, but the run may be there; it may even have failed already."""
        log.warning("%s Looking for the run in the list of runs.", error.message)
        search = replace(self._search(note.moment), passed_over=lambda run: run.id in self._spent)
        try:
            runs = search.run()
        except ExtendOutcomeUnknownError:
            raise
        except ExtendError as problem:
            # It cannot be looked for now; that the run may exist is what has to be told.
            raise error from problem
        if not runs:
            error.message += f" No such Extend {self._kind} run is listed, which would be told by {search.sign}."
            error.hint = f"A retry looks once more, and asks again only if there is none. By hand: {search.ways_on}"
            raise error from None
        self._refuse_if_cleared(search)
        run = search.the_one(runs)
        log.info("Found Extend %s run %s.", self._kind, run.id)
        self._keep(replace(note, run_id=run.id))
        return Submitted(self._hook.get_run(run.id, self._kind), note.moment)

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
