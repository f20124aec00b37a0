"""Deleting what an edit run leaves behind at Extend, and nothing that others may use."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from extend_provider.exceptions import ExtendNotFoundError

if TYPE_CHECKING:
    from extend_provider.hooks.extend import ExtendHook
    from extend_provider.models import Run

__all__ = ["delete_files_of"]

log = logging.getLogger(__name__)


def delete_files_of(hook: ExtendHook, run_id: str, timeout: float | None, *, missing_ok: bool) -> None:
    """
    Delete the files that an edit run has made, and its input file if that was made for this run alone.

    Can be repeated: what is gone already is fine.

    :param hook: how Extend is reached.
    :param run_id: the run.
    :param timeout: seconds to wait for its end; before it, the filled file is not there to be deleted.
    :param missing_ok: whether it is fine that the run is gone, and with it the ids of its files.
    :raises ExtendNotFoundError: it is gone, and that is not fine.
    :raises ExtendRunTimeoutError: it does not end.
    """
    from extend_provider.submit.fingerprint import has_mark

    try:
        run = _ended(hook, run_id, timeout)
    except ExtendNotFoundError:
        if not missing_ok:
            raise
        return
    own = [file.id for file in run.input_files if has_mark(file.name or "")]
    for file_id in [*run.output_file_ids, *own]:
        deleted = hook.get_conn().delete_file(file_id, missing_ok=True)
        log.info("Extend file %s of edit run %s is %s.", file_id, run_id, "deleted" if deleted else "already gone")
    for file in run.input_files:
        if file.id not in own:
            log.info("Extend file %s, the input, was not made for edit run %s alone: it stays.", file.id, run_id)


def _ended(hook: ExtendHook, run_id: str, timeout: float | None) -> Run:
    from extend_provider.client import Wait
    from extend_provider.kinds import EDIT

    deadline = datetime.now(timezone.utc) + timedelta(seconds=timeout) if timeout else None
    return hook.wait_for_run(Wait(EDIT, run_id, None, deadline))
