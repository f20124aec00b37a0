"""The same run gives the same XCom, whichever way a DAG waits for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from extend_provider.exceptions import (
    ExtendError,
    ExtendNoOutputError,
    ExtendNotFoundError,
    ExtendRunFailedError,
    ExtendRunTimeoutError,
    ExtendUnknownStatusError,
)
from extend_provider.hooks.extend import ExtendHook
from extend_provider.kinds import RUN_KINDS, guess_kind
from extend_provider.links import RUN_URL_KEY, ExtendRunLink
from extend_provider.operators.base import ExtendCreateRunOperator
from extend_provider.operators.classify import ExtendCreateClassifyRunOperator
from extend_provider.operators.edit import ExtendCreateEditRunOperator, ExtendDetectFormOperator
from extend_provider.operators.extract import ExtendCreateExtractRunOperator
from extend_provider.operators.parse import ExtendCreateParseRunOperator
from extend_provider.operators.split import ExtendCreateSplitRunOperator
from extend_provider.operators.workflow import ExtendCreateWorkflowRunOperator
from extend_provider.retry_advice import is_worth_a_retry
from extend_provider.sensors.run import ExtendEditRunSensor, ExtendRunSensor
from tests.airflow_names import AirflowFailException, AirflowSensorTimeout
from tests.task_runs import Outcome, run_task

if TYPE_CHECKING:
    from extend_provider.local import LocalService

CONFIG = {"instructions": "full_name: Jordan Avery\nagree: yes", "advancedOptions": {"flattenPdf": False}}
WORKFLOW_ID = "workflow_read"
NAME = {"type": "object", "properties": {"full_name": {"type": ["string", "null"]}}}
TYPES = [
    {"id": "form", "type": "form", "description": "A form with a full name"},
    {"id": "other", "type": "other", "description": "Anything else"},
]


@dataclass(frozen=True)
class Kind:
    """One kind of run: who creates it, with what, and what it tells besides what every kind tells."""

    operator: type[ExtendCreateRunOperator]
    arguments: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    files: int = 0


KINDS = {
    "edit": Kind(ExtendCreateEditRunOperator, {"config": CONFIG}, {"filled_fields": ["full_name", "agree"]}, files=1),
    "parse": Kind(ExtendCreateParseRunOperator),
    "extract": Kind(ExtendCreateExtractRunOperator, {"config": {"schema": NAME}}, {"extracted_fields": ["full_name"]}),
    "classify": Kind(
        ExtendCreateClassifyRunOperator,
        {"config": {"classifications": TYPES}},
        {"classification": "form", "confidence": mock.ANY},
    ),
    "split": Kind(
        ExtendCreateSplitRunOperator,
        {"config": {"splitClassifications": TYPES}},
        {"splits": [{"type": "form", "start_page": 1, "end_page": 1, "file_id": mock.ANY}]},
        files=1,
    ),
    "workflow": Kind(
        ExtendCreateWorkflowRunOperator,
        {"workflow_id": WORKFLOW_ID},
        {
            "steps": [
                {"type": "PARSE", "status": "PROCESSED", "run_id": mock.ANY},
                {"type": "EXTRACT", "status": "PROCESSED", "run_id": mock.ANY},
            ]
        },
    ),
    "form_detection": Kind(
        ExtendDetectFormOperator,
        {},
        {"schema": {"type": "object", "properties": {"full_name": mock.ANY, "agree": mock.ANY}}},
    ),
}
# Of a form detection, the schema is all there is.
DOCUMENTS = [kind for kind in KINDS if kind not in {"edit", "form_detection"}]
# Where the URL of the run's page is stored: Airflow 3 shows what is under a key of its own.
URL_KEYS = {RUN_URL_KEY, getattr(ExtendRunLink(), "xcom_key", RUN_URL_KEY)}


@pytest.fixture(autouse=True)
def workflow(extend_local: LocalService) -> None:
    steps = [{"type": "PARSE"}, {"type": "EXTRACT", "config": {"extractorConfig": {"schema": NAME}}}]
    extend_local.add_workflow("Read a form", steps, id=WORKFLOW_ID)


def _operator(file: str, kind: str = "edit", **arguments: Any) -> Outcome:
    chosen = KINDS[kind]
    return run_task(
        chosen.operator(task_id="work", file=file, **{"poll_interval": 0.05, **chosen.arguments, **arguments})
    )


def _submit_and_sense(sensor: type[ExtendRunSensor], file: str, kind: str = "edit", **arguments: Any) -> Outcome:
    asked_for = {key: arguments.pop(key) for key in ("include_filled_values", "include_output") if key in arguments}
    submitted = _operator(file, kind, wait_for_completion=False)
    assert submitted.value == submitted.xcom["run_id"]
    return run_task(sensor(task_id="wait", run_id=submitted.value, **asked_for, **arguments))


WAYS: dict[str, Callable[..., Outcome]] = {
    "operator, synchronous": lambda file, **kw: _operator(file, deferrable=False, **kw),
    "operator, deferred": lambda file, **kw: _operator(file, deferrable=True, **kw),
    "sensor, poke": lambda file, **kw: _submit_and_sense(ExtendRunSensor, file, mode="poke", poke_interval=0.05, **kw),
    "sensor, reschedule": lambda file, **kw: _submit_and_sense(
        ExtendRunSensor, file, mode="reschedule", poke_interval=0.05, **kw
    ),
    "sensor, deferred": lambda file, **kw: _submit_and_sense(
        ExtendRunSensor, file, deferrable=True, poll_interval=0.05, **kw
    ),
}


@pytest.fixture(params=WAYS.values(), ids=WAYS.keys())
def way(request: pytest.FixtureRequest) -> Callable[..., Outcome]:
    waiting: Callable[..., Outcome] = request.param
    return waiting


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.extend_local(processing_time=0.3)
def test_result_is_the_same(
    way: Callable[..., Outcome], kind: str, extend_local: LocalService, uploaded_form: str
) -> None:
    outcome = way(uploaded_form, kind=kind)

    run_id = outcome.xcom["run_id"]
    output = outcome.xcom["output_file_ids"]
    assert outcome.value == {
        "run_id": run_id,
        "status": "PROCESSED",
        "output_file_ids": output,
        "credits": outcome.value["credits"],
        "page_count": 1,
        **KINDS[kind].facts,
    }
    assert outcome.value["credits"] > 0
    with ExtendHook() as hook:
        url = hook.get_run(run_id, kind).dashboard_url
    assert bool(url) is RUN_KINDS[kind].in_dashboard
    assert outcome.xcom == {
        "run_id": run_id,
        "output_file_ids": output,
        **({"schema": outcome.value["schema"]} if kind == "form_detection" else {}),
        **(dict.fromkeys(URL_KEYS, url) if url else {}),
    }
    assert len(output) == KINDS[kind].files
    assert guess_kind(run_id).name == kind
    assert extend_local.runs_created == 1


@pytest.mark.parametrize("kind", DOCUMENTS)
@pytest.mark.extend_local(processing_time=0.3)
def test_output_comes_only_when_asked_for(
    way: Callable[..., Outcome], kind: str, extend_local: LocalService, uploaded_form: str
) -> None:
    outcome = way(uploaded_form, kind=kind, include_output=True)

    with ExtendHook() as hook:
        whole = hook.get_conn().get_run(outcome.xcom["run_id"], kind, whole=True).whole_output
    assert outcome.value["output"] == whole
    assert whole
    assert '"output"' not in json.dumps([outcome.trigger_rows, outcome.events])


def test_every_kind_is_compared() -> None:
    assert set(KINDS) == set(RUN_KINDS)


@pytest.mark.parametrize("kind", [*DOCUMENTS, "form_detection"])
def test_failure_is_the_same(
    way: Callable[..., Outcome], kind: str, extend_local: LocalService, uploaded_form: str
) -> None:
    extend_local.inject("fail", times=None, reason="FAILED_TO_PROCESS_FILE", message="It is empty.")

    with pytest.raises(ExtendRunFailedError, match="FAILED_TO_PROCESS_FILE") as raised:
        way(uploaded_form, kind=kind)

    assert raised.value.kind == kind
    assert isinstance(raised.value, AirflowFailException)


@pytest.mark.parametrize("kind", [name for name in KINDS if RUN_KINDS[name].cancellable])
@pytest.mark.extend_local(processing_time=600)
def test_cancelled_run_is_a_failure_that_no_retry_replaces(
    kind: str, extend_local: LocalService, uploaded_form: str
) -> None:
    run_id = _operator(uploaded_form, kind, wait_for_completion=False).value
    with ExtendHook() as hook:
        run = hook.get_conn().cancel_run(run_id, kind)
    if run.status == "CANCELLING":
        extend_local.finish_run(run_id)

    with pytest.raises(ExtendRunFailedError) as raised:
        run_task(ExtendRunSensor(task_id="wait", run_id=run_id))

    assert raised.value.retryable is False
    assert isinstance(raised.value, AirflowFailException)


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

    assert isinstance(raised.value, AirflowFailException) is (not is_worth_a_retry(raised.value))
    assert raised.value.hint
    assert extend_local.runs_created == 1


@pytest.mark.parametrize("kind", [name for name in KINDS if RUN_KINDS[name].gives_file or RUN_KINDS[name].gives_schema])
def test_nothing_given_is_the_same_error(
    way: Callable[..., Outcome], kind: str, extend_local: LocalService, uploaded_form: str
) -> None:
    extend_local.inject("processed_without_file", times=None)

    with pytest.raises(ExtendNoOutputError) as raised:
        way(uploaded_form, kind=kind)

    error = raised.value
    what = "schema" if kind == "form_detection" else "output file"
    assert error.message == f"Extend {kind} run {error.run_id} is PROCESSED, but gave no {what}."
    assert (error.kind, error.status, bool(error.hint)) == (kind, "PROCESSED", True)
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
