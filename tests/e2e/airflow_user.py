"""What a user does to an Airflow, by its REST API, or where the stack serves none, as its command line and pages do."""

from __future__ import annotations

import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dev.airflow_processes import AirflowStackError

if TYPE_CHECKING:
    from dev.airflow_stack import AirflowStack


def has_api(stack: AirflowStack) -> bool:
    """Tell whether the stack serves a REST API."""
    try:
        return bool(stack.api)
    except AirflowStackError:
        return False


def airflow_has(path: str, text: str = "") -> bool:
    """
    Tell whether the installed Airflow has something, without importing it: only its own processes do.

    :param path: of a source file, below the package.
    :param text: that is in the file.
    """
    spec = find_spec("airflow")
    assert spec is not None
    assert spec.origin is not None
    file = Path(spec.origin).parent / path
    return file.exists() and text in file.read_text()


def clear(stack: AirflowStack, dag_id: str, run_id: str, *tasks: str, downstream: bool = False) -> None:
    """
    Clear tasks, all map indices of them, in whatever state they are.

    :param stack: where they ran.
    :param dag_id: the DAG, which has no other run.
    :param run_id: id of the DAG run.
    :param tasks: their ids.
    :param downstream: whether to clear what comes after them, too.
    """
    if has_api(stack):
        body: dict[str, Any] = {"dry_run": False, "dag_run_id": run_id, "task_ids": tasks, "only_failed": False}
        stack.api.request("POST", f"/dags/{dag_id}/clearTaskInstances", {**body, "include_downstream": downstream})
        return
    names = "|".join(map(re.escape, tasks))
    stack.command(
        "tasks", "clear", "--yes", *(["--downstream"] if downstream else []), "--task-regex", f"^({names})$", dag_id
    )


def mark_failed(stack: AirflowStack, dag_id: str, run_id: str, task: str) -> None:
    """
    Mark a task as failed.

    :param stack: where it runs.
    :param dag_id: the DAG.
    :param run_id: id of the DAG run.
    :param task: id of the task.
    """
    if has_api(stack):
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task}"
        stack.api.request("PATCH", path, {"new_state": "failed"})
        return
    write(
        stack,
        "UPDATE task_instance SET state = 'failed' WHERE dag_id = ? AND run_id = ? AND task_id = ?",
        dag_id,
        run_id,
        task,
    )


def write(stack: AirflowStack, statement: str, *values: object) -> None:
    """Change Airflow's database behind its back."""
    with stack.database(to_write=True) as database:
        database.execute(statement, values)


def add_connection(stack: AirflowStack, conn_id: str, described: str) -> None:
    """
    Store a connection in the database.

    :param stack: where to.
    :param conn_id: its id.
    :param described: JSON, as for an ``AIRFLOW_CONN_…`` variable.
    """
    if has_api(stack):
        facts = json.loads(described)
        body = {"connection_id": conn_id, **facts, "extra": json.dumps(facts["extra"])}
        stack.api.request("POST", "/connections", body)
        return
    stack.command("connections", "add", conn_id, "--conn-json", described)


def tries_of(stack: AirflowStack, dag_id: str, run_id: str, task: str, map_index: int = -1) -> int:
    """Read the number of the last try of a task instance."""
    with stack.database() as database:
        (row,) = database.execute(
            "SELECT try_number FROM task_instance WHERE dag_id = ? AND run_id = ? AND task_id = ? AND map_index = ?",
            (dag_id, run_id, task, map_index),
        ).fetchall()
    return int(row["try_number"])
