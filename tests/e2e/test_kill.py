"""Only a user who gives a task up ends its run, and only as far as that was asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from dev.airflow_logs import readable
from extend_provider.local import LocalService
from tests.e2e.airflow_user import add_connection, airflow_has, clear, mark_failed, tries_of, write
from tests.e2e.polling import until
from tests.e2e.run_files import form_input

if TYPE_CHECKING:
    from dev.airflow_stack import AirflowStack

pytestmark = pytest.mark.slow

DAG = "killed"
TIMEOUT = 90
DEFERRED = ("moved", "deferred_deleted", "deferred_deleted_slowly", "deferred", "parse_deferred", "sensor")
CLEARED = "synchronous_cleared"
ON_WORKER = ("synchronous_deleted", "synchronous", "parse_synchronous")
LEFT_ALONE = "cannot be cancelled: it goes on and is paid for. Wait for it with a sensor, or delete it."
# Longer than a turn of the triggerer, and shorter than its patience with a trigger that is killed.
SLOWLY = 3.0


@pytest.fixture(scope="module")
def run_id(
    airflow_stack: AirflowStack,
    service: LocalService,
    form_pdf: bytes,
    marker: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> str:
    """Id of a DAG run whose tasks all wait, the deferred ones in the only triggerer."""
    folder = tmp_path_factory.mktemp(DAG)
    add_connection(airflow_stack, "extend_killed", service.connection_json())
    given = form_input(folder, "extend_killed", form_pdf, marker)
    started = airflow_stack.trigger_dag(DAG, given)
    for task in DEFERRED:
        airflow_stack.wait_for_triggerer(DAG, started, task, TIMEOUT)
    for task in (*ON_WORKER, CLEARED):
        until(lambda: extend_run(airflow_stack, started, task), f"the run of {task}", TIMEOUT)  # noqa: B023
    return started


@pytest.fixture(scope="module")
def after_a_move(airflow_stack: AirflowStack, run_id: str, service: LocalService) -> Iterator[int]:
    """A second triggerer, by its job id, to which a trigger has moved while both are alive."""
    first = airflow_stack.wait_for_triggerer(DAG, run_id, "moved", TIMEOUT)
    airflow_stack.start_component("triggerer", "second")
    second = newest_triggerer(airflow_stack)
    assert second != first
    seen = len(service.requests)

    write(
        airflow_stack,
        "UPDATE trigger SET triggerer_id = ? WHERE id ="
        " (SELECT trigger_id FROM task_instance WHERE dag_id = ? AND run_id = ? AND task_id = 'moved')",
        second,
        DAG,
        run_id,
    )

    until(lambda: looks(service, extend_run(airflow_stack, run_id, "moved"), seen), "a look at its run", TIMEOUT)
    yield second
    if "second" in airflow_stack.pids:
        airflow_stack.kill("second")


@pytest.fixture(scope="module")
def marked_failed(airflow_stack: AirflowStack, run_id: str, service: LocalService, after_a_move: int) -> None:
    """All tasks but the moved one have been given up by a user, or one of them cleared."""
    slow = f"/edit_runs/{extend_run(airflow_stack, run_id, 'deferred_deleted_slowly')}"
    service.inject("slow", method="DELETE", path=slow, times=1, seconds=SLOWLY)
    clear(airflow_stack, DAG, run_id, CLEARED)
    for task in (*ON_WORKER, *DEFERRED[1:]):
        mark_failed(airflow_stack, DAG, run_id, task)


@pytest.fixture(scope="module")
def tells_triggers() -> bool:
    """Whether this Airflow tells a trigger that a user has killed its task."""
    return airflow_has("triggers/base.py", "def on_kill")


def extend_run(stack: AirflowStack, run_id: str, task: str) -> str:
    return str(stack.xcoms(DAG, run_id, task).get("run_id") or "")


def log_of(stack: AirflowStack, run_id: str, task: str) -> str:
    return readable(stack.task_logs(DAG, run_id, task))


def everything_logged(stack: AirflowStack) -> str:
    # Later than a second or two after the kill, Airflow has closed the log of the task.
    return "".join(path.read_text(errors="replace") for path in stack.log_files() if "trigger" in path.name)


def created_in(log: str) -> str:
    """The run that a try says it has created."""
    (found,) = re.findall(r"Created Extend edit run (\w+)", log)
    return str(found)


def newest_triggerer(stack: AirflowStack) -> int:
    with stack.database() as database:
        (row,) = database.execute("SELECT max(id) AS id FROM job WHERE job_type = 'TriggererJob'").fetchall()
    return int(row["id"])


def looks(service: LocalService, extend_run: str, seen: int) -> bool:
    return any(request.path.endswith(extend_run) for request in service.requests[seen:])


def deleted(service: LocalService) -> set[str]:
    return {request.path.rpartition("/")[2] for request in service.requests if request.method == "DELETE"}


@pytest.mark.usefixtures("after_a_move")
def test_a_trigger_that_moves_ends_nothing(
    airflow_stack: AirflowStack, run_id: str, service: LocalService, tells_triggers: bool
) -> None:
    if tells_triggers:
        goes_on = f"(it is deferred): its Extend edit run {extend_run(airflow_stack, run_id, 'moved')} goes on."
        until(lambda: goes_on in log_of(airflow_stack, run_id, "moved"), "the first triggerer to let go of it", TIMEOUT)
    assert airflow_stack.task_states(DAG, run_id)["moved"] == "deferred"
    assert not deleted(service)


@pytest.mark.usefixtures("marked_failed")
class TestMarkFailed:
    @pytest.mark.parametrize("task", ["synchronous_deleted", "deferred_deleted"])
    def test_deletes_the_run_where_that_was_asked_for(
        self, task: str, airflow_stack: AirflowStack, run_id: str, service: LocalService, tells_triggers: bool
    ) -> None:
        if task not in ON_WORKER and not tells_triggers:
            pytest.skip("This Airflow does not tell triggers of it.")
        killed = extend_run(airflow_stack, run_id, task)
        says = f"The task was killed. Its Extend edit run {killed} was deleted."
        until(lambda: says in log_of(airflow_stack, run_id, task), "the log to say so", TIMEOUT)
        assert killed in deleted(service)

    @pytest.mark.parametrize("task", ["parse_synchronous", "parse_deferred"])
    def test_cancels_a_run_of_a_kind_that_can_be_cancelled(
        self, task: str, airflow_stack: AirflowStack, run_id: str, service: LocalService, tells_triggers: bool
    ) -> None:
        if task not in ON_WORKER and not tells_triggers:
            pytest.skip("This Airflow does not tell triggers of it.")
        killed = extend_run(airflow_stack, run_id, task)
        says = f"The task was killed. Its Extend parse run {killed} was cancelled"
        until(lambda: says in log_of(airflow_stack, run_id, task), "the log to say so", TIMEOUT)
        assert f"/parse_runs/{killed}/cancel" in {request.path for request in service.requests}

    def test_is_not_forgotten_when_the_deletion_takes_its_time(
        self, airflow_stack: AirflowStack, run_id: str, service: LocalService, tells_triggers: bool
    ) -> None:
        if not tells_triggers:
            pytest.skip("This Airflow does not tell triggers of it.")
        killed = extend_run(airflow_stack, run_id, "deferred_deleted_slowly")
        until(lambda: killed in deleted(service), "its deletion", TIMEOUT)
        says = f"Asking Extend to end its edit run {killed}, as far as it can."
        assert says in log_of(airflow_stack, run_id, "deferred_deleted_slowly")
        says = f"The task was killed. Its Extend edit run {killed} was deleted."
        until(lambda: says in everything_logged(airflow_stack), "the triggerer's log to say what became of it")

    @pytest.mark.parametrize("task", ["synchronous", "deferred", "sensor"])
    def test_leaves_other_runs_alone_and_says_where_to_find_them(
        self, task: str, airflow_stack: AirflowStack, run_id: str, service: LocalService, tells_triggers: bool
    ) -> None:
        left = extend_run(airflow_stack, run_id, task)
        if task in ON_WORKER or tells_triggers:
            says = f"The task was killed. Its Extend edit run {left} {LEFT_ALONE}"
            until(lambda: says in log_of(airflow_stack, run_id, task), "the log to say so", TIMEOUT)
        assert airflow_stack.task_states(DAG, run_id)[task] == "failed"
        assert left not in deleted(service)


@pytest.mark.usefixtures("marked_failed")
def test_a_running_task_that_is_cleared_leaves_its_run_alone(
    airflow_stack: AirflowStack, run_id: str, service: LocalService
) -> None:
    def log(try_number: int) -> str:
        return readable(airflow_stack.task_logs(DAG, run_id, CLEARED, try_number))

    left = created_in(log(1))
    until(lambda: "Re-attached to Extend" in log(2) or "Created Extend" in log(2), "the second try", TIMEOUT)
    assert f"its Extend edit run {left} goes on; a next try finds it." in log(1)
    # Some releases of Airflow give the task new retries, as for every Clear; for others this is a retry.
    says = f"Re-attached to Extend edit run {left}", f"The task was cleared: Extend edit run {left} of before is left"
    assert any(each in log(2) for each in says)
    assert left not in deleted(service)
    found = until(lambda: extend_run(airflow_stack, run_id, CLEARED), "its run", TIMEOUT)
    service.finish_run(found)
    airflow_stack.wait_for_task_state(DAG, run_id, CLEARED, "success", TIMEOUT)
    assert tries_of(airflow_stack, DAG, run_id, CLEARED) == 2


@pytest.mark.usefixtures("after_a_move", "marked_failed")
def test_a_triggerer_that_is_shut_down_ends_nothing(
    airflow_stack: AirflowStack, run_id: str, service: LocalService, after_a_move: int
) -> None:
    moved, seen = extend_run(airflow_stack, run_id, "moved"), len(service.requests)

    airflow_stack.stop_component("second")

    until(lambda: triggerer_of(airflow_stack, run_id) != after_a_move, "the first triggerer to take it back", TIMEOUT)
    assert moved not in deleted(service)
    service.finish_run(moved)
    airflow_stack.wait_for_task_state(DAG, run_id, "moved", "success", TIMEOUT)
    assert moved not in deleted(service)
    assert looks(service, moved, seen)


def triggerer_of(stack: AirflowStack, run_id: str) -> int:
    return stack.wait_for_triggerer(DAG, run_id, "moved", TIMEOUT)
