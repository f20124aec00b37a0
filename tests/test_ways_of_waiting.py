"""The same run gives the same XCom, whichever way a DAG waits for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowSensorTimeout

from extend_provider.exceptions import (
    ExtendError,
    ExtendNoOutputError,
    ExtendNotFoundError,
    ExtendRunFailedError,
    ExtendRunTimeoutError,
    ExtendUnknownStatusError,
)
from extend_provider.operators.edit import ExtendCreateEditRunOperator
from extend_provider.sensors.run import ExtendEditRunSensor, ExtendRunSensor
from tests.task_runs import Outcome, run_task

if TYPE_CHECKING:
    from extend_provider.local import LocalService

CONFIG = {"instructions": "full_name: Jordan Avery\nagree: yes", "advancedOptions": {"flattenPdf": False}}


def _operator(file: str, **arguments: Any) -> Outcome:
    return run_task(
        ExtendCreateEditRunOperator(task_id="fill", file=file, config=CONFIG, **{"poll_interval": 0.05, **arguments})
    )


def _submit_and_sense(sensor: type[ExtendRunSensor], file: str, **arguments: Any) -> Outcome:
    include = {key: arguments.pop(key) for key in ("include_filled_values",) if key in arguments}
    submitted = _operator(file, wait_for_completion=False)
    assert submitted.value == submitted.xcom["run_id"]
    return run_task(sensor(task_id="wait", run_id=submitted.value, **include, **arguments))


WAYS: dict[str, Callable[..., Outcome]] = {
    "operator, synchronous": lambda file, **kw: _operator(file, deferrable=False, **kw),
    "operator, deferred": lambda file, **kw: _operator(file, deferrable=True, **kw),
    "sensor, poke": lambda file, **kw: _submit_and_sense(
        ExtendEditRunSensor, file, mode="poke", poke_interval=0.05, **kw
    ),
    "sensor, reschedule": lambda file, **kw: _submit_and_sense(
        ExtendRunSensor, file, kind="edit", mode="reschedule", poke_interval=0.05, **kw
    ),
    "sensor, deferred": lambda file, **kw: _submit_and_sense(
        ExtendEditRunSensor, file, deferrable=True, poll_interval=0.05, **kw
    ),
}


@pytest.fixture(params=WAYS.values(), ids=WAYS.keys())
def way(request: pytest.FixtureRequest) -> Callable[..., Outcome]:
    waiting: Callable[..., Outcome] = request.param
    return waiting


@pytest.mark.extend_local(processing_time=0.3)
def test_result_is_the_same(way: Callable[..., Outcome], extend_local: LocalService, uploaded_form: str) -> None:
    outcome = way(uploaded_form)

    run_id = outcome.xcom["run_id"]
    edited = outcome.xcom["output_file_ids"]
    assert outcome.value == {
        "run_id": run_id,
        "status": "PROCESSED",
        "output_file_ids": edited,
        "filled_fields": ["full_name", "agree"],
        "credits": 2,
        "page_count": 1,
    }
    assert outcome.xcom == {"run_id": run_id, "output_file_ids": edited}
    assert len(edited) == 1
    assert extend_local.runs_created == 1


@pytest.mark.extend_local(processing_time=0.3)
def test_values_come_only_when_asked_for(
    way: Callable[..., Outcome], extend_local: LocalService, uploaded_form: str
) -> None:
    outcome = way(uploaded_form, include_filled_values=True)

    assert outcome.value["filled_values"] == {"full_name": "Jordan Avery", "agree": True}
    assert "Jordan" not in str([outcome.trigger_rows, outcome.events])


ENDS: list[tuple[str, dict[str, Any], type[ExtendError], str]] = [
    ("fail", {"reason": "CORRUPT_FILE", "message": "The file is damaged."}, ExtendRunFailedError, "CORRUPT_FILE"),
    ("fail", {"reason": "BRAND_NEW_REASON", "message": "New."}, ExtendRunFailedError, "BRAND_NEW_REASON"),
    ("processed_without_file", {}, ExtendNoOutputError, "schema matched nothing"),
]


@pytest.mark.parametrize(("fault", "options", "error", "text"), ENDS, ids=[f"{end[0]} {end[1]}" for end in ENDS])
def test_error_is_the_same(
    way: Callable[..., Outcome],
    extend_local: LocalService,
    uploaded_form: str,
    fault: str,
    options: dict[str, Any],
    error: type[ExtendError],
    text: str,
) -> None:
    extend_local.inject(fault, times=None, **options)

    with pytest.raises(error, match=text) as raised:
        way(uploaded_form)

    assert type(raised.value) is error
    assert raised.value.hint
    assert extend_local.runs_created == 1


TIMED = {name: waiting for name, waiting in WAYS.items() if name != "sensor, reschedule"}


@pytest.mark.parametrize("name", TIMED)
@pytest.mark.extend_local(processing_time=600)
def test_timeout(name: str, extend_local: LocalService, uploaded_form: str) -> None:
    error = ExtendRunTimeoutError if "operator" in name else AirflowSensorTimeout

    with pytest.raises(error):
        TIMED[name](uploaded_form, timeout=0.4)

    assert extend_local.runs_created == 1


@pytest.mark.parametrize("name", ["operator, synchronous", "operator, deferred"])
def test_unknown_status_at_the_deadline(name: str, extend_local: LocalService, uploaded_form: str) -> None:
    extend_local.inject("unknown_status", times=None, status="QUEUED_FOR_GPU")

    with pytest.raises(ExtendUnknownStatusError, match="QUEUED_FOR_GPU"):
        WAYS[name](uploaded_form, timeout=0.4)


@pytest.mark.parametrize("name", [name for name in WAYS if "sensor" in name])
def test_run_that_is_gone(name: str, extend_local: LocalService, uploaded_form: str) -> None:
    sensor = {
        "sensor, poke": {"mode": "poke"},
        "sensor, reschedule": {"mode": "reschedule"},
        "sensor, deferred": {"deferrable": True},
    }[name]

    with pytest.raises(ExtendNotFoundError, match="edr_gone"):
        run_task(ExtendEditRunSensor(task_id="wait", run_id="edr_gone", soft_fail=True, **sensor))
