"""Deleting the files that a run leaves behind at Extend, and nothing that others may use."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from itertools import islice
from typing import TYPE_CHECKING, Any

from extend_provider.exceptions import ExtendNotFoundError

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


def delete_files_of(hook: ExtendHook, kind: RunKind, run_id: str, timeout: float | None, *, missing_ok: bool) -> None:
    """
    Delete the files that a run has made, and its input files as far as they were made for this run alone, with the
    copies of them that earlier tries of its task have left.

    Can be repeated: what is gone already is fine.

    :param hook: how Extend is reached.
    :param kind: kind of run.
    :param run_id: the run.
    :param timeout: seconds to wait for its end, or until a human has to look at it; before that, its output is not
        there to be deleted.
    :param missing_ok: whether it is fine that the run is gone, and with it the ids of its files.
    :raises ExtendNotFoundError: it is gone, and that is not fine.
    :raises ExtendRunTimeoutError: it does not end.
    """
    try:
        run = _ended(hook, kind, run_id, timeout)
    except ExtendNotFoundError:
        if not missing_ok:
            raise
        return
    marks = _marks(kind, run)
    own = [file.id for file in run.input_files if _is_marked(file, marks)]
    copies = [file_id for mark in marks for file_id in _marked_files(hook, mark) if file_id not in own]
    # What the run alone knows goes last, so that a retry finds the rest again.
    for file_id in dict.fromkeys([*run.output_file_ids, *copies, *own]):
        deleted = hook.get_conn().delete_file(file_id, missing_ok=True)
        gone = "deleted" if deleted else "already gone"
        log.info("Extend file %s of %s run %s is %s.", file_id, kind.name, run_id, gone)
    for file in run.input_files:
        if file.id not in own:
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
    from extend_provider.submit.fingerprint import has_mark

    if not kind.takes_metadata:
        return {file.name for file in run.input_files if file.name and has_mark(file.name)}
    mark = _mark_in(run.metadata)
    # A word that is no mark could be in any file's name.
    return {mark} if mark and has_mark(f"-{mark}") else set()


def _mark_in(metadata: Any) -> str | None:
    from extend_provider.submit.order import MARK_KEY, TASK_KEY

    ours = metadata.get(TASK_KEY) if isinstance(metadata, Mapping) else None
    mark = ours.get(MARK_KEY) if isinstance(ours, Mapping) else None
    return mark if isinstance(mark, str) else None


def _is_marked(file: File, marks: Iterable[str]) -> bool:
    from extend_provider.submit.fingerprint import has_mark

    name = file.name or ""
    return has_mark(name) and any(mark in name for mark in marks)


def _marked_files(hook: ExtendHook, mark: str) -> list[str]:
    """Ids of all files whose name holds a mark, also those of tries that got no run."""
    listed = hook.get_conn().list_files(nameContains=mark, maxPageSize=_PAGE)
    return [file.id for file in islice(listed, _MOST_LISTED) if _is_marked(file, [mark])]
