from __future__ import annotations

import asyncio
import json
import logging
import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from extend_provider.hooks.extend import ExtendHook
from extend_provider.triggers.run import ExtendRunTrigger
from tests.task_runs import first_event

if TYPE_CHECKING:
    from extend_provider.local import LocalService

CONFIG = {"instructions": "full_name: Jordan Avery"}


def create(file_id: str, config: Any = None) -> str:
    with ExtendHook() as hook:
        return hook.create_edit_run(file={"id": file_id}, config=config or CONFIG).id


def fire(**arguments: Any) -> dict[str, Any]:
    event: dict[str, Any] = asyncio.run(first_event(ExtendRunTrigger(**{"poll_interval": 0.05, **arguments})))
    assert json.loads(json.dumps(event)) == event
    return event


def test_row_is_frozen() -> None:
    """Waits that are under way survive an upgrade only as long as this row can be read."""
    trigger = ExtendRunTrigger(run_id="edr_1", deadline="2026-11-22T08:00:00+00:00", poll_interval=2.5)

    assert trigger.serialize() == (
        "extend_provider.triggers.run.ExtendRunTrigger",
        {
            "run_id": "edr_1",
            "kind": "edit",
            "extend_conn_id": "extend_default",
            "poll_interval": 2.5,
            "deadline": "2026-11-22T08:00:00+00:00",
            "cancel_on_kill": False,
            "delete_on_kill": False,
            "on_review": "wait",
        },
    )


def test_row_of_another_version_is_read() -> None:
    oldest = ExtendRunTrigger(run_id="edr_1")
    newer = ExtendRunTrigger(run_id="edr_1", something_new=True)
    assert oldest.serialize() == newer.serialize()


def test_deadline_may_be_a_datetime_and_survives_the_row() -> None:
    moment = datetime(2026, 11, 22, 8, tzinfo=timezone.utc)
    _, row = ExtendRunTrigger(run_id="edr_1", deadline=moment).serialize()
    assert row["deadline"] == "2026-11-22T08:00:00+00:00"
    assert ExtendRunTrigger(**row).serialize()[1] == row


def test_finished_run(extend_local: LocalService, uploaded_form: str) -> None:
    run_id = create(uploaded_form)

    event = fire(run_id=run_id)

    assert event == {
        "kind": "edit",
        "error": None,
        "run_id": run_id,
        "status": "PROCESSED",
        "output_file_ids": event["output_file_ids"],
        "filled_fields": ["full_name"],
        "credits": 2,
        "page_count": 1,
    }


def test_event_does_not_overtake_the_scheduler(extend_local: LocalService, uploaded_form: str) -> None:
    trigger = ExtendRunTrigger(run_id=create(uploaded_form), poll_interval=0.05)
    began = time.monotonic()
    asyncio.run(first_event(trigger, earliest=0.6))
    assert time.monotonic() - began >= 0.6


def test_failed_run_names_reason_and_remedy_but_no_value(extend_local: LocalService, uploaded_form: str) -> None:
    extend_local.inject("fail", reason="SCHEMA_VALIDATION_ERROR", message="'Jordan Avery' is too long for full_name.")

    event = fire(run_id=create(uploaded_form))

    assert event["error"]["type"] == "ExtendRunFailedError"
    assert event["error"]["reason"] == "SCHEMA_VALIDATION_ERROR"
    assert "'***' is too long for full_name." in event["error"]["message"]
    assert event["error"]["hint"]
    assert "Jordan" not in json.dumps(event)


@pytest.mark.extend_local(processing_time=600)
def test_deadline_is_absolute(extend_local: LocalService, uploaded_form: str) -> None:
    past = datetime.now(timezone.utc) - timedelta(seconds=1)

    event = fire(run_id=create(uploaded_form), deadline=past.isoformat())

    assert event["error"]["type"] == "ExtendRunTimeoutError"
    assert "cannot cancel edit runs" in event["error"]["message"]
    gets = [request for request in extend_local.requests if request.method == "GET"]
    assert len(gets) == 1  # a last look, because the run may have ended while nobody watched


def test_outage_is_survived_and_logged_once(
    extend_local: LocalService, uploaded_form: str, caplog: pytest.LogCaptureFixture, mocker: Any
) -> None:
    mocker.patch("extend_provider.watch.asker._PATIENCE", 0)
    run_id = create(uploaded_form)
    extend_local.inject("server_error", method="GET", path="/edit_runs/*", times=3)

    with caplog.at_level(logging.INFO, logger="extend_provider"):
        event = fire(run_id=run_id)

    assert event["status"] == "PROCESSED"
    lines = [record.getMessage() for record in caplog.records if record.name == "extend_provider.watch.asker"]
    assert len(lines) == 2
    assert "Extend does not answer for now" in lines[0]
    assert lines[1] == "Extend answers again."


