"""Tells which process has a task."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dev.distributed.deployment import WORKERS

if TYPE_CHECKING:
    from dev.airflow_stack import AirflowStack


def pid_of(stack: AirflowStack, dag_id: str, run_id: str, task: str) -> int | None:
    """
    Find the process of a task, which is a child of its supervisor.

    :param stack: where it runs.
    :param dag_id: the DAG.
    :param run_id: id of the DAG run.
    :param task: id of the task.
    :return: process id; None if it does not run.
    """
    with stack.database() as database:
        (row,) = database.execute(
            "SELECT pid, state FROM task_instance WHERE dag_id = ? AND run_id = ? AND task_id = ?",
            (dag_id, run_id, task),
        ).fetchall()
    return row["pid"] if row["state"] == "running" else None


def worker_of(stack: AirflowStack, dag_id: str, run_id: str, task: str) -> str | None:
    """
    Find the worker that runs a task.

    :param stack: where it runs.
    :param dag_id: the DAG.
    :param run_id: id of the DAG run.
    :param task: id of the task.
    :return: name of the worker; None if none runs it at the moment.
    """
    pid = pid_of(stack, dag_id, run_id, task)
    try:
        session = os.getsid(pid) if pid else 0
    except ProcessLookupError:
        return None
    # Each component leads a session of its own, which its tasks do not leave.
    return next((name for name in WORKERS if stack.pids.get(name) == session), None)


def waits_by_triggerer(stack: AirflowStack, dag_id: str, run_id: str) -> dict[int | None, int]:
    """
    Count the deferred task instances of a DAG run.

    :param stack: where they wait.
    :param dag_id: the DAG.
    :param run_id: id of the DAG run.
    :return: job id of a triggerer, None for no triggerer yet, to how many it has.
    """
    with stack.database() as database:
        rows = database.execute(
            "SELECT triggerer_id, count(*) AS number FROM trigger"
            " JOIN task_instance ON task_instance.trigger_id = trigger.id"
            " WHERE dag_id = ? AND run_id = ? AND state = 'deferred' GROUP BY triggerer_id",
            (dag_id, run_id),
        ).fetchall()
    return {row["triggerer_id"]: row["number"] for row in rows}
