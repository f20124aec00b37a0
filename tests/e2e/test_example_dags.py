"""Every example DAG does what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from extend_provider.exceptions import ExtendNotFoundError
from tests.e2e.examples import EXAMPLE_DAGS, values_of_example
from tests.e2e.pdf_forms import shown_states, values_in
from tests.e2e.starting import start_together

if TYPE_CHECKING:
    from pathlib import Path

    from dev.airflow_stack import AirflowStack
    from dev.local_service import LocalServiceProcess
    from extend_provider.client import ExtendClient

EXAMPLES = sorted(path.stem for path in EXAMPLE_DAGS.glob("*.py"))
RUN_TIMEOUT = 120

# Run parameters that name a file to write.
WRITES = {"fill_form": {"filled_form": "filled.pdf"}}


@pytest.fixture(scope="module")
def runs(airflow_stack: AirflowStack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, Path]]:
    """For each example, a DAG run that has been started, and the folder that it writes to."""
    folders = {dag_id: tmp_path_factory.mktemp("example") for dag_id in EXAMPLES}
    conf = {
        dag_id: (dag_id, {name: str(folder / path) for name, path in WRITES.get(dag_id, {}).items()})
        for dag_id, folder in folders.items()
    }
    return {dag_id: (run_id, folders[dag_id]) for dag_id, run_id in start_together(airflow_stack, conf).items()}


@pytest.mark.parametrize("dag_id", EXAMPLES)
def test_runs_to_success(dag_id: str, airflow_stack: AirflowStack, runs: dict[str, tuple[str, Path]]) -> None:
    run_id, _ = runs[dag_id]

    state = airflow_stack.wait_for_dag(dag_id, run_id, RUN_TIMEOUT)

    assert state == "success", airflow_stack.failure_report(dag_id, run_id)
    assert set(airflow_stack.task_states(dag_id, run_id).values()) == {"success"}


def test_fill_form(
    airflow_stack: AirflowStack,
    local_service: LocalServiceProcess,
    extend_client: ExtendClient,
    runs: dict[str, tuple[str, Path]],
) -> None:
    run_id, folder = runs["fill_form"]
    airflow_stack.wait_for_dag("fill_form", run_id, RUN_TIMEOUT)

    assert values_in(folder / "filled.pdf") == values_of_example("fill_form")
    assert shown_states(folder / "filled.pdf")["agrees_to_e_delivery"]
    extend_run = airflow_stack.xcoms("fill_form", run_id, "wait")["run_id"]
    assert extend_run not in [run["id"] for run in local_service.runs()["runs"]]
    with pytest.raises(ExtendNotFoundError, match=extend_run) as refused:
        extend_client.get_run(extend_run)
    assert refused.value.status_code == 404
