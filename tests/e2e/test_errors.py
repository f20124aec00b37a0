"""What goes wrong fails the task, and its log tells a person what, why, for which run, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from extend_provider.failure_reasons import advice_for
from tests.e2e.run_files import asking_for, write_form, write_input
from tests.e2e.starting import start_together
from tests.e2e.waiting import DAG, WAITING, WRONG_KEY_HELP, extend_run_of, log_of_failed, wait_until_all_wait

if TYPE_CHECKING:
    from dev.airflow_stack import AirflowStack
    from dev.local_service import LocalServiceProcess
    from extend_provider.client import ExtendClient

TIMEOUT = 120
REASON = "SCHEMA_VALIDATION_ERROR"
GivenFor = Callable[[str], dict[str, str]]


@pytest.fixture(scope="module")
def given_for(form_pdf: bytes, marker: str, tmp_path_factory: pytest.TempPathFactory) -> GivenFor:
    """Makes the conf of a DAG run that fills a form through a connection."""

    def make(connection: str) -> dict[str, str]:
        folder = tmp_path_factory.mktemp("errors")
        config = asking_for({"full_name": value(marker)})
        return write_input(folder, connection=connection, file=write_form(folder, form_pdf), config=config)

    return make


@pytest.fixture(scope="module")
def runs(
    airflow_stack: AirflowStack,
    local_service: LocalServiceProcess,
    revoked_run: str,  # not for this file: it takes a minute, which begins here
    given_for: GivenFor,
    marker: str,
) -> dict[str, str]:
    """DAG runs that go wrong by themselves: name to id of the run."""
    options = {"reason": REASON, "message": f"'{value(marker)}' is not what full_name takes."}
    local_service.inject_fault("fail", times=len(WAITING), options=options)
    conf = {
        "failed": (DAG, given_for("extend_default")),
        "refused": (DAG, given_for("extend_wrong_key")),
        "late": ("impatient", given_for("extend_patient")),
    }
    return start_together(airflow_stack, conf)


def test_a_failed_run(airflow_stack: AirflowStack, runs: dict[str, str], marker: str) -> None:
    assert airflow_stack.wait_for_dag(DAG, runs["failed"], TIMEOUT) == "failed"

    for task in WAITING:
        log = log_of_failed(airflow_stack, runs["failed"], task)
        extend_run = extend_run_of(airflow_stack, runs["failed"], task)
        assert f"ExtendRunFailedError: Extend edit run {extend_run} ended as FAILED: {REASON}." in log
        assert "Extend says: '***' is not what full_name takes." in log
        assert advice_for(REASON).remedy in log
        assert value(marker) not in log


def test_a_refused_key(airflow_stack: AirflowStack, runs: dict[str, str]) -> None:
    assert airflow_stack.wait_for_dag(DAG, runs["refused"], TIMEOUT) == "failed"

    for task in ("submit", "operator_deferred", "operator_synchronous"):
        log = log_of_failed(airflow_stack, runs["refused"], task)
        assert "ExtendAuthenticationError: POST /files/upload was refused" in log
        assert "HTTP 401" in log
        assert WRONG_KEY_HELP in log
        assert "run_id" not in airflow_stack.xcoms(DAG, runs["refused"], task)
    assert airflow_stack.task_states(DAG, runs["refused"])["sensor_deferred"] == "upstream_failed"


@pytest.mark.parametrize(
    ("task", "error"),
    [
        ("operator_deferred", "ExtendRunTimeoutError"),
        ("operator_synchronous", "ExtendRunTimeoutError"),
        ("sensor_deferred", "ExtendSensorTimeoutError"),
    ],
)
def test_a_timeout(task: str, error: str, airflow_stack: AirflowStack, runs: dict[str, str]) -> None:
    assert airflow_stack.wait_for_dag("impatient", runs["late"], TIMEOUT) == "failed"

    log = log_of_failed(airflow_stack, runs["late"], task, "impatient")
    extend_run = extend_run_of(airflow_stack, runs["late"], task, "impatient")
    assert f"{error}: Extend edit run {extend_run} did not end by the deadline" in log
    assert "its last status is PROCESSING" in log
    assert "Raise timeout, or wait for this id with a sensor." in log


@pytest.mark.parametrize("task", ["sensor_deferred_soft", "sensor_poke_soft"])
def test_soft_fail_skips_a_sensor_that_is_out_of_time(
    task: str, airflow_stack: AirflowStack, runs: dict[str, str]
) -> None:
    assert airflow_stack.wait_for_dag("impatient", runs["late"], TIMEOUT) == "failed"

    assert airflow_stack.task_states("impatient", runs["late"])[task] == "skipped"


@pytest.mark.parametrize("task", ["sensor_deferred_soft_wrong_key", "sensor_poke_soft_wrong_key"])
def test_soft_fail_does_not_hide_a_refused_key(task: str, airflow_stack: AirflowStack, runs: dict[str, str]) -> None:
    assert airflow_stack.wait_for_dag("impatient", runs["late"], TIMEOUT) == "failed"

    log = log_of_failed(airflow_stack, runs["late"], task, "impatient")
    extend_run = extend_run_of(airflow_stack, runs["late"], "submit", "impatient")
    assert f"ExtendAuthenticationError: GET /edit_runs/{extend_run} was refused" in log
    assert WRONG_KEY_HELP in log


def test_a_run_that_is_deleted_while_waited_for(
    airflow_stack: AirflowStack, patient_client: ExtendClient, given_for: GivenFor
) -> None:
    run_id = airflow_stack.trigger_dag(DAG, given_for("extend_patient"))
    extend_runs = wait_until_all_wait(airflow_stack, run_id)

    for extend_run in extend_runs.values():
        patient_client.delete_run(extend_run)

    assert airflow_stack.wait_for_dag(DAG, run_id, TIMEOUT) == "failed"
    for task in WAITING:
        log = log_of_failed(airflow_stack, run_id, task)
        assert f"ExtendNotFoundError: GET /edit_runs/{extend_runs[task]} was refused" in log
        assert "HTTP 404" in log
        assert "It may have been deleted" in log


def value(marker: str) -> str:
    return f"{marker} Avery"
