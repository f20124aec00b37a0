"""A retry takes the run that is there; a user's Clear, and another document, get a new one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dev.airflow_logs import readable
from extend_provider.client import ClientSettings, ExtendClient
from extend_provider.local import LocalService
from tests.e2e.airflow_user import add_connection, clear, tries_of
from tests.e2e.polling import until
from tests.e2e.run_files import asking_for, write_form, write_input
from tests.e2e.starting import start_together

if TYPE_CHECKING:
    from dev.airflow_stack import AirflowStack

pytestmark = pytest.mark.slow

TIMEOUT = 120
# Airflow may fail a task that resumes sooner after its deferral: see PROCESSING_TIME in conftest.py.
PROCESSING_TIME = 4
WAITING = "cleared_while_deferred"
DAGS = ("retried", "cleared", "expanded_again", WAITING)
Key = tuple[str, int]
RETRIED: tuple[Key, ...] = (("deferred", -1), ("synchronous", -1), ("mapped", 0), ("mapped", 1))
BROKEN_ONCE: tuple[Key, ...] = (("deferred", -1), ("synchronous", -1), ("mapped", 1))
CLEARED: dict[str, tuple[Key, ...]] = {
    "cleared": (("succeeded", -1), ("failed", -1)),
    "expanded_again": (("fill", 0), ("fill", 1)),
    WAITING: (("deferred", -1),),
}
Runs = dict[str, dict[Key, str]]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """DAG to the folder of its run's input."""
    return {dag_id: tmp_path_factory.mktemp(dag_id) for dag_id in DAGS}


@pytest.fixture(scope="module")
def services() -> Iterator[dict[str, LocalService]]:
    """DAG to a service that is its own."""
    found = {dag_id: LocalService(processing_time=3600 if dag_id == WAITING else PROCESSING_TIME) for dag_id in DAGS}
    for service in found.values():
        service.start()
    yield found
    for service in found.values():
        service.stop()


@pytest.fixture(scope="module")
def runs(
    airflow_stack: AirflowStack,
    services: dict[str, LocalService],
    folders: dict[str, Path],
    form_pdf: bytes,
    marker: str,
) -> dict[str, str]:
    """DAG to the id of its run; all run side by side."""
    planned = {}
    for dag_id, folder in folders.items():
        add_connection(airflow_stack, f"extend_{dag_id}", services[dag_id].connection_json())
        forms = [write_form(folder, form_pdf, f"{name}.pdf") for name in ("first", "second", "third")]
        write_documents(dag_id, folder, forms[:2], marker)
        planned[dag_id] = dag_id, {"input": str(folder / "input.json")}
    return start_together(airflow_stack, planned)


def write_documents(dag_id: str, folder: Path, files: list[str], marker: str) -> None:
    config = asking_for({"full_name": f"{marker} Avery"})
    write_input(folder, connection=f"extend_{dag_id}", file=files[0], files=files, config=config)


def extend_run(stack: AirflowStack, dag_id: str, run_id: str, key: Key) -> str:
    return str(stack.xcoms(dag_id, run_id, *key)["run_id"])


@pytest.fixture(scope="module")
def before(airflow_stack: AirflowStack, runs: dict[str, str]) -> Runs:
    """DAG to the Extend runs of the tasks that will be cleared: succeeded ones, a failed one and a deferred one."""
    assert airflow_stack.wait_for_dag("cleared", runs["cleared"], TIMEOUT) == "failed"
    assert airflow_stack.task_states("cleared", runs["cleared"]) == {"succeeded": "success", "failed": "failed"}
    assert airflow_stack.wait_for_dag("expanded_again", runs["expanded_again"], TIMEOUT) == "success"
    airflow_stack.wait_for_triggerer(WAITING, runs[WAITING], "deferred", TIMEOUT)
    return extend_runs(airflow_stack, runs)


@pytest.fixture(scope="module")
def after(
    airflow_stack: AirflowStack,
    runs: dict[str, str],
    before: Runs,
    services: dict[str, LocalService],
    folders: dict[str, Path],
    marker: str,
) -> Runs:
    """The same when they were cleared and all have succeeded."""
    # The second document moves to the place of the first one, and a third takes its own.
    others = [str(folders["expanded_again"] / f"{name}.pdf") for name in ("second", "third")]
    write_documents("expanded_again", folders["expanded_again"], others, marker)

    clear(airflow_stack, WAITING, runs[WAITING], "deferred")
    clear(airflow_stack, "expanded_again", runs["expanded_again"], "forms", downstream=True)
    clear(airflow_stack, "cleared", runs["cleared"], "succeeded", "failed")

    until(lambda: services[WAITING].runs_created > len(before[WAITING]), "another run of the deferred task")
    another = until(lambda: another_run(airflow_stack, runs, before[WAITING]), "its id")
    airflow_stack.wait_for_triggerer(WAITING, runs[WAITING], "deferred", TIMEOUT)
    services[WAITING].finish_run(str(another))
    for dag_id in CLEARED:
        state = airflow_stack.wait_for_dag(dag_id, runs[dag_id], TIMEOUT)
        assert state == "success", airflow_stack.failure_report(dag_id, runs[dag_id])
    return extend_runs(airflow_stack, runs)


