"""A key that is revoked while tasks wait: they fail when no new one has come within a minute."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.e2e.waiting import DAG, DEFERRED, WAITING, WRONG_KEY_HELP, extend_run_of, log_of_failed

if TYPE_CHECKING:
    from dev.airflow_stack import AirflowStack

TIMEOUT = 120


@pytest.mark.parametrize("task", WAITING)
def test_fails_and_says_so(task: str, airflow_stack: AirflowStack, revoked_run: str) -> None:
    assert airflow_stack.wait_for_dag(DAG, revoked_run, TIMEOUT) == "failed"

    error = error_of(airflow_stack, revoked_run, task)
    assert "HTTP 401" in error
    assert WRONG_KEY_HELP in error
    assert extend_run_of(airflow_stack, revoked_run, task) in log_of_failed(airflow_stack, revoked_run, task)


def test_each_error_names_the_run_of_its_own_task(airflow_stack: AirflowStack, revoked_run: str) -> None:
    assert airflow_stack.wait_for_dag(DAG, revoked_run, TIMEOUT) == "failed"

    for task in DEFERRED:
        named = set(re.findall(r"edr_\w+", error_of(airflow_stack, revoked_run, task)))
        assert named == {extend_run_of(airflow_stack, revoked_run, task)}


def error_of(stack: AirflowStack, run_id: str, task: str) -> str:
    log = log_of_failed(stack, run_id, task)
    (error,) = [line for line in log.splitlines() if "ExtendAuthenticationError: " in line]
    return error