def test_outage_at_the_deadline_is_an_unknown_outcome(extend_local: LocalService, uploaded_form: str) -> None:
    run_id = create(uploaded_form)
    extend_local.inject("cut_before", method="GET", path="/edit_runs/*", times=None)

    event = fire(run_id=run_id, deadline=(datetime.now(timezone.utc) + timedelta(seconds=0.3)).isoformat())

    assert event["error"]["type"] == "ExtendOutcomeUnknownError"
    assert event["error"]["run_id"] == run_id
    assert extend_local.runs_created == 1


def test_refused_look_ends_the_wait(extend_local: LocalService, uploaded_form: str) -> None:
    event = fire(run_id="edr_gone")
    assert event["error"]["type"] == "ExtendNotFoundError"
    assert event["error"]["status_code"] == 404


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"kind": "no_such_kind"}, "Unknown run kind"),
        ({"deadline": "tomorrow"}, "not a date in ISO format"),
        ({"extend_conn_id": "extend_nowhere"}, "no connection 'extend_nowhere'"),
    ],
)
def test_arguments_that_cannot_work_end_in_an_event_not_in_an_exception(
    extend_local: LocalService, arguments: dict[str, Any], text: str
) -> None:
    event = fire(**{"run_id": "edr_1", **arguments})
    assert event["error"]["type"] == "ExtendConfigurationError"
    assert text in event["error"]["message"]


def test_bug_becomes_an_unknown_outcome_with_the_run_id(
    extend_local: LocalService, mocker: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    mocker.patch.object(ExtendRunTrigger, "_wait", side_effect=ZeroDivisionError)
    event = fire(run_id="edr_1")
    assert event["error"]["type"] == "ExtendOutcomeUnknownError"
    assert "broke with ZeroDivisionError" in event["error"]["message"]
    assert "Traceback" in capsys.readouterr().out


@pytest.mark.extend_local(processing_time=600)
def test_cancelled_wait_closes_quietly_and_touches_nothing(extend_local: LocalService, uploaded_form: str) -> None:
    run_id = create(uploaded_form)

    async def cancel_while_waiting() -> None:
        task = asyncio.ensure_future(first_event(ExtendRunTrigger(run_id=run_id, poll_interval=0.01)))
        while not any(request.path.endswith(run_id) for request in extend_local.requests):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(cancel_while_waiting(), 10))

    assert {request.method for request in extend_local.requests if request.path.endswith(run_id)} == {"GET"}


@pytest.mark.extend_local(processing_time=600)
@pytest.mark.parametrize("kind", ["edit", "parse"])
def test_nothing_remote_happens_in_cleanup(extend_local: LocalService, uploaded_form: str, kind: str) -> None:
    """Airflow calls it after every end of a trigger, also when it only moves to another triggerer."""
    with ExtendHook() as hook:
        run_id = hook.create_run(kind, {"file": {"id": uploaded_form}}).id
    trigger = ExtendRunTrigger(
        run_id=run_id, kind=kind, poll_interval=0.01, cancel_on_kill=True, delete_on_kill=True, on_review="fail"
    )

    async def wait_and_clean_up() -> int:
        waiting = asyncio.ensure_future(anext(trigger.run()))
        while not any(request.method == "GET" for request in extend_local.requests):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        before = len(extend_local.requests)
        await trigger.cleanup()
        return len(extend_local.requests) - before

    assert asyncio.run(asyncio.wait_for(wait_and_clean_up(), 10)) == 0
    assert {request.method for request in extend_local.requests if run_id in request.path} == {"GET"}
    assert extend_local.requests
    with ExtendHook() as hook:
        assert hook.get_run(run_id, kind).status == "PROCESSING"


@pytest.mark.extend_local(processing_time=0.5)
def test_loop_is_not_blocked(extend_local: LocalService, uploaded_form: str) -> None:
    run_id = create(uploaded_form)

    async def longest_stall() -> float:
        loop, longest = asyncio.get_running_loop(), 0.0
        # The first client of a process imports the HTTP library and reads the CA bundle once.
        async with await ExtendHook().get_async_conn() as client:
            await client.get_run(run_id)
        task = asyncio.ensure_future(first_event(ExtendRunTrigger(run_id=run_id, poll_interval=0.05)))
        while not task.done():
            before = loop.time()
            await asyncio.sleep(0.01)
            longest = max(longest, loop.time() - before - 0.01)
        return longest

    assert asyncio.run(longest_stall()) < 0.2
