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
from collections.abc import Callable
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from extend_provider import __version__, exceptions
from extend_provider.events import error_event, success_event
from extend_provider.hooks.extend import ExtendHook
from extend_provider.kinds import run_kind
from extend_provider.models import EditRun
from extend_provider.operators.edit import ExtendCreateEditRunOperator
from extend_provider.operators.workflow import ExtendCreateWorkflowRunOperator
from extend_provider.results import result_of
from extend_provider.run_models import WorkflowRun
from extend_provider.sensors.run import ExtendEditRunSensor
from tests.airflow_names import AirflowFailException, TaskDeferred
from tests.task_runs import first_event, task_context

if TYPE_CHECKING:
    from extend_provider.local import LocalService

FOLDER = Path(__file__).parent / "golden"
GOLDEN = {file.stem: json.loads(file.read_text()) for file in sorted(FOLDER.glob("*.json"))}
DEADLINE = datetime(2036, 3, 4, 10, 15, tzinfo=timezone.utc)
WORKFLOW_ID = "workflow_reviewed"
TASKS: dict[str, Callable[..., Any]] = {
    "operator": lambda file="file_1": ExtendCreateEditRunOperator(
        task_id="fill", file=file, extend_conn_id="extend_default", poll_interval=2.5, deferrable=True
    ),
    "sensor": lambda file="": ExtendEditRunSensor(task_id="wait", run_id="edr_1", deferrable=True),
    "detection": lambda file="file_1": ExtendCreateEditRunOperator(
        task_id="fill", file=file, values={"full_name": "Jordan Avery"}, deferrable=True
    ),
    "review": lambda file="file_1": ExtendCreateWorkflowRunOperator(
        task_id="work", file=file, workflow_id=WORKFLOW_ID, on_review="fail", deferrable=True
    ),
}
# The run that each waits for, as its row calls it.
AWAITED = {"operator": "edr_1", "sensor": "edr_1", "detection": "sgr_1", "review": "workflow_run_1"}
DEFERRALS = [(version, task, row) for version, known in GOLDEN.items() for task, row in known["deferrals"].items()]
EVENTS = [(version, fired) for version, known in GOLDEN.items() for fired in known["events"]]
UNDER_WAY = [
    (version, task, fired)
    for version, fired in EVENTS
    for task in GOLDEN[version]["deferrals"]
    if AWAITED[task] == fired["event"]["run_id"]
]


@pytest.fixture(autouse=True)
def workflow(extend_local: LocalService) -> None:
    extend_local.add_workflow("Reviewed", [{"type": "PARSE"}, {"type": "HUMAN_REVIEW"}], id=WORKFLOW_ID)


def written_today(task: str, file: str) -> dict[str, Any]:
    """What Airflow would store if the task waited in the triggerer now."""
    waiting = TASKS[task](file)
    wait = partial(waiting.execute, task_context(waiting))
    if task in {"operator", "sensor"}:
        wait = partial(waiting.wait_in_triggerer, "edr_1", DEADLINE if task == "operator" else None)
    with pytest.raises(TaskDeferred) as raised:
        wait()
    classpath, kwargs = raised.value.trigger.serialize()
    row = {"trigger": [classpath, kwargs], "method_name": raised.value.method_name, "kwargs": raised.value.kwargs}
    # The service chooses the id, and the clock the deadline.
    text = json.dumps(row).replace(json.dumps(kwargs["run_id"]), json.dumps(AWAITED[task]))
    known: dict[str, Any] = json.loads(text.replace(json.dumps(kwargs["deadline"]), json.dumps(_deadline_of(task))))
    return known


def _deadline_of(task: str) -> str | None:
    return None if task == "sensor" else DEADLINE.isoformat()


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
    return [{"event": success_event("edit", result), "result": result}, *fired, *_fired_for_others()]


def _fired_for_others() -> list[dict[str, Any]]:
    empty = exceptions.ExtendNoOutputError(
        "It gave no schema.", run_id="sgr_1", kind="form_detection", status="PROCESSED"
    )
    reviewed = WorkflowRun.model_validate({"id": "workflow_run_1", "status": "NEEDS_REVIEW", "stepRuns": []})
    needs_review = success_event("workflow", result_of(run_kind("workflow", "fail"), reviewed))
    return [
        {"event": error_event("form_detection", "sgr_1", empty), "says": empty.message},
        {
            "event": needs_review,
            "says": "Extend workflow run workflow_run_1 is NEEDS_REVIEW: a human has to look at it.",
        },
    ]


