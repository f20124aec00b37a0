from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowSensorTimeout, AirflowSkipException

from extend_provider.events import error_event
from extend_provider.exceptions import (
    ExtendAuthenticationError,
    ExtendConfigurationError,
    ExtendNotFoundError,
    ExtendOutcomeUnknownError,
    ExtendRunTimeoutError,
)
from extend_provider.sensors.run import ExtendEditRunSensor, ExtendRunSensor, ExtendSensorTimeoutError
from tests.task_runs import FakeTaskInstance

if TYPE_CHECKING:
    from extend_provider.local import LocalService


def resume(sensor: Any, event: Any) -> Any:
    """Resume as the worker does, through the base class that knows soft_fail."""
    context: Any = {"ti": FakeTaskInstance()}
    return sensor.resume_execution("execute_complete", {"event": event}, context)


TIMEOUT = ExtendRunTimeoutError("The run did not end.", run_id="edr_1", kind="edit", status="PROCESSING", hint="Wait.")


def test_timeout_is_airflows_own_and_ours() -> None:
    with pytest.raises(ExtendSensorTimeoutError, match="did not end") as raised:
        resume(ExtendEditRunSensor(task_id="wait", run_id="edr_1"), error_event("edit", "edr_1", TIMEOUT))

    assert isinstance(raised.value, AirflowSensorTimeout)
    assert isinstance(raised.value, ExtendRunTimeoutError)
    assert (raised.value.run_id, raised.value.status, raised.value.hint) == ("edr_1", "PROCESSING", "Wait.")


def test_soft_fail_skips_after_a_timeout() -> None:
    with pytest.raises(AirflowSkipException):
        resume(
            ExtendEditRunSensor(task_id="wait", run_id="edr_1", soft_fail=True),
            error_event("edit", "edr_1", TIMEOUT),
        )


@pytest.mark.parametrize("error", [ExtendAuthenticationError("No."), ExtendNotFoundError("Gone.")])
def test_soft_fail_does_not_hide_other_errors(error: Any) -> None:
    with pytest.raises(type(error)):
        resume(ExtendEditRunSensor(task_id="wait", run_id="edr_1", soft_fail=True), error_event("edit", "edr_1", error))


@pytest.mark.parametrize("event", [None, {}, "success", {"status": "success"}, {"run_id": "edr_1", "status": "?"}])
def test_missing_or_foreign_event_is_no_success(event: Any) -> None:
    with pytest.raises(ExtendOutcomeUnknownError):
        resume(ExtendEditRunSensor(task_id="wait", run_id="edr_1"), event)


@pytest.mark.parametrize("run_id", [None, "", "None"])
@pytest.mark.parametrize("deferrable", [True, False])
def test_missing_run_id(extend_local: LocalService, run_id: Any, deferrable: bool) -> None:
    context: Any = {"ti": FakeTaskInstance()}
    with pytest.raises(ExtendConfigurationError, match=r"run_id is empty.*XCom"):
        ExtendEditRunSensor(task_id="wait", run_id=run_id, deferrable=deferrable).execute(context)


def test_unknown_kind_names_the_known(extend_local: LocalService) -> None:
    context: Any = {"ti": FakeTaskInstance()}
    with pytest.raises(ExtendConfigurationError, match=r"Unknown run kind 'edits'.*edit"):
        ExtendRunSensor(task_id="wait", run_id="edr_1", kind="edits").execute(context)


def test_poke_survives_an_outage(extend_local: LocalService, mocker: Any, capsys: pytest.CaptureFixture[str]) -> None:
    extend_local.inject("rate_limit", times=None, retry_after=3600)
    sensor = ExtendEditRunSensor(task_id="wait", run_id="edr_1")
    context: Any = {"ti": FakeTaskInstance()}
    with sensor.hook:
        assert not sensor.poke(context)
    assert "edr_1 cannot be seen for now" in capsys.readouterr().out
