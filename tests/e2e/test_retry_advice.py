"""Airflow's retries are used where another try may help, and only there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from dev.airflow_logs import readable
from extend_provider.failure_reasons import advice_for
from extend_provider.local import LocalService
from tests.e2e.airflow_user import add_connection, airflow_has, tries_of
from tests.e2e.run_files import form_input
from tests.e2e.starting import start_together

if TYPE_CHECKING:
    from dev.airflow_stack import AirflowStack

pytestmark = pytest.mark.slow

DAG, POLICY = "worth_a_try", "asked_to_wait"
TASKS = ("deferred", "synchronous")
HOPELESS, PASSING = "CORRUPT_FILE", "INTERNAL_ERROR"
FAILURES = 3
TIMEOUT = 120
ASKED_FOR = 5.0
# Airflow may fail a task that resumes sooner after its deferral: see PROCESSING_TIME in conftest.py.
PROCESSING_TIME = 4


@pytest.fixture(scope="module")
def has_policies() -> bool:
    """Whether this Airflow has retry policies."""
    return airflow_has("sdk/definitions/retry_policy.py")


@pytest.fixture(scope="module")
def services(has_policies: bool) -> Iterator[dict[str, LocalService]]:
    """What the DAG runs meet, by name of the run."""
    names = (HOPELESS, PASSING, *([POLICY] if has_policies else []))
    found = {name: LocalService(processing_time=PROCESSING_TIME) for name in names}
    for service in found.values():
        service.start()
    found[HOPELESS].inject("fail", times=None, reason=HOPELESS)
    found[PASSING].inject("fail", times=FAILURES, reason=PASSING)
    if has_policies:
        found[POLICY].inject("rate_limit", method="GET", path="/edit_runs", times=1, retry_after=ASKED_FOR)
    yield found
    for service in found.values():
        service.stop()


@pytest.fixture(scope="module")
def runs(
    airflow_stack: AirflowStack,
    services: dict[str, LocalService],
    form_pdf: bytes,
    marker: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, str]:
    planned = {}
    for name, service in services.items():
        conn_id = f"extend_{name.lower()}"
        add_connection(airflow_stack, conn_id, service.connection_json())
        given = form_input(tmp_path_factory.mktemp(name), conn_id, form_pdf, marker)
        planned[name] = POLICY if name == POLICY else DAG, given
    return start_together(airflow_stack, planned)


def test_a_reason_that_no_retry_mends_fails_the_first_try(
    airflow_stack: AirflowStack, runs: dict[str, str], services: dict[str, LocalService]
) -> None:
    assert airflow_stack.wait_for_dag(DAG, runs[HOPELESS], TIMEOUT) == "failed"

    for task in TASKS:
        assert airflow_stack.task_states(DAG, runs[HOPELESS])[task] == "failed"
        assert tries_of(airflow_stack, DAG, runs[HOPELESS], task) == 1
        log = readable(airflow_stack.task_logs(DAG, runs[HOPELESS], task))
        assert f"ended as FAILED: {HOPELESS}" in log
        assert advice_for(HOPELESS).remedy in log
    assert services[HOPELESS].runs_created == len(TASKS)


def test_a_reason_that_may_pass_is_retried_with_a_new_run(
    airflow_stack: AirflowStack, runs: dict[str, str], services: dict[str, LocalService]
) -> None:
    assert airflow_stack.wait_for_dag(DAG, runs[PASSING], TIMEOUT) == "success"

    tries = [tries_of(airflow_stack, DAG, runs[PASSING], task) for task in TASKS]
    assert sum(tries) == services[PASSING].runs_created == len(TASKS) + FAILURES
    assert len({airflow_stack.xcoms(DAG, runs[PASSING], task)["return_value"]["run_id"] for task in TASKS}) == len(
        TASKS
    )


def test_the_retry_policy_comes_back_when_extend_asked(
    airflow_stack: AirflowStack, runs: dict[str, str], services: dict[str, LocalService], has_policies: bool
) -> None:
    if not has_policies:
        pytest.skip("This Airflow has no retry policies.")
    state = airflow_stack.wait_for_dag(POLICY, runs[POLICY], TIMEOUT)
    assert state == "success", airflow_stack.failure_report(POLICY, runs[POLICY])

    assert tries_of(airflow_stack, POLICY, runs[POLICY], "count") == 2
    first, second = services[POLICY].requests
    assert (first.status, second.status) == (429, 200)
    assert second.time - first.time >= ASKED_FOR
