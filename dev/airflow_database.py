"""Read-only view of Airflow's metadata database. The tables used here are the same in Airflow 2.11 and 3."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from dev.airflow_deployment import Connection


class AirflowDatabase:
    """
    What the tables say.

    :param connect: opens a connection that cannot write, for ``with``.
    """

    def __init__(self, connect: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._connect = connect

    def _rows(self, query: str, *values: object) -> list[Any]:
        with self._connect() as connection:
            found: list[Any] = connection.execute(query, values).fetchall()
            return found

    def dag_run_state(self, dag_id: str, run_id: str) -> str | None:
        """Read the state of a DAG run; None if there is no such run."""
        rows = self._rows("SELECT state FROM dag_run WHERE dag_id = ? AND run_id = ?", dag_id, run_id)
        return rows[0]["state"] if rows else None

    def task_states(self, dag_id: str, run_id: str) -> dict[str, str | None]:
        """
        Read the states of all task instances of a run.

        :return: task id to state; ``task[0]``, ``task[1]``, … for the instances of a mapped task.
        """
        rows = self._rows(
            "SELECT task_id, map_index, state FROM task_instance WHERE dag_id = ? AND run_id = ?"
            " ORDER BY start_date, task_id, map_index",
            dag_id,
            run_id,
        )
        return {task_key(row["task_id"], row["map_index"]): row["state"] for row in rows}

    def failed_tasks(self, dag_id: str, run_id: str) -> list[tuple[str, int, int]]:
        """
        Find the failed task instances of a run.

        :return: task id, map index, number of the last try.
        """
        rows = self._rows(
            "SELECT task_id, map_index, try_number FROM task_instance"
            " WHERE dag_id = ? AND run_id = ? AND state = 'failed' ORDER BY end_date",
            dag_id,
            run_id,
        )
        return [(row["task_id"], row["map_index"], row["try_number"]) for row in rows]

    def triggerer_of(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> int | None:
        """Read which triggerer, by its job id, a deferred task instance was given to; None if to none yet."""
        rows = self._rows(
            "SELECT triggerer_id FROM trigger JOIN task_instance ON task_instance.trigger_id = trigger.id"
            " WHERE dag_id = ? AND run_id = ? AND task_id = ? AND map_index = ?",
            dag_id,
            run_id,
            task_id,
            map_index,
        )
        return rows[0]["triggerer_id"] if rows else None

    def xcoms(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> dict[str, Any]:
        """
        Read what a task instance pushed.

        :return: key to value.
        """
        rows = self._rows(
            # JSON text in a column that makes a number of what looks like one (Airflow 3) or a blob (Airflow 2)
            "SELECT key, CAST(value AS TEXT) AS value FROM xcom"
            " WHERE dag_id = ? AND run_id = ? AND task_id = ? AND map_index = ?",
            dag_id,
            run_id,
            task_id,
            map_index,
        )
        return {row["key"]: json.loads(row["value"]) for row in rows}

    def parsed_since(self, dag_id: str, moment: datetime) -> bool:
        """Tell whether a DAG has been parsed and stored since a moment."""
        rows = self._rows(
            "SELECT 1 FROM dag JOIN serialized_dag USING (dag_id) WHERE dag.dag_id = ? AND dag.last_parsed_time >= ?",
            dag_id,
            _as_stored(moment),
        )
        return bool(rows)

    def import_errors(self, moment: datetime) -> dict[str, str]:
        """
        Read which DAG files could not be imported since a moment.

        :return: file to traceback; the file is absolute (Airflow 2) or relative to the DAG folder (Airflow 3).
        """
        rows = self._rows("SELECT filename, stacktrace FROM import_error WHERE timestamp >= ?", _as_stored(moment))
        return {row["filename"]: row["stacktrace"] for row in rows}

    def running_jobs(self, moment: datetime) -> Counter[str]:
        """Count the jobs of each type (``SchedulerJob``, …) that have started since a moment and are running."""
        query = "SELECT job_type FROM job WHERE state = 'running' AND start_date >= ?"
        return Counter(row["job_type"] for row in self._rows(query, _as_stored(moment)))


def task_key(task_id: str, map_index: int) -> str:
    """Name a task instance: the task id, with the index in brackets for an instance of a mapped task."""
    return task_id if map_index < 0 else f"{task_id}[{map_index}]"


def _as_stored(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S.%f")
