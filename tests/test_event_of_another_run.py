"""
A task that is woken with the event of another run goes on waiting for its own.

Found by the crash test, on SQLite: a triggerer that stood still for longer than its health check threshold came back
and fired the event of a wait that the other triggerer had ended; by then Airflow had given that trigger's number to the
wait of another task, which took the result for its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from extend_provider.events import error_event
from extend_provider.exceptions import ExtendRunTimeoutError
from extend_provider.hooks.extend import ExtendHook
from extend_provider.operators.edit import ExtendCreateEditRunOperator
from extend_provider.sensors.run import ExtendEditRunSensor
from tests.airflow_names import TaskDeferred
from tests.task_runs import task_context

if TYPE_CHECKING:
    from extend_provider.local import LocalService

pytestmark = pytest.mark.extend_local(processing_time=3600)


def deferred(task: Any, context: Any) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as caught:
        task.execute(context)
    return caught.value


def operator(file_id: str) -> Any:
    return ExtendCreateEditRunOperator(task_id="fill", file=file_id, deferrable=True)


def sensor(file_id: str) -> Any:
    with ExtendHook() as hook:
        run_id = hook.create_edit_run(file={"id": file_id}).id
    return ExtendEditRunSensor(task_id="filled", run_id=run_id, deferrable=True)


def success_of(run_id: str) -> dict[str, Any]:
    return {"kind": "edit", "error": None, "run_id": run_id, "status": "PROCESSED", "output_file_ids": ["file_theirs"]}


def failure_of(run_id: str) -> dict[str, Any]:
    return error_event("edit", run_id, ExtendRunTimeoutError("too late", run_id=run_id, kind="edit"))


@pytest.mark.parametrize("make", [operator, sensor])
@pytest.mark.parametrize("event_of", [success_of, failure_of])
def test_the_event_of_another_run_is_not_believed(
    extend_local: LocalService, uploaded_form: str, make: Any, event_of: Any
) -> None:
    task = make(uploaded_form)
    context = task_context(task)
    first = deferred(task, context)

    with pytest.raises(TaskDeferred) as again:
        task.execute_complete(context, event=event_of("edr_of_somebody_else"), **(first.kwargs or {}))

    assert again.value.trigger.serialize() == first.trigger.serialize()
    assert (again.value.method_name, again.value.kwargs) == (first.method_name, first.kwargs)


@pytest.mark.parametrize("make", [operator, sensor])
def test_its_own_event_is(extend_local: LocalService, uploaded_form: str, make: Any) -> None:
    task = make(uploaded_form)
    context = task_context(task)
    first = deferred(task, context)
    own = first.trigger.serialize()[1]["run_id"]

    result = task.execute_complete(context, event=success_of(own), **(first.kwargs or {}))

    assert result["run_id"] == own


def test_one_that_an_older_version_deferred_goes_on(extend_local: LocalService, uploaded_form: str) -> None:
    task = operator(uploaded_form)

    assert task.execute_complete(task_context(task), event=success_of("edr_1"))["run_id"] == "edr_1"
