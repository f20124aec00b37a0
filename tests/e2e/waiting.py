"""Follows a run of the DAG ``ways_of_waiting``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dev.airflow_logs import readable
from tests.e2e.polling import until

if TYPE_CHECKING:
    from dev.airflow_stack import AirflowStack

DAG = "ways_of_waiting"
DEFERRED = ("sensor_deferred", "operator_deferred")
WAITING = (*DEFERRED, "operator_synchronous")
"""The tasks that wait for a run; the sensor waits for that of ``submit``."""

WRONG_KEY_HELP = "Check the API key in the connection's password"

_TIMEOUT = 90.0


def extend_run_of(stack: AirflowStack, run_id: str, task: str, dag_id: str = DAG) -> str:
    """
    Find the Extend run that a task waits for, as soon as it exists.

    :param stack: where the task runs.
    :param run_id: id of the DAG run.
    :param task: id of the task.
    :param dag_id: the DAG, if it is another one with a task ``submit``.
    :return: id of the Extend run.
    """
    creating = "submit" if task.startswith("sensor") else task
    pushed = until(lambda: stack.xcoms(dag_id, run_id, creating).get("run_id"), f"{task} to have a run", _TIMEOUT)
    return str(pushed)


def wait_until_all_wait(stack: AirflowStack, run_id: str) -> dict[str, str]:
    """
    Wait until every task waits, and the scheduler has noticed.

    Airflow fails a deferred task now and then that resumes before its scheduler has noticed that the worker is done
    with it (apache/airflow#71580).

    :param stack: where the DAG runs.
    :param run_id: id of the DAG run.
    :return: task to id of its Extend run.
    """
    for task in DEFERRED:
        stack.wait_for_triggerer(DAG, run_id, task, _TIMEOUT)
        until(lambda: is_noticed(stack, run_id, task), f"the scheduler to notice the deferral of {task}", _TIMEOUT)  # noqa: B023
    return {task: extend_run_of(stack, run_id, task) for task in WAITING}


def is_noticed(stack: AirflowStack, run_id: str, task: str, dag_id: str = DAG) -> bool:
    """
    Tell whether the scheduler has noticed that the worker is done with a task.

    :param stack: where the task runs.
    :param run_id: id of the DAG run.
    :param task: id of the task.
    :param dag_id: the DAG, if it is another one.
    """
    (log,) = [path for path in stack.log_files() if path.name == "scheduler.log"]
    return f"TaskInstance Finished: dag_id={dag_id}, task_id={task}, run_id={run_id}," in log.read_text(
        errors="replace"
    )


def log_of_failed(stack: AirflowStack, run_id: str, task: str, dag_id: str = DAG) -> str:
    """
    Read what a person reads in the log of a task.

    :param stack: where the task ran.
    :param run_id: id of the DAG run.
    :param task: id of the task, which must have failed.
    :param dag_id: the DAG, if it is another one.
    :return: a line for each event and each exception.
    """
    assert stack.task_states(dag_id, run_id)[task] == "failed"
    return readable(stack.task_logs(dag_id, run_id, task))
