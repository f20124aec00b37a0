"""A workflow run that a human has to look at, in every way of waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from extend_provider.exceptions import (
    ExtendConfigurationError,
    ExtendReviewNeededError,
    ExtendRunFailedError,
    ExtendRunTimeoutError,
)
from extend_provider.hooks.extend import ExtendHook
from extend_provider.operators.workflow import ExtendCreateWorkflowRunOperator
from extend_provider.sensors.run import ExtendRunSensor
from tests.airflow_names import AirflowFailException, AirflowSensorTimeout, AirflowSkipException
from tests.task_runs import Outcome, run_task

if TYPE_CHECKING:
    from extend_provider.local import LocalService

WORKFLOW_ID = "workflow_reviewed"


@pytest.fixture(autouse=True)
def workflow(extend_local: LocalService) -> None:
    extend_local.add_workflow("Reviewed", [{"type": "PARSE"}, {"type": "HUMAN_REVIEW"}], id=WORKFLOW_ID)


def create(file: str, **arguments: Any) -> Outcome:
    return run_task(
        ExtendCreateWorkflowRunOperator(
            task_id="work", file=file, workflow_id=WORKFLOW_ID, **{"poll_interval": 0.05, **arguments}
        )
    )


def sense(file: str, **arguments: Any) -> Outcome:
    run_id = create(file, wait_for_completion=False).value
    return run_task(ExtendRunSensor(task_id="wait", run_id=run_id, **arguments))


WAYS: dict[str, Callable[..., Outcome]] = {
    "operator, synchronous": lambda file, **kw: create(file, deferrable=False, **kw),
    "operator, deferred": lambda file, **kw: create(file, deferrable=True, **kw),
    "sensor, poke": lambda file, **kw: sense(file, mode="poke", poke_interval=0.05, **kw),
    "sensor, reschedule": lambda file, **kw: sense(file, mode="reschedule", poke_interval=0.05, **kw),
    "sensor, deferred": lambda file, **kw: sense(file, deferrable=True, poll_interval=0.05, **kw),
}


@pytest.fixture(params=WAYS.values(), ids=WAYS.keys())
def way(request: pytest.FixtureRequest) -> Callable[..., Outcome]:
    waiting: Callable[..., Outcome] = request.param
    return waiting


@contextmanager
def human(service: LocalService, decide: Callable[[str], None]) -> Iterator[None]:
    """Somebody who looks at the first run that needs it."""

    def look() -> None:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with ExtendHook() as hook:
                for run in hook.get_conn().list_runs("workflow"):
                    if run.status == "NEEDS_REVIEW":
                        time.sleep(0.3)  # long enough for the task to have seen it
                        decide(run.id)
                        return
            time.sleep(0.05)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        thread.join()


def test_the_task_waits_for_the_human(
    way: Callable[..., Outcome], extend_local: LocalService, uploaded_form: str
) -> None:
    with human(extend_local, extend_local.approve):
        outcome = way(uploaded_form)
    assert outcome.value["status"] == "PROCESSED"
    assert outcome.value["steps"][0]["type"] == "PARSE"
    assert extend_local.runs_created == 1


def test_a_rejected_run_fails_and_no_retry_replaces_it(
    way: Callable[..., Outcome], extend_local: LocalService, uploaded_form: str
) -> None:
    with human(extend_local, extend_local.reject), pytest.raises(ExtendRunFailedError, match="REJECTED") as raised:
        way(uploaded_form)
    assert raised.value.retryable is False
    assert isinstance(raised.value, AirflowFailException)


def test_succeed(way: Callable[..., Outcome], extend_local: LocalService, uploaded_form: str) -> None:
    outcome = way(uploaded_form, on_review="succeed")
    assert outcome.value["status"] == "NEEDS_REVIEW"
    assert outcome.xcom["output_file_ids"] == []


def test_skip(way: Callable[..., Outcome], extend_local: LocalService, uploaded_form: str) -> None:
    with pytest.raises(AirflowSkipException, match="NEEDS_REVIEW"):
        way(uploaded_form, on_review="skip")


def test_fail(way: Callable[..., Outcome], extend_local: LocalService, uploaded_form: str) -> None:
    with pytest.raises(ExtendReviewNeededError, match="a human has to look at it") as raised:
        way(uploaded_form, on_review="fail")
    assert (raised.value.kind, raised.value.status) == ("workflow", "NEEDS_REVIEW")
    assert raised.value.run_id.startswith("workflow_run_")
    # A retry looks at the same run again, which somebody may have reviewed meanwhile.
    assert not isinstance(raised.value, AirflowFailException)
    assert extend_local.runs_created == 1


@pytest.mark.parametrize("name", [name for name in WAYS if name != "sensor, reschedule"])
def test_nobody_waits_longer_than_the_timeout(name: str, extend_local: LocalService, uploaded_form: str) -> None:
    error = AirflowSensorTimeout if "sensor" in name else ExtendRunTimeoutError
    with pytest.raises(error) as raised:
        WAYS[name](uploaded_form, timeout=0.6)
    assert name == "sensor, poke" or "NEEDS_REVIEW" in str(raised.value)


@pytest.mark.parametrize("name", WAYS)
def test_another_word_is_refused(name: str, extend_local: LocalService, uploaded_form: str) -> None:
    with pytest.raises(ExtendConfigurationError, match="on_review must be one of wait, succeed, skip, fail"):
        WAYS[name](uploaded_form, on_review="maybe")
