"""A task outlives its worker, and its broker's patience; the run is paid for once."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import TYPE_CHECKING

import psutil
import pytest

from dev.airflow_logs import readable
from dev.distributed.deployment import WORKERS, DistributedDeployment
from dev.distributed.workers import let_visibility_time_out
from extend_provider.local import LocalService
from tests.e2e.airflow_user import add_connection, tries_of
from tests.e2e.distributed.placement import pid_of, worker_of
from tests.e2e.polling import until
from tests.e2e.run_files import form_input

if TYPE_CHECKING:
    from pathlib import Path

    from dev.airflow_stack import AirflowStack

DAG, TASK = "one_synchronous", "fill"
TIMEOUT = 120
CONNECTION = "extend_workers"
# The worker dies while the service takes its time, and the service goes on alone. It is done long before Airflow has
# noticed the death.
SLOW_SUBMIT = 6.0
REFUSED = "Task already running elsewhere, ignoring redelivered message"


@pytest.fixture(scope="module")
def service(airflow_stack: AirflowStack, service: LocalService) -> LocalService:
    add_connection(airflow_stack, CONNECTION, service.connection_json())
    return service


@pytest.fixture
def start(
    airflow_stack: AirflowStack, service: LocalService, form_pdf: bytes, marker: str, tmp_path: Path
) -> Iterator[str]:
    """Id of a DAG run, just started; at the end, all workers run again."""
    service.reset()
    given = form_input(tmp_path, CONNECTION, form_pdf, marker)
    airflow_stack.expect_crashes("worker")
    yield airflow_stack.trigger_dag(DAG, given)
    for name in WORKERS:
        if name not in airflow_stack.pids:
            airflow_stack.start_component("worker", name)


def wait_for_worker(stack: AirflowStack, run_id: str, but: str | None = None) -> str:
    """Wait until a worker, not the one given, runs the task; return its name."""

    def other() -> str | None:
        found = worker_of(stack, DAG, run_id, TASK)
        return None if found == but else found

    return str(until(other, f"a worker other than {but} to run the task", TIMEOUT))


def wait_for_run(stack: AirflowStack, run_id: str) -> str:
    return str(until(lambda: stack.xcoms(DAG, run_id, TASK).get("run_id"), "the Extend run", TIMEOUT))


def log_of(stack: AirflowStack, run_id: str, try_number: int) -> str:
    return readable(stack.task_logs(DAG, run_id, TASK, try_number))


def finish(stack: AirflowStack, service: LocalService, run_id: str, extend_run: str) -> None:
    """Let the run end; its task must succeed, and nothing else be created or ended."""
    service.finish_run(extend_run)
    assert stack.wait_for_dag(DAG, run_id, TIMEOUT) == "success", stack.failure_report(DAG, run_id)
    assert stack.xcoms(DAG, run_id, TASK)["return_value"]["run_id"] == extend_run
    assert service.runs_created == 1
    assert not [request for request in service.requests if request.method == "DELETE"]


def test_a_worker_is_killed_while_its_task_waits(
    airflow_stack: AirflowStack, service: LocalService, distributed: DistributedDeployment, start: str
) -> None:
    extend_run = wait_for_run(airflow_stack, start)
    first = wait_for_worker(airflow_stack, start)

    airflow_stack.kill(first)

    second = wait_for_worker(airflow_stack, start, but=first)
    assert {first, second} == set(WORKERS)
    says = f"Re-attached to Extend edit run {extend_run}"
    until(lambda: says in log_of(airflow_stack, start, 2), "the second try to find its run", TIMEOUT)
    # The dead worker's message comes back, as it would after a day.
    before = refusals(airflow_stack)
    assert let_visibility_time_out(distributed.redis) >= 2, "that of the dead worker, and that of the second try"
    until(lambda: refusals(airflow_stack) > before, "both to be delivered again", TIMEOUT)
    assert tries_of(airflow_stack, DAG, start, TASK) == 2
    finish(airflow_stack, service, start, extend_run)
    assert tries_of(airflow_stack, DAG, start, TASK) == 2


def test_a_worker_is_killed_while_its_task_submits(
    airflow_stack: AirflowStack, service: LocalService, start: str
) -> None:
    service.inject("slow", method="POST", path="/edit_runs", times=1, seconds=SLOW_SUBMIT)
    until(lambda: asks_for_run(service), "the request for a run", TIMEOUT)
    first = wait_for_worker(airflow_stack, start)

    airflow_stack.kill(first)

    assert service.runs_created == 0, "the request is still on its way"
    assert wait_for_worker(airflow_stack, start, but=first) != first
    extend_run = wait_for_run(airflow_stack, start)
    assert f"Re-attached to Extend edit run {extend_run}" in log_of(airflow_stack, start, 2)
    assert "Created Extend" not in log_of(airflow_stack, start, 1) + log_of(airflow_stack, start, 2)
    finish(airflow_stack, service, start, extend_run)
    assert tries_of(airflow_stack, DAG, start, TASK) == 2


def test_a_task_that_takes_longer_than_the_visibility_timeout_is_not_run_twice(
    airflow_stack: AirflowStack, service: LocalService, distributed: DistributedDeployment, start: str
) -> None:
    extend_run = wait_for_run(airflow_stack, start)
    worker, before = wait_for_worker(airflow_stack, start), refusals(airflow_stack)

    let_visibility_time_out(distributed.redis)

    until(lambda: refusals(airflow_stack) > before, "a worker to refuse the second delivery", TIMEOUT)
    assert worker_of(airflow_stack, DAG, start, TASK) == worker
    finish(airflow_stack, service, start, extend_run)
    assert tries_of(airflow_stack, DAG, start, TASK) == 1


def test_a_worker_that_is_stopped_in_order_waits_for_its_task(
    airflow_stack: AirflowStack, service: LocalService, start: str
) -> None:
    extend_run = wait_for_run(airflow_stack, start)
    worker = wait_for_worker(airflow_stack, start)

    os.kill(airflow_stack.pids[worker], signal.SIGTERM)

    until(lambda: "Warm shutdown" in component_log(airflow_stack, worker), "the worker to say so", TIMEOUT)
    finish(airflow_stack, service, start, extend_run)
    assert tries_of(airflow_stack, DAG, start, TASK) == 1
    until(lambda: has_ended(airflow_stack, worker), "the worker to end", TIMEOUT)


def test_a_task_that_is_told_to_stop_and_then_killed_leaves_its_run(
    airflow_stack: AirflowStack, service: LocalService, start: str
) -> None:
    """As a pod that is deleted: SIGTERM to its main process, the task's supervisor, and SIGKILL some time later."""
    extend_run = wait_for_run(airflow_stack, start)
    wait_for_worker(airflow_stack, start)
    task = psutil.Process(pid_of(airflow_stack, DAG, start, TASK))
    supervisor = task.parent()
    assert supervisor is not None

    supervisor.send_signal(signal.SIGTERM)

    says = f"Extend edit run {extend_run} goes on"
    until(lambda: says in log_of(airflow_stack, start, 1), "the task to say that it leaves its run alone", TIMEOUT)
    for process in (supervisor, task):
        process.kill()
    says = f"Re-attached to Extend edit run {extend_run}"
    until(lambda: says in log_of(airflow_stack, start, 2), "the second try to find its run", TIMEOUT)
    finish(airflow_stack, service, start, extend_run)


def has_ended(stack: AirflowStack, name: str) -> bool:
    stack.pause(0.2)
    return name not in stack.pids


def asks_for_run(service: LocalService) -> bool:
    return any(request.method == "POST" and request.path == "/edit_runs" for request in service.requests)


def refusals(stack: AirflowStack) -> int:
    return sum(component_log(stack, name).count(REFUSED) for name in WORKERS)


def component_log(stack: AirflowStack, name: str) -> str:
    (path,) = [path for path in stack.log_files() if path.name == f"{name}.log"]
    return path.read_text(errors="replace")
