"""
Time limits of operators and sensors, and what a retry does after them.

Everything starts while no triggerer runs. When one is started, deadlines have passed already.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from dev.airflow_logs import readable
from extend_provider.local import LocalService
from tests.e2e.airflow_user import add_connection, airflow_has, tries_of
from tests.e2e.polling import until
from tests.e2e.run_files import form_input
from tests.e2e.starting import start_together

if TYPE_CHECKING:
    from dev.airflow_stack import AirflowStack

pytestmark = pytest.mark.slow

DAG, ALONE = "patience", "without_triggerer"
TIMEOUT = 120
CREATING = ("deferred", "synchronous", "ends_meanwhile", "limited_synchronous", "limited_deferred", "submit")
CREATING_ALONE = ("operator", "submit")
# Airflow 2 bounds the whole wait by execution_timeout, Airflow 3 only the time on a worker.
BOUNDS_DEFERRAL = not airflow_has("sdk/__init__.py")


@dataclass(frozen=True)
class Ended:
    """The runs of both DAGs when all is over."""

    stack: AirflowStack
    runs: dict[str, str]
    triggerer_since: datetime

    def state(self, task: str, dag_id: str = DAG) -> str | None:
        return self.stack.task_states(dag_id, self.runs[dag_id])[task]

    def tries(self, task: str, dag_id: str = DAG) -> int:
        return tries_of(self.stack, dag_id, self.runs[dag_id], task)

    def log(self, task: str, try_number: int = 1, dag_id: str = DAG) -> str:
        return readable(self.stack.task_logs(dag_id, self.runs[dag_id], task, try_number))


@pytest.fixture(scope="module")
def ended(
    airflow_stack: AirflowStack,
    service: LocalService,
    form_pdf: bytes,
    marker: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Ended:
    folder = tmp_path_factory.mktemp(DAG)
    add_connection(airflow_stack, "extend_patience", service.connection_json())
    given = form_input(folder, "extend_patience", form_pdf, marker)
    airflow_stack.stop_component("triggerer")
    try:
        runs = start_together(airflow_stack, {DAG: (DAG, given), ALONE: (ALONE, given)})
        # By then the deadlines of all that wait for a triggerer have passed, too.
        airflow_stack.wait_for_dag(ALONE, runs[ALONE], TIMEOUT)
        for task in ("deferred", "ends_meanwhile", "sensor_deferred"):
            airflow_stack.wait_for_task_state(DAG, runs[DAG], task, "deferred", TIMEOUT)
        until(lambda: airflow_stack.task_states(DAG, runs[DAG])["synchronous"] == "failed", "its deadline", TIMEOUT)
    finally:
        since = datetime.now(timezone.utc)
        airflow_stack.start_component("triggerer")

    airflow_stack.wait_for_task_state(DAG, runs[DAG], "ends_meanwhile", "up_for_retry", TIMEOUT)
    for task in ("ends_meanwhile", "limited_deferred"):
        service.finish_run(airflow_stack.xcoms(DAG, runs[DAG], task)["run_id"])
    late = ("sensor_deferred", "sensor_poke", "sensor_reschedule", "sensor_reschedule_soft", "limited_sensor_poke")
    until(lambda: all(is_over(airflow_stack, runs, task) for task in late), "the sensors to give up", TIMEOUT)
    service.finish_run(airflow_stack.xcoms(DAG, runs[DAG], "submit")["run_id"])
    airflow_stack.wait_for_dag(DAG, runs[DAG], TIMEOUT)
    return Ended(airflow_stack, runs, since)


def is_over(stack: AirflowStack, runs: dict[str, str], task: str) -> bool:
    return stack.task_states(DAG, runs[DAG])[task] in ("failed", "skipped", "success")


def deadline_in(log: str) -> datetime:
    """The deadline that an error names."""
    found = re.search(r"did not end by the deadline (\S+ \S+) UTC", log)
    assert found, log
    return datetime.fromisoformat(found[1]).replace(tzinfo=timezone.utc)


def test_no_run_was_paid_for_twice(ended: Ended, service: LocalService) -> None:
    assert service.runs_created == len(CREATING) + len(CREATING_ALONE)
    assert not [request for request in service.requests if request.method == "DELETE"]


@pytest.mark.parametrize("task", ["deferred", "synchronous"])
def test_the_deadline_of_an_operator_counts_from_the_submit_for_all_tries(task: str, ended: Ended) -> None:
    assert (ended.state(task), ended.tries(task)) == ("failed", 2)
    first, second = ended.log(task), ended.log(task, 2)
    assert "ExtendRunTimeoutError" in first
    assert "Re-attached to Extend edit run" in second
    assert "ExtendRunTimeoutError" in second
    assert "in the triggerer" not in second, "one look tells"
    assert deadline_in(second) == deadline_in(first) < ended.triggerer_since


def test_a_retry_takes_the_result_of_a_run_that_has_ended_meanwhile(ended: Ended) -> None:
    assert (ended.state("ends_meanwhile"), ended.tries("ends_meanwhile")) == ("success", 2)
    assert "ExtendRunTimeoutError" in ended.log("ends_meanwhile")
    assert "which is PROCESSED" in ended.log("ends_meanwhile", 2)


def test_execution_timeout_on_a_worker_is_retried_and_leaves_the_run_alone(ended: Ended) -> None:
    task = "limited_synchronous"
    assert (ended.state(task), ended.tries(task)) == ("failed", 2)
    run = ended.stack.xcoms(DAG, ended.runs[DAG], task)["run_id"]
    assert "AirflowTaskTimeout" in ended.log(task)
    assert f"its Extend edit run {run} goes on; a next try finds it." in ended.log(task)
    assert f"Re-attached to Extend edit run {run}" in ended.log(task, 2)


def test_execution_timeout_of_a_deferred_task(ended: Ended) -> None:
    assert ended.state("limited_deferred") == "success"
    assert (ended.tries("limited_deferred") > 1) == BOUNDS_DEFERRAL


def test_execution_timeout_of_a_sensor_on_a_worker_is_retried(ended: Ended) -> None:
    assert (ended.state("limited_sensor_poke"), ended.tries("limited_sensor_poke")) == ("failed", 2)
    assert "AirflowTaskTimeout" in ended.log("limited_sensor_poke")


@pytest.mark.parametrize("task", ["sensor_deferred", "sensor_poke", "sensor_reschedule"])
def test_the_timeout_of_a_sensor_is_not_retried(task: str, ended: Ended) -> None:
    assert (ended.state(task), ended.tries(task)) == ("failed", 1)
    assert "SensorTimeout" in ended.log(task)


def test_soft_fail_skips_a_sensor_that_reschedules(ended: Ended) -> None:
    assert (ended.state("sensor_reschedule_soft"), ended.tries("sensor_reschedule_soft")) == ("skipped", 1)


def test_a_sensor_that_reschedules_gives_the_result(ended: Ended) -> None:
    task = "sensor_reschedule_patient"
    assert (ended.state(task), ended.tries(task)) == ("success", 1)
    assert ended.stack.xcoms(DAG, ended.runs[DAG], task)["return_value"]["status"] == "PROCESSED"


def test_without_a_triggerer_airflow_ends_the_wait_behind_the_deadline(ended: Ended) -> None:
    assert (ended.state("operator", ALONE), ended.tries("operator", ALONE)) == ("failed", 2)
    assert "TaskDeferral" in ended.log("operator", 1, ALONE)
    assert "ExtendRunTimeoutError" in ended.log("operator", 2, ALONE), "the retry looks by itself"
    assert ended.state("sensor", ALONE) == "failed"
    # Airflow 3 makes a sensor's timeout of it, Airflow 2 an error like others.
    assert ended.tries("sensor", ALONE) == (2 if BOUNDS_DEFERRAL else 1)
