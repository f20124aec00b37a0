"""Waiting survives a restart of the triggerer, and ends as waiting on a worker does."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.polling import until
from tests.e2e.run_files import asking_for, write_form, write_input
from tests.e2e.waiting import DAG, DEFERRED, WAITING, wait_until_all_wait

if TYPE_CHECKING:
    from pathlib import Path

    from dev.airflow_stack import AirflowStack
    from dev.local_service import LocalServiceProcess

PUBLISHED = ("run_id", "output_file_ids", "return_value")
TIMEOUT = 90


@pytest.mark.parametrize("kill", [False, True], ids=["in order", "killed"])
def test_deferred_tasks_survive_a_restart(
    kill: bool,
    airflow_stack: AirflowStack,
    patient_service: LocalServiceProcess,
    form_pdf: bytes,
    marker: str,
    tmp_path: Path,
) -> None:
    config = asking_for({"full_name": f"{marker} Avery", "agree": True})
    given = write_input(tmp_path, connection="extend_patient", file=write_form(tmp_path, form_pdf), config=config)
    created, seen = patient_service.runs()["created"], len(patient_service.requests())
    run_id = airflow_stack.trigger_dag(DAG, given)
    extend_runs = wait_until_all_wait(airflow_stack, run_id)
    before = triggerers_of(airflow_stack, run_id)

    airflow_stack.restart_triggerer(kill=kill)

    until(lambda: not triggerers_of(airflow_stack, run_id) & before, "a new triggerer to take both tasks", TIMEOUT)
    states = airflow_stack.task_states(DAG, run_id)
    assert {states[task] for task in DEFERRED} == {"deferred"}, "nothing has ended, so nothing goes on"
    for extend_run in extend_runs.values():
        patient_service.control("POST", f"runs/{extend_run}/finish")

    assert airflow_stack.wait_for_dag(DAG, run_id, TIMEOUT) == "success", airflow_stack.failure_report(DAG, run_id)
    synchronous = published(airflow_stack, run_id, "operator_synchronous")
    assert synchronous["return_value"]["filled_fields"] == ["full_name", "agree"]
    for task in DEFERRED:
        assert facts(published(airflow_stack, run_id, task)) == facts(synchronous)
        assert published(airflow_stack, run_id, task)["run_id"] == extend_runs[task]

    assert patient_service.runs()["created"] == created + len(WAITING)
    sent = Counter(request["method"] for request in patient_service.requests()[seen:] if is_about_runs(request))
    assert sent.pop("POST") == len(WAITING)
    assert set(sent) == {"GET"}, "a restart cancels and deletes nothing"


def triggerers_of(stack: AirflowStack, run_id: str) -> set[int]:
    return {stack.wait_for_triggerer(DAG, run_id, task, TIMEOUT) for task in DEFERRED}


def is_about_runs(request: dict[str, Any]) -> bool:
    return str(request["path"]).startswith("/edit_runs")


def published(stack: AirflowStack, run_id: str, task: str) -> dict[str, Any]:
    """What a task published; ids that belong together are the same."""
    xcoms = stack.xcoms(DAG, run_id, task)
    found = {key: xcoms[key] for key in PUBLISHED}
    assert found["return_value"]["run_id"] == found["run_id"]
    assert found["return_value"]["output_file_ids"] == found["output_file_ids"]
    return found


def facts(found: dict[str, Any]) -> dict[str, Any]:
    """The same without the ids, which differ from run to run."""
    assert found["run_id"].startswith("edr_")
    (output,) = found["output_file_ids"]
    assert output.startswith("file_")
    without = {"run_id": "a run", "output_file_ids": ["a file"]}
    return {**without, "return_value": {**found["return_value"], **without}}