def trigger_of(row: dict[str, Any]) -> Any:
    """Make a trigger from its row, as the triggerer does."""
    classpath, kwargs = row["trigger"]
    module, _, name = classpath.rpartition(".")
    return getattr(importlib.import_module(module), name)(**kwargs)


def go_on(task: str, row: dict[str, Any], event: Any, file: str = "file_1") -> Any:
    """Resume a task with an event, as a worker does, and once more should it have to wait for another run then."""
    resumed = TASKS[task](file)
    context = task_context(resumed)
    try:
        return getattr(resumed, row["method_name"])(context, event=event, **(row["kwargs"] or {}))
    except TaskDeferred as deferral:
        event = asyncio.run(first_event(deferral.trigger))
        return getattr(resumed, deferral.method_name)(context, event=event, **(deferral.kwargs or {}))


def started(task: str, file: str) -> str:
    """Create the run that a task waits for, and return its id."""
    kind, body = {
        "detection": ("form_detection", {}),
        "review": ("workflow", {"workflow": {"id": WORKFLOW_ID}}),
    }.get(task, ("edit", {"config": {"instructions": "full_name: Jordan Avery"}}))
    with ExtendHook() as hook:
        return hook.create_run(kind, {"file": {"id": file}, **body}).id


@pytest.mark.extend_local(processing_time=600)
def test_this_version_writes_what_its_file_says(extend_local: LocalService, uploaded_form: str) -> None:
    deferrals = {task: written_today(task, uploaded_form) for task in TASKS}
    if os.environ.get("WRITE_GOLDEN"):
        content = json.dumps({"deferrals": deferrals, "events": fired_today()}, indent=2)
        (FOLDER / f"{__version__}.json").write_text(f"{content}\n")
        pytest.skip("Written; look at the difference before it is committed")
    assert __version__ in GOLDEN, "There is no file for this version; see the beginning of this module."
    assert GOLDEN[__version__]["deferrals"] == deferrals


@pytest.mark.extend_local(processing_time=600)
@pytest.mark.parametrize(("version", "task", "row"), DEFERRALS)
def test_the_trigger_is_made_from_its_row(
    version: str, task: str, row: dict[str, Any], extend_local: LocalService, uploaded_form: str
) -> None:
    classpath, kwargs = trigger_of(row).serialize()
    assert classpath == written_today(task, uploaded_form)["trigger"][0]
    assert kwargs.items() >= row["trigger"][1].items()


@pytest.mark.parametrize(("version", "task", "row"), DEFERRALS)
def test_the_wait_goes_on_and_the_task_too(
    version: str, task: str, row: dict[str, Any], extend_local: LocalService, uploaded_form: str
) -> None:
    run_id = started(task, uploaded_form)
    about_this_run = json.loads(json.dumps(row).replace(json.dumps(AWAITED[task]), json.dumps(run_id)))

    event = json.loads(json.dumps(asyncio.run(first_event(trigger_of(about_this_run)))))

    if task == "review":
        with pytest.raises(exceptions.ExtendReviewNeededError, match=run_id):
            go_on(task, about_this_run, event, uploaded_form)
    else:
        assert go_on(task, about_this_run, event, uploaded_form)["filled_fields"] == ["full_name"]


@pytest.mark.parametrize(("version", "task", "fired"), UNDER_WAY)
def test_an_event_under_way_is_understood(version: str, task: str, fired: dict[str, Any]) -> None:
    row = GOLDEN[version]["deferrals"][task]
    if "result" in fired:
        assert go_on(task, row, fired["event"]) == fired["result"]
        return
    # Airflow's own exception stands around an error that no retry can mend.
    with pytest.raises(Exception, match=re.escape(fired["says"])) as raised:
        go_on(task, row, fired["event"])
    name = fired["event"]["error"]["type"] if fired["event"]["error"] else "ExtendReviewNeededError"
    assert isinstance(raised.value, (getattr(exceptions, name), AirflowFailException))
