"""Deleting what a run leaves behind at Extend, and nothing that others may use."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from itertools import islice
from typing import TYPE_CHECKING

from extend_provider.exceptions import ExtendNotFoundError
from extend_provider.neighbours import Neighbours, neighbours_by_metadata, neighbours_by_name
from extend_provider.submit.fingerprint import mark_in_name
from extend_provider.submit.order import mark_in

if TYPE_CHECKING:
    from extend_provider.hooks.extend import ExtendHook
    from extend_provider.kinds import RunKind
    from extend_provider.models import File, Run

__all__ = ["delete_files_of"]

log = logging.getLogger(__name__)

# A task has a handful of tries. More would mean that the list does not do as it was asked.
_MOST_LISTED = 1000
_PAGE = 100
_STAYS = "Extend file %s, an input, stays: nothing tells that it was made for %s run %s alone."
_HELD = "Extend file %s, an input of %s run %s, stays, and copies of it: %s."


def delete_files_of(hook: ExtendHook, kind: RunKind, run_id: str, timeout: float | None, *, missing_ok: bool) -> None:
    """
    Delete what a run leaves behind: the files that it has made, its input files as far as they were made for it alone,
    and what earlier tries of its task have left: copies of these inputs, and runs with their files.

    Can be repeated: what is gone already is fine.

    :param hook: how Extend is reached.
    :param kind: kind of run.
    :param run_id: the run, which stays itself.
    :param timeout: seconds to wait for its end, or until a human has to look at it; before that, its output is not
        there to be deleted.
    :param missing_ok: whether it is fine that the run is gone, and with it the ids of its files.
    :raises ExtendNotFoundError: it is gone, and that is not fine.
    :raises ExtendRunTimeoutError: it does not end.
    :raises ExtendApiError: Extend refused a request.
    """
    try:
        run = _ended(hook, kind, run_id, timeout)
    except ExtendNotFoundError:
        if not missing_ok:
            raise
        return
    marks = _marks(kind, run)
    around = _around(hook, kind, run, marks)
    for earlier in around.earlier:
        _delete_earlier(hook, kind, earlier)
    own = [] if around.holder else [file.id for file in run.input_files if _is_marked(file, marks)]
    copies = [] if around.holder else [one for mark in marks for one in _copies(hook, mark, around.created_at)]
    # What the run alone knows goes last, so that a retry finds the rest again.
    copies = [file_id for file_id in copies if file_id not in own]
    _delete_files(hook, [*run.output_file_ids, *copies, *own], f"{kind.name} run {run_id}")
    for file in run.input_files:
        if around.holder and _is_marked(file, marks):
            log.warning(_HELD, file.id, kind.name, run_id, around.holder)
        elif file.id not in own:
            log.info(_STAYS, file.id, kind.name, run_id)


def _ended(hook: ExtendHook, kind: RunKind, run_id: str, timeout: float | None) -> Run:
    from extend_provider.client import Wait

    deadline = datetime.now(timezone.utc) + timedelta(seconds=timeout) if timeout else None
    return hook.wait_for_run(Wait(kind.until_review, run_id, None, deadline))


def _marks(kind: RunKind, run: Run) -> set[str]:
    """
    What the name of a file holds that was made for this run alone.

    Metadata tell the mark of the run's own task: another one in a name is that of a file which was given by its id.
    Where there are none, the whole name is taken: it holds a mark, and is the same for each try of the task.
    """
    if not kind.takes_metadata:
        return {file.name for file in run.input_files if file.name and mark_in_name(file.name)}
    mark = mark_in(run.metadata)
    # A word that is no mark could be in any file's name.
    return {mark} if mark and mark_in_name(f"-{mark}") else set()


def _around(hook: ExtendHook, kind: RunKind, run: Run, marks: set[str]) -> Neighbours:
    if not marks:
        log.info("Earlier tries' runs, if any, stay: %s run %s has no mark that tells them.", kind.name, run.id)
        return Neighbours([])
    if kind.takes_metadata:
        return neighbours_by_metadata(hook, kind, run, *marks)
    return neighbours_by_name(hook, kind, run, marks)


def _delete_earlier(hook: ExtendHook, kind: RunKind, run: Run) -> None:
    of_run = f"{kind.name} run {run.id} of an earlier try"
    _delete_files(hook, run.output_file_ids, of_run)
    if hook.delete_run(run.id, kind.name, missing_ok=True):
        log.info("Extend %s is deleted.", of_run)


def _delete_files(hook: ExtendHook, file_ids: Iterable[str], of_run: str) -> None:
    for file_id in dict.fromkeys(file_ids):
        deleted = hook.get_conn().delete_file(file_id, missing_ok=True)
        log.info("Extend file %s of %s is %s.", file_id, of_run, "deleted" if deleted else "already gone")


def _is_marked(file: File, marks: Iterable[str]) -> bool:
    name = file.name or ""
    return mark_in_name(name) is not None and any(mark in name for mark in marks)


def _copies(hook: ExtendHook, mark: str, created_at: datetime | None) -> Iterator[str]:
    """
    Ids of files whose name holds a mark, also those of tries that got no run.

    Younger than the run are files that others have made of its input, whatever these are called.
    """
    listed = hook.get_conn().list_files(nameContains=mark, maxPageSize=_PAGE)
    for file in islice(listed, _MOST_LISTED):
        is_younger = file.created_at and created_at and file.created_at > created_at
        if _is_marked(file, [mark]) and not is_younger:
            yield file.id
