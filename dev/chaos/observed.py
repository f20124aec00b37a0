"""What Airflow's database tells about a wave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from dev.chaos.stack import DAG

if TYPE_CHECKING:
    from dev.airflow_stack import AirflowStack
    from dev.chaos.work import Item

_IN_WORK = frozenset({"running", "deferred"})
_ENDED = frozenset({"success", "failed", "upstream_failed", "skipped", "removed"})


@dataclass(frozen=True)
class Wave:
    """
    A DAG run and what its tasks had to do.

    :param run_id: the DAG run.
    :param items: its pairs.
    """

    run_id: str
    items: list[Item]


@dataclass(frozen=True)
class TaskRow:
    """
    A task instance.

    :param name: ``group.task[index]``.
    :param state: its state.
    :param tries: number of its last try.
    """

    name: str
    state: str | None
    tries: int

    @property
    def is_in_work(self) -> bool:
        """Whether it runs or waits."""
        return self.state in _IN_WORK

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in _ENDED


def task_rows(stack: AirflowStack, run_id: str) -> list[TaskRow]:
    """Read the task instances of a DAG run; those that the mapping has not made yet are not among them."""
    with stack.database() as database:
        rows = database.execute(
            "SELECT task_id, map_index, state, try_number FROM task_instance WHERE dag_id = ? AND run_id = ?"
            " AND map_index >= 0",
            (DAG, run_id),
        ).fetchall()
    return [TaskRow(f"{row['task_id']}[{row['map_index']}]", row["state"], row["try_number"]) for row in rows]


def busiest_triggerer_since(stack: AirflowStack) -> float:
    """Tell when the triggerer that holds most waits has started, as a Unix timestamp; 0 if none holds any."""
    with stack.database() as database:
        row = database.execute(
            "SELECT job.start_date FROM trigger JOIN job ON job.id = trigger.triggerer_id"
            " GROUP BY job.id ORDER BY COUNT(*) DESC LIMIT 1"
        ).fetchone()
    if row is None:
        return 0.0
    began = row["start_date"]  # SQLite has no type for it
    moment = began if isinstance(began, datetime) else datetime.fromisoformat(began)
    return moment.replace(tzinfo=timezone.utc).timestamp()


def published(stack: AirflowStack, run_id: str, task: str) -> dict[str, Any]:
    """Read the XComs of a task instance."""
    task_id, _, index = task.rstrip("]").partition("[")
    return stack.xcoms(DAG, run_id, task_id, int(index))
