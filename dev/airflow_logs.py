"""Log files of a stack: where a task's are, and what a person wants to read of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def task_log_files(logs: Path, dag_id: str, run_id: str, task_id: str, try_number: int, map_index: int) -> list[Path]:
    """
    Find the logs of one try of a task instance.

    :param logs: Airflow's ``base_log_folder``.
    :param map_index: -1 for a task that is not mapped.
    :return: that of the worker, then those of triggerers.
    """
    folder = logs / f"dag_id={dag_id}" / f"run_id={run_id}" / f"task_id={task_id}"
    if map_index >= 0:
        folder /= f"map_index={map_index}"
    return sorted(folder.glob(f"attempt={try_number}.log*"))


def readable(log: str) -> str:
    """
    Shorten a log for people.

    :param log: JSON lines (Airflow 3) or text (Airflow 2), which stays as it is.
    :return: a line for each event, and one for each exception.
    """
    return "\n".join(_readable_line(line) for line in log.splitlines())


def _readable_line(line: str) -> str:
    try:
        entry = json.loads(line)
    except ValueError:
        return line
    if not isinstance(entry, dict):
        return line
    text = f"{entry.get('timestamp', '')} {entry.get('level', ''):8} {entry.get('event', '')}"
    errors = entry.get("error_detail") or []
    return "\n".join([text, *(f"    {error.get('exc_type')}: {error.get('exc_value')}" for error in errors)])
