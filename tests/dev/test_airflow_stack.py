"""The runner of a real Airflow, with a DAG that needs nothing but Airflow."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from dev.airflow_stack import AirflowStack, AirflowStackError

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.xdist_group("airflow")]

DAGS = Path(__file__).parent / "dags"
DAG = "stack_probe"
RUN_TIMEOUT = 90
FEWEST_PROCESSES = 3
"""Supervisor, scheduler and triggerer; Airflow 3 has more."""
CALLER = """
import sys, time
from pathlib import Path
import psutil
from dev.airflow_stack import AirflowStack
stack = AirflowStack(Path(sys.argv[1]), Path(sys.argv[2]))
stack.start()
print(*(process.pid for process in psutil.Process().children(recursive=True)), flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def dags(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dags")
    return Path(shutil.copytree(DAGS, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def stack(home: Path, dags: Path) -> Iterator[AirflowStack]:
    with AirflowStack(home, dags, env={"PROBE": "1"}) as running:
        yield running


def test_runs_a_dag_that_waits_in_the_triggerer(stack: AirflowStack) -> None:
    changes: list[tuple[str, str | None]] = []

    run_id = stack.trigger_dag(DAG)
    state = stack.wait_for_dag(DAG, run_id, RUN_TIMEOUT, lambda task, state: changes.append((task, state)))

    assert state == stack.dag_run_state(DAG, run_id) == "success"
    tasks = {"first", "wait", "numbers[0]", "numbers[1]", "last"}
    assert stack.task_states(DAG, run_id) == dict.fromkeys(tasks, "success")
    assert {(task, "success") for task in tasks} <= set(changes)
    assert ("wait", "deferred") in changes


def test_reads_xcom(stack: AirflowStack) -> None:
    run_id = stack.trigger_dag(DAG, {"seconds": 2.5})
    stack.wait_for_dag(DAG, run_id, RUN_TIMEOUT)

    assert stack.xcoms(DAG, run_id, "wait") == {
        "waiting_for": "2.5",
        "return_value": {"woken": True, "values": [1, 2.5, None, "ü"]},
    }
    assert stack.xcoms(DAG, run_id, "numbers", 1) == {"return_value": 3}


def test_reads_logs_of_worker_and_triggerer(stack: AirflowStack) -> None:
    run_id = stack.trigger_dag(DAG)
    stack.wait_for_dag(DAG, run_id, RUN_TIMEOUT)

    log = stack.task_logs(DAG, run_id, "wait")

    assert "Waiting for 3 seconds" in log
    assert "Woken by" in log
    assert "trigger" in log
    files = {file.name for file in stack.log_files()}
    assert {"scheduler.log", "triggerer.log", "attempt=1.log"} <= files


def test_explains_a_failure(stack: AirflowStack) -> None:
    run_id = stack.trigger_dag(DAG, {"fail": True})

    assert stack.wait_for_dag(DAG, run_id, RUN_TIMEOUT) == "failed"
    report = stack.failure_report(DAG, run_id)
    assert "'last': 'upstream_failed'" in report
    assert "--- first, try 1" in report
    assert "ValueError: told to fail" in report


@pytest.mark.parametrize("kill", [False, True], ids=["in order", "killed"])
def test_a_waiting_task_survives_a_restart_of_the_triggerer(stack: AirflowStack, kill: bool) -> None:
    run_id = stack.trigger_dag(DAG, {"seconds": 5})
    first = stack.wait_for_triggerer(DAG, run_id, "wait", RUN_TIMEOUT)

    stack.restart_triggerer(kill=kill, downtime=0.5)

    assert first != stack.wait_for_triggerer(DAG, stack.trigger_dag(DAG), "wait", RUN_TIMEOUT)
    assert stack.wait_for_dag(DAG, run_id, RUN_TIMEOUT) == "success"
    assert "Woken by" in stack.task_logs(DAG, run_id, "wait")


def test_runs_a_second_triggerer(stack: AirflowStack) -> None:
    stack.start_component("triggerer", "triggerer-2")
    stack.kill("triggerer")
    run_id = stack.trigger_dag(DAG)

    assert stack.wait_for_dag(DAG, run_id, RUN_TIMEOUT) == "success"
    stack.start_component("triggerer")
    stack.kill("triggerer-2")


def test_reports_a_dag_that_cannot_be_imported(stack: AirflowStack, dags: Path) -> None:
    (dags / "broken.py").write_text("from airflow import DAG\nno_such_name  # dag_id is broken_probe\n")

    with pytest.raises(AirflowStackError, match=r"broken\.py cannot be imported[\s\S]*NameError"):
        stack.trigger_dag("broken_probe")


def test_runs_airflow_commands(stack: AirflowStack) -> None:
    assert stack.command("version").strip().endswith(stack.version)
    with pytest.raises(AirflowStackError, match="airflow dags details no_such_dag ended with code"):
        stack.command("dags", "details", "no_such_dag")


def test_a_wait_ends_with_what_was_seen(stack: AirflowStack) -> None:
    run_id = stack.trigger_dag(DAG, {"seconds": 60})
    stack.wait_for_task_state(DAG, run_id, "wait", "deferred", RUN_TIMEOUT)

    with pytest.raises(AirflowStackError, match=r"Waited 1 s in vain.*'wait': 'deferred'[\s\S]*triggerer\.log"):
        stack.wait_for_task_state(DAG, run_id, "wait", "success", timeout=1)


def test_tasks_see_the_environment_that_was_asked_for(stack: AirflowStack) -> None:
    run_id = stack.trigger_dag(DAG)
    stack.wait_for_dag(DAG, run_id, RUN_TIMEOUT)

    seen = stack.xcoms(DAG, run_id, "first")["return_value"]
    assert (seen["probe"], seen["foreign"]) == ("1", [])


def test_stops_without_leaving_a_process_and_starts_again(stack: AirflowStack, home: Path, dags: Path) -> None:
    run_id = stack.trigger_dag(DAG, {"seconds": 60})
    stack.wait_for_task_state(DAG, run_id, "wait", "deferred", RUN_TIMEOUT)
    family = family_of(stack)

    stack.stop()
    stack.stop()

    assert len(family) >= FEWEST_PROCESSES
    assert alive(family) == []
    with pytest.raises(AirflowStackError, match="not running"):
        stack.trigger_dag(DAG)
    with AirflowStack(home, dags) as again:
        assert again.task_states(DAG, run_id)["wait"] == "deferred", "the database is that of the first start"


def test_a_fresh_start_forgets_and_a_crash_is_reported(home: Path, dags: Path) -> None:
    with AirflowStack(home, dags, fresh=True) as stack:
        with stack.database() as database:
            assert database.execute("SELECT count(*) FROM dag_run").fetchone()[0] == 0

        os.kill(stack.pids["triggerer"], signal.SIGKILL)

        with pytest.raises(AirflowStackError, match="triggerer ended with code -9"):
            stack.wait_for_dag(DAG, "no_such_run", RUN_TIMEOUT)


def test_nothing_outlives_a_killed_caller(tmp_path: Path, dags: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", CALLER, str(tmp_path), str(dags)], stdout=subprocess.PIPE) as caller:
        assert caller.stdout is not None
        family = [psutil.Process(int(pid)) for pid in caller.stdout.readline().split()]
        caller.kill()

    assert len(family) >= FEWEST_PROCESSES
    deadline = time.monotonic() + 30
    while alive(family) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert alive(family) == []


def test_starts_components_one_by_one_where_forks_are_unsafe(home: Path, dags: Path) -> None:
    with AirflowStack(home, dags, warm=False) as stack:
        run_id = stack.trigger_dag(DAG)

        assert stack.wait_for_dag(DAG, run_id, RUN_TIMEOUT) == "success"


def family_of(stack: AirflowStack) -> list[psutil.Process]:
    """The supervisor, the components and everything below them."""
    supervisor = psutil.Process(stack.pids["scheduler"]).parent()
    assert supervisor is not None
    return [supervisor, *supervisor.children(recursive=True)]


def alive(family: list[psutil.Process]) -> list[psutil.Process]:
    return [process for process in family if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
