"""
What Airflow's database holds of a deferred task survives an upgrade of this package.

A file in ``golden`` per version holds what that version writes: the trigger's row, the method that goes on, and events
that triggers have fired. That of a released version is never changed or removed. That of the version to come is written
with ``WRITE_GOLDEN=1 pytest tests/triggers/test_golden.py``.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import re
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from extend_provider import __version__, exceptions
from extend_provider.events import error_event, success_event
from extend_provider.hooks.extend import ExtendHook
from extend_provider.kinds import run_kind
from extend_provider.models import EditRun
from extend_provider.operators.edit import ExtendCreateEditRunOperator
from extend_provider.results import result_of
from extend_provider.sensors.run import ExtendEditRunSensor
from tests.airflow_names import AirflowFailException, TaskDeferred
from tests.task_runs import first_event, task_context

if TYPE_CHECKING:
    from extend_provider.local import LocalService

FOLDER = Path(__file__).parent / "golden"
GOLDEN = {file.stem: json.loads(file.read_text()) for file in sorted(FOLDER.glob("*.json"))}
DEADLINE = datetime(2036, 3, 4, 10, 15, tzinfo=timezone.utc)
TASKS: dict[str, Any] = {
    "operator": lambda: ExtendCreateEditRunOperator(
        task_id="fill", file="file_1", extend_conn_id="extend_default", poll_interval=2.5, deferrable=True
    ),
    "sensor": lambda: ExtendEditRunSensor(task_id="wait", run_id="edr_1", deferrable=True),
}
DEFERRALS = [(version, task, row) for version, known in GOLDEN.items() for task, row in known["deferrals"].items()]
EVENTS = [(version, fired) for version, known in GOLDEN.items() for fired in known["events"]]


def written_today(task: str) -> dict[str, Any]:
    """What Airflow would store if the task waited in the triggerer now."""
    with pytest.raises(TaskDeferred) as raised:
        TASKS[task]().wait_in_triggerer("edr_1", DEADLINE if task == "operator" else None)
    classpath, kwargs = raised.value.trigger.serialize()
    return {"trigger": [classpath, kwargs], "method_name": raised.value.method_name, "kwargs": raised.value.kwargs}


def fired_today() -> list[dict[str, Any]]:
    """Events as triggers fire them now, and what becomes of them."""
    output = {"editedFile": {"id": "file_2"}, "filledValues": {"full_name": "Jordan Avery"}}
    done = EditRun.model_validate({"id": "edr_1", "status": "PROCESSED", "output": output, "usage": {"credits": 2}})
    result = result_of(run_kind("edit"), done)
    late = "Extend edit run edr_1 did not end by the deadline."
    gone = "GET /edit_runs/edr_1 was refused (HTTP 404)."
    errors = [
        exceptions.ExtendRunTimeoutError(late, run_id="edr_1", kind="edit", status="PROCESSING"),
        exceptions.ExtendNotFoundError(gone, status_code=404, request_id="req_1", hint="It may have been deleted."),
        exceptions.ExtendRunFailedError(
            "It ended as FAILED: CORRUPT_FILE.", run_id="edr_1", kind="edit", status="FAILED", reason="CORRUPT_FILE"
        ),
    ]
    fired = [{"event": error_event("edit", "edr_1", error), "says": error.message} for error in errors]
    return [{"event": success_event("edit", result), "result": result}, *fired]


def trigger_of(row: dict[str, Any]) -> Any:
    """Make a trigger from its row, as the triggerer does."""
    classpath, kwargs = row["trigger"]
    module, _, name = classpath.rpartition(".")
    return getattr(importlib.import_module(module), name)(**kwargs)


def go_on(task: str, row: dict[str, Any], event: Any) -> Any:
    """Resume a task with an event, as a worker does."""
    resumed = TASKS[task]()
    return getattr(resumed, row["method_name"])(task_context(resumed), event=event, **(row["kwargs"] or {}))


def test_this_version_writes_what_its_file_says() -> None:
    deferrals = {task: written_today(task) for task in TASKS}
    if os.environ.get("WRITE_GOLDEN"):
        content = json.dumps({"deferrals": deferrals, "events": fired_today()}, indent=2)
        (FOLDER / f"{__version__}.json").write_text(f"{content}\n")
        pytest.skip("Written; look at the difference before it is committed")
    assert __version__ in GOLDEN, "There is no file for this version; see the beginning of this module."
    assert GOLDEN[__version__]["deferrals"] == json.loads(json.dumps(deferrals))


@pytest.mark.parametrize(("version", "task", "row"), DEFERRALS)
def test_the_trigger_is_made_from_its_row(version: str, task: str, row: dict[str, Any]) -> None:
    classpath, kwargs = trigger_of(row).serialize()
    assert classpath == written_today(task)["trigger"][0]
    assert kwargs.items() >= row["trigger"][1].items()


@pytest.mark.parametrize(("version", "task", "row"), DEFERRALS)
def test_the_wait_goes_on_and_the_task_too(
    version: str, task: str, row: dict[str, Any], extend_local: LocalService, uploaded_form: str
) -> None:
    with ExtendHook() as hook:
        config = {"instructions": "full_name: Jordan Avery"}
        run_id = hook.create_edit_run(file={"id": uploaded_form}, config=config).id

    about_this_run = json.loads(json.dumps(row).replace('"edr_1"', json.dumps(run_id)))

    event = asyncio.run(first_event(trigger_of(about_this_run)))

    assert go_on(task, about_this_run, json.loads(json.dumps(event)))["filled_fields"] == ["full_name"]


@pytest.mark.parametrize(("version", "fired"), EVENTS)
@pytest.mark.parametrize("task", TASKS)
def test_an_event_under_way_is_understood(version: str, fired: dict[str, Any], task: str) -> None:
    row = GOLDEN[version]["deferrals"][task]
    if "result" in fired:
        assert go_on(task, row, fired["event"]) == fired["result"]
        return
    # Airflow's own exception stands around an error that no retry can mend.
    with pytest.raises(Exception, match=re.escape(fired["says"])) as raised:
        go_on(task, row, fired["event"])
    known = getattr(exceptions, fired["event"]["error"]["type"])
    assert isinstance(raised.value, (known, AirflowFailException))
