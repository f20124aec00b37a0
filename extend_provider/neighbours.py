"""Runs that share a mark with one that is to be deleted: earlier tries of its task, and others that have its files."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from extend_provider.exceptions import ExtendInvalidRequestError, ExtendNotFoundError, ExtendResponseError
from extend_provider.kinds import RUN_KINDS, WORKFLOW, RunKind
from extend_provider.submit.fingerprint import mark_in_name
from extend_provider.submit.order import mark_in

if TYPE_CHECKING:
    from extend_provider.hooks.extend import ExtendHook
    from extend_provider.models import Run

__all__ = ["Neighbours", "neighbours_by_metadata", "neighbours_by_name"]

log = logging.getLogger(__name__)

# An older service has no list, and no other try will read it.
_UNREADABLE = (ExtendInvalidRequestError, ExtendNotFoundError, ExtendResponseError)
_MOST_LISTED = 1000
_PAGE = 100


@dataclass(frozen=True)
class Neighbours:
    """
    What is around a run.

    :param earlier: ended runs of earlier tries of its task, as far as they are told for sure.
    :param holder: why an input that only its name tells to be the run's own may be another run's; ``None`` if nothing
        speaks for that.
    :param created_at: when the run was created, where that is known.
    """

    earlier: list[Run]
    holder: str | None = None
    created_at: datetime | None = None


def neighbours_by_metadata(hook: ExtendHook, kind: RunKind, run: Run, mark: str) -> Neighbours:
    """
    Look around a run whose metadata hold a mark: no other task's run has it.

    :param hook: how Extend is reached.
    :param kind: kind of the run.
    :param run: the run.
    :param mark: the mark.
    :raises ExtendError: Extend does not answer for now.
    """
    name = next((file.name for file in run.input_files if file.name), mark)
    if not kind.lists_metadata and mark not in name:
        log.info("Earlier tries' runs, if any, stay: Extend's list of %s runs does not tell them.", kind.name)
        return Neighbours([], created_at=run.created_at)
    try:
        of_like_file = _listed(hook, kind, mark if mark in name else name)
    except _UNREADABLE as error:
        log.warning("Earlier tries' runs, if any, stay: the list of runs cannot be read (%s).", error.message)
        return Neighbours([], created_at=run.created_at)
    # For some kinds, only the list tells it.
    created_at = run.created_at or _created_at(of_like_file, run.id)
    earlier = []
    for listed in of_like_file:
        may_be = not kind.lists_metadata or mark_in(listed.metadata) == mark
        if not may_be or listed.batch_id or not _is_before(listed, run.id, created_at):
            continue
        if not kind.is_finished(listed.status):
            log.warning("Extend %s run %s of an earlier try stays: it is %s.", kind.name, listed.id, listed.status)
        elif (whole := _whole(hook, kind, listed)) and mark_in(whole.metadata) == mark:
            earlier.append(whole)
    return Neighbours(earlier, created_at=created_at)


def neighbours_by_name(hook: ExtendHook, kind: RunKind, run: Run, names: Iterable[str]) -> Neighbours:
    """
    Look around a run without metadata. Its input's name holds a mark, but so it does in a run of another task, which
    was given the same file by its id.

    :param hook: how Extend is reached.
    :param kind: kind of the run.
    :param run: the run.
    :param names: names of inputs that hold a mark.
    :raises ExtendError: Extend does not answer for now.
    """
    marks = filter(None, map(mark_in_name, names))
    try:
        found = [(of, one) for mark in marks for of in RUN_KINDS.values() for one in _sharing(hook, of, mark)]
    except _UNREADABLE as error:
        return Neighbours([], f"the list of runs cannot be read ({error.message})")
    created_at = _created_at((one for _, one in found), run.id)
    others = [(of, one) for of, one in found if one.id != run.id]
    tries = [one for of, one in others if of is kind and one.status in kind.failed]
    before = [one for one in tries if _is_before(one, run.id, created_at)]
    earlier = [whole for one in before if (whole := _whole(hook, kind, one)) and _is_alike(whole, run)]
    known = {one.id for one in earlier}
    holder = next((f"{of.name} run {one.id} has it or its like too" for of, one in others if one.id not in known), None)
    return Neighbours(earlier, holder, created_at)


def _sharing(hook: ExtendHook, kind: RunKind, mark: str) -> Iterator[Run]:
    """Runs that somebody has asked for, with a file whose name holds a mark, or with one that is not told."""
    if not kind.listed:
        return
    # Others are parts of a run: Extend reads a document with a parse run of its own.
    source = {} if kind is WORKFLOW else {"source": "API"}
    for run in _listed(hook, kind, mark, **source):
        if not run.input_files or any(mark in (file.name or "") for file in run.input_files):
            yield run


def _is_alike(one: Run, run: Run) -> bool:
    """Whether a failed run asked for the very same: of the same file name, with the same configuration."""
    has_name = {file.name for file in one.input_files} == {file.name for file in run.input_files}
    return has_name and run.config is not None and one.config == run.config


def _is_before(one: Run, run_id: str, created_at: datetime | None) -> bool:
    return bool(one.id != run_id and one.created_at and created_at and one.created_at < created_at)


def _created_at(listed: Iterable[Run], run_id: str) -> datetime | None:
    return next((one.created_at for one in listed if one.id == run_id), None)


def _whole(hook: ExtendHook, kind: RunKind, run: Run) -> Run | None:
    try:
        return hook.get_run(run.id, kind.name)
    except ExtendNotFoundError:
        return None


def _listed(hook: ExtendHook, kind: RunKind, name: str, **filters: str) -> list[Run]:
    """Runs of a file whose name holds a text, newest first where the list can be sorted; none of them twice."""
    sorting = {"sortBy": "createdAt", "sortDir": "desc"} if kind.sortable else {}
    runs = hook.get_conn().list_runs(kind.name, fileNameContains=name, maxPageSize=_PAGE, **sorting, **filters)
    listed = {run.id: run for run in islice(runs, _MOST_LISTED)}
    if next(runs, None) is not None:
        log.warning("Of the %s runs of %s, only %d were looked at.", kind.name, name, _MOST_LISTED)
    return list(listed.values())
