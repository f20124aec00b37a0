from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from extend_provider.events import error_event
from extend_provider.exceptions import (
    ExtendAuthenticationError,
    ExtendConfigurationError,
    ExtendFileError,
    ExtendNotFoundError,
    ExtendOutcomeUnknownError,
    ExtendRunTimeoutError,
)
from extend_provider.hooks.extend import ExtendHook
from extend_provider.sensors.run import ExtendEditRunSensor, ExtendRunSensor, ExtendSensorTimeoutError
from tests.airflow_names import AirflowSensorTimeout, AirflowSkipException
from tests.task_runs import FakeTaskInstance, run_task

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


@pytest.mark.parametrize("deferrable", [False, True])
def test_an_id_without_a_known_prefix_asks_for_the_kind(extend_local: LocalService, deferrable: bool) -> None:
    with pytest.raises(ExtendConfigurationError, match="does not tell the kind of the run"):
        run_task(ExtendRunSensor(task_id="wait", run_id="0f8fad5b", deferrable=deferrable))
    assert extend_local.requests == []


def test_a_given_kind_wins_over_the_ids_prefix(extend_local: LocalService) -> None:
    with pytest.raises(ExtendNotFoundError):
        run_task(ExtendRunSensor(task_id="wait", run_id="edr_1", kind="split"))
    assert extend_local.requests[0].path == "/split_runs/edr_1"


@pytest.mark.parametrize("mode", [{"deferrable": True}, {"mode": "reschedule", "poke_interval": 0.05}])
@pytest.mark.extend_local(processing_time=0.3)
def test_results_are_written_by_the_sensor_too(
    extend_local: LocalService, uploaded_form: str, tmp_path: Path, mode: dict[str, Any]
) -> None:
    with ExtendHook() as hook:
        run_id = hook.create_run("parse", {"file": {"id": uploaded_form}}).id
    paths = {"result_path": str(tmp_path / "r.json"), "markdown_path": str(tmp_path / "r.md")}
    run_task(ExtendRunSensor(task_id="wait", run_id=run_id, **paths, **mode))
    assert json.loads((tmp_path / "r.json").read_text())["chunks"]
    assert "Full name" in (tmp_path / "r.md").read_text()


def test_only_parse_runs_have_text(extend_local: LocalService) -> None:
    with pytest.raises(ExtendConfigurationError, match="markdown_path is for parse runs"):
        run_task(ExtendRunSensor(task_id="wait", run_id="exr_1", markdown_path="/tmp/x.md"))
    assert extend_local.requests == []


@pytest.mark.parametrize("argument", ["result_path", "markdown_path"])
def test_a_path_that_cannot_be_written_to_is_found_before_the_wait(
    extend_local: LocalService, argument: str, tmp_path: Path
) -> None:
    given: Any = {argument: str(tmp_path)}
    with pytest.raises(ExtendFileError, match="is a folder"):
        run_task(ExtendRunSensor(task_id="w", run_id="pr_1", kind="parse", **given))
    assert extend_local.requests == []


def test_a_url_in_place_of_a_path_is_not_shown() -> None:
    task = ExtendRunSensor(task_id="w", run_id="pr_1", result_path="{{ url }}")
    task.render_template_fields({"url": "https://x.example/r.json?X-Amz-Signature=S3CRET"})
    assert task.result_path == "https://x.example/r.json?***"
