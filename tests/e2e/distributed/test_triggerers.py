"""Two triggerers share the waits, with few requests; if one dies, or stands still, the other one goes on."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import psutil
import pytest

from dev.distributed.deployment import TRIGGERERS
from extend_provider.local import LocalService
from tests.e2e.airflow_user import add_connection
from tests.e2e.distributed.placement import waits_by_triggerer
from tests.e2e.polling import until
from tests.e2e.run_files import form_input

if TYPE_CHECKING:
    from pathlib import Path

    from dev.airflow_stack import AirflowStack

DAG, TASK = "many_deferred", "fill"
WAITS = 12
TIMEOUT = 120
CONNECTION = "extend_triggerers"
WATCHED = 15.0
"""Seconds during which requests are counted."""
FROZEN = 16.0
"""Seconds that a triggerer stands still: longer than ``triggerer_health_check_threshold``, 10 s here."""
Waits = dict["int | None", int]


@pytest.fixture(scope="module")
def service(airflow_stack: AirflowStack, service: LocalService) -> LocalService:
    add_connection(airflow_stack, CONNECTION, service.connection_json())
    return service


@pytest.fixture
def waiting(
    airflow_stack: AirflowStack, service: LocalService, form_pdf: bytes, marker: str, tmp_path: Path
) -> Iterator[str]:
    """Id of a DAG run whose tasks all wait, in both triggerers; at the end, both run again."""
    service.reset()
    given = form_input(tmp_path, CONNECTION, form_pdf, marker)
    run_id = airflow_stack.trigger_dag(DAG, given)
    until(lambda: is_shared(waits(airflow_stack, run_id)), "both triggerers to have waits", TIMEOUT)
    assert service.runs_created == WAITS
    yield run_id
    for name in TRIGGERERS:
        if name not in airflow_stack.pids:
            airflow_stack.start_component("triggerer", name)


def waits(stack: AirflowStack, run_id: str) -> Waits:
    return waits_by_triggerer(stack, DAG, run_id)


def is_shared(found: Waits) -> bool:
    return sum(found.values()) == WAITS and len(found) == len(TRIGGERERS) and None not in found


def wait_for_survivor(stack: AirflowStack, run_id: str, before: Waits) -> int:
    """Wait until one of the triggerers has all waits; return how many it has got from the other one."""
    found = until(lambda: len(waits(stack, run_id)) == 1 and waits(stack, run_id), "one to take all", TIMEOUT)
    ((survivor, number),) = found.items()
    assert survivor in before
    assert number == WAITS
    return number - before[survivor]


def finish(stack: AirflowStack, service: LocalService, run_id: str) -> None:
    """Let all runs end; each task must succeed with its own, and nothing be created or ended."""
    assert set(stack.task_states(DAG, run_id).values()) == {"deferred"}, "nothing has ended, so nothing goes on"
    found = [stack.xcoms(DAG, run_id, TASK, index)["run_id"] for index in range(WAITS)]
    for extend_run in found:
        service.finish_run(extend_run)
    assert stack.wait_for_dag(DAG, run_id, TIMEOUT) == "success", stack.failure_report(DAG, run_id)
    results = [stack.xcoms(DAG, run_id, TASK, index)["return_value"]["run_id"] for index in range(WAITS)]
    assert results == found
    assert len(set(found)) == service.runs_created == WAITS
    methods = Counter(request.method for request in service.requests if request.path.startswith("/edit_runs"))
    assert methods.pop("POST") == WAITS
    assert set(methods) == {"GET"}


def test_both_look_with_few_requests(airflow_stack: AirflowStack, service: LocalService, waiting: str) -> None:
    began, seen = time.monotonic(), len(service.requests)
    airflow_stack.pause(WATCHED)
    looks = [request for request in service.requests[seen:] if request.method == "GET"]
    seconds = time.monotonic() - began

    assert is_shared(waits(airflow_stack, waiting))
    # Every second each triggerer reads the list once; or, with one or two waits, those. Each wait by itself: 12.
    each_by_itself = WAITS * seconds
    assert len(TRIGGERERS) * seconds / 3 < len(looks) < each_by_itself / 3, waits(airflow_stack, waiting)
    finish(airflow_stack, service, waiting)


def test_one_is_killed(airflow_stack: AirflowStack, service: LocalService, waiting: str) -> None:
    before = waits(airflow_stack, waiting)

    airflow_stack.kill(TRIGGERERS[0])

    assert wait_for_survivor(airflow_stack, waiting, before) > 0
    finish(airflow_stack, service, waiting)


def test_one_stands_still_and_comes_back(airflow_stack: AirflowStack, service: LocalService, waiting: str) -> None:
    before = waits(airflow_stack, waiting)
    leader = airflow_stack.pids[TRIGGERERS[1]]
    frozen = [psutil.Process(leader), *psutil.Process(leader).children(recursive=True)]

    for process in frozen:
        process.send_signal(signal.SIGSTOP)
    try:
        assert wait_for_survivor(airflow_stack, waiting, before) > 0
    finally:
        for process in frozen:
            process.send_signal(signal.SIGCONT)

    # What it still waited for is no longer its own; it lets go without ending it.
    airflow_stack.pause(5)
    assert not [request for request in service.requests if request.method == "DELETE"]
    finish(airflow_stack, service, waiting)