def extend_runs(stack: AirflowStack, runs: dict[str, str]) -> Runs:
    return {
        dag_id: {key: extend_run(stack, dag_id, runs[dag_id], key) for key in keys} for dag_id, keys in CLEARED.items()
    }


def another_run(stack: AirflowStack, runs: dict[str, str], known: dict[Key, str]) -> str | None:
    ((key, old),) = known.items()
    found: Any = stack.xcoms(WAITING, runs[WAITING], *key).get("run_id")
    return None if found in (None, old) else str(found)


def log_of(stack: AirflowStack, dag_id: str, run_id: str, key: Key, try_number: int) -> str:
    return readable(stack.task_logs(dag_id, run_id, key[0], try_number, key[1]))


def created_in(log: str) -> str:
    """The run that a try says it has created."""
    (line,) = [line for line in log.splitlines() if "Created Extend edit run " in line]
    return line.rpartition(" ")[2].rstrip(".")


class TestRetry:
    @pytest.fixture(autouse=True, scope="class")
    @staticmethod
    def ended(airflow_stack: AirflowStack, runs: dict[str, str], after: Runs) -> None:
        """The tasks that are cleared run meanwhile."""
        state = airflow_stack.wait_for_dag("retried", runs["retried"], TIMEOUT)
        assert state == "success", airflow_stack.failure_report("retried", runs["retried"])

    def test_no_run_was_paid_for_twice(self, services: dict[str, LocalService]) -> None:
        assert services["retried"].runs_created == len(RETRIED)

    @pytest.mark.parametrize("key", BROKEN_ONCE, ids=str)
    def test_the_second_try_takes_the_run_of_the_first(
        self, key: Key, airflow_stack: AirflowStack, runs: dict[str, str]
    ) -> None:
        run_id = runs["retried"]
        assert tries_of(airflow_stack, "retried", run_id, *key) == 2
        first, second = (log_of(airflow_stack, "retried", run_id, key, number) for number in (1, 2))
        assert "RuntimeError: on purpose" in first
        if airflow_stack.version.startswith("3.0.") and key[0] != "synchronous":
            # Airflow 3.0 repeats only the resumption of a task that failed in it.
            assert f"Extend edit run {created_in(first)} is PROCESSED" in second
            return
        assert f"Re-attached to Extend edit run {created_in(first)}" in second
        assert extend_run(airflow_stack, "retried", run_id, key) == created_in(first)

    def test_mapped_tasks_with_the_same_input_have_their_own_runs(
        self, airflow_stack: AirflowStack, runs: dict[str, str]
    ) -> None:
        found = [extend_run(airflow_stack, "retried", runs["retried"], ("mapped", index)) for index in (0, 1)]
        assert tries_of(airflow_stack, "retried", runs["retried"], "mapped", 0) == 1
        assert len(set(found)) == len(found)


class TestClear:
    @pytest.mark.parametrize("dag_id", CLEARED)
    def test_creates_a_new_run(self, dag_id: str, services: dict[str, LocalService], before: Runs, after: Runs) -> None:
        old, new = set(before[dag_id].values()), set(after[dag_id].values())
        assert not old & new
        assert services[dag_id].runs_created == len(old | new)

    @pytest.mark.parametrize("dag_id", CLEARED)
    def test_leaves_the_old_run_alone(self, dag_id: str, services: dict[str, LocalService], after: Runs) -> None:
        asked = {request.method for request in services[dag_id].requests if request.path.startswith("/edit_runs/")}
        assert asked == {"GET"}

    def test_another_document_at_the_same_map_index_gets_its_run(
        self, services: dict[str, LocalService], before: Runs, after: Runs
    ) -> None:
        assert documents(services["expanded_again"], before["expanded_again"]) == ["first", "second"]
        assert documents(services["expanded_again"], after["expanded_again"]) == ["second", "third"]


def documents(service: LocalService, runs: dict[Key, str]) -> list[str]:
    """For each map index, the name of the document without mark and ending."""
    with ExtendClient(ClientSettings(service.api_key, service.base_url)) as client:
        files = [client.get_run(runs["fill", index]).file for index in (0, 1)]
    return [str(file and file.name).partition("-")[0] for file in files]
