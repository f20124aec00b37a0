from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from extend_provider.exceptions import ExtendNotFoundError
from extend_provider.hooks.extend import ExtendHook
from extend_provider.killing import end_from_triggerer, end_from_worker

if TYPE_CHECKING:
    from pytest_mock import MockerFixture

    from extend_provider.local import LocalService

pytestmark = pytest.mark.extend_local(processing_time=600)

TASK = SimpleNamespace(dag_id="forms", task_id="fill", run_id="manual", map_index=-1)
GIVEN_UP = ("failed", "success", "skipped", "removed")
NOT_GIVEN_UP = (None, "deferred", "scheduled", "queued", "running", "restarting", "up_for_retry")
Kill = Callable[..., None]


def on_worker(hook: ExtendHook, run_id: str, **asked: bool) -> None:
    end_from_worker(hook, TASK, "edit", run_id, **{"cancel": True, "delete": False, **asked})


def in_triggerer(hook: ExtendHook, run_id: str, **asked: bool) -> None:
    asyncio.run(end_from_triggerer(hook, TASK, "edit", run_id, **{"cancel": True, "delete": False, **asked}))


@pytest.fixture(params=[on_worker, in_triggerer])
def kill(request: pytest.FixtureRequest) -> Kill:
    found: Kill = request.param
    return found


@pytest.fixture
def run_id(extend_local: LocalService, uploaded_form: str) -> str:
    return new_run(uploaded_form)


def answer(mocker: MockerFixture, state: Any) -> None:
    """Let Airflow answer with a state, or with an error."""
    given = {"side_effect": state} if isinstance(state, Exception) else {"return_value": state}
    mocker.patch("extend_provider.killing.task_state_on_worker", **given)
    mocker.patch("extend_provider.killing.task_state", **given)


def exists(run_id: str) -> bool:
    with ExtendHook() as hook:
        try:
            hook.get_run(run_id)
        except ExtendNotFoundError:
            return False
        return True


def new_run(form: str) -> str:
    with ExtendHook() as hook:
        return hook.create_edit_run(file={"id": form}).id


def test_a_task_that_was_given_up_has_its_run_deleted_where_that_was_asked_for(
    kill: Kill, uploaded_form: str, mocker: MockerFixture, caplog: pytest.LogCaptureFixture
) -> None:
    for state in GIVEN_UP:
        answer(mocker, state)
        run_id = new_run(uploaded_form)
        with ExtendHook() as hook:
            kill(hook, run_id, delete=True)
        assert not exists(run_id), state
        assert f"The task was killed. Its Extend edit run {run_id} was deleted." in caplog.text


def test_any_other_task_keeps_its_run(
    kill: Kill, run_id: str, mocker: MockerFixture, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    for state in NOT_GIVEN_UP:
        answer(mocker, state)
        with ExtendHook() as hook:
            kill(hook, run_id, delete=True)
        assert exists(run_id), state
        assert f"(it is {state}): its Extend edit run {run_id} goes on" in caplog.text


def test_a_run_is_left_alone_where_nothing_was_asked_for(
    kill: Kill, run_id: str, mocker: MockerFixture, caplog: pytest.LogCaptureFixture
) -> None:
    answer(mocker, "failed")
    with ExtendHook() as hook:
        kill(hook, run_id)
    assert exists(run_id)
    assert f"Its Extend edit run {run_id} cannot be cancelled: it goes on and is paid for." in caplog.text


def test_without_an_answer_from_airflow_the_run_is_left_alone(
    kill: Kill, run_id: str, mocker: MockerFixture, caplog: pytest.LogCaptureFixture
) -> None:
    answer(mocker, OSError("no supervisor"))
    with ExtendHook() as hook:
        kill(hook, run_id, delete=True)
    assert exists(run_id)
    assert f"Extend edit run {run_id} goes on" in caplog.text
    assert "is unknown" in caplog.text
    assert "OSError: no supervisor" in caplog.text


def test_an_airflow_that_does_not_answer_does_not_hold_a_worker_up(
    run_id: str, mocker: MockerFixture, caplog: pytest.LogCaptureFixture
) -> None:
    over = threading.Event()
    mocker.patch("extend_provider.killing._ASKING", 0.05)
    mocker.patch("extend_provider.killing.task_state_on_worker", side_effect=lambda _: over.wait(30))
    began = time.monotonic()
    try:
        with ExtendHook() as hook:
            on_worker(hook, run_id, delete=True)
        assert time.monotonic() - began < 20
    finally:
        over.set()
    assert exists(run_id)
    assert "is unknown" in caplog.text


def test_an_extend_that_does_not_answer_is_named(
    kill: Kill, run_id: str, extend_local: LocalService, mocker: MockerFixture, caplog: pytest.LogCaptureFixture
) -> None:
    answer(mocker, "failed")
    mocker.patch("extend_provider.killing._TRIES_ON_WORKER", 0.1)
    mocker.patch("extend_provider.killing._LONGEST", 0.1)
    extend_local.inject("server_error", times=None)
    with ExtendHook() as hook:
        kill(hook, run_id, delete=True)
    assert f"Its Extend edit run {run_id} may go on, as it could not be reached" in caplog.text


def test_a_run_that_has_ended_keeps_its_result(
    kill: Kill, run_id: str, extend_local: LocalService, mocker: MockerFixture, caplog: pytest.LogCaptureFixture
) -> None:
    extend_local.finish_run(run_id)
    with ExtendHook() as hook:
        while hook.get_run(run_id).status == "PROCESSING":
            pass
        answer(mocker, "failed")
        kill(hook, run_id, delete=True)
    assert exists(run_id)
    assert f"Its Extend edit run {run_id} had ended as PROCESSED." in caplog.text


def test_what_has_begun_is_finished_although_airflow_cancels_it_every_second(
    run_id: str, extend_local: LocalService, mocker: MockerFixture
) -> None:
    answer(mocker, "failed")
    extend_local.inject("slow", times=None, seconds=0.2)

    async def kill_impatiently(hook: ExtendHook) -> None:
        work = asyncio.ensure_future(end_from_triggerer(hook, TASK, "edit", run_id, cancel=True, delete=True))
        while not work.done():
            await asyncio.sleep(0.02)
            work.cancel()

    with ExtendHook() as hook:
        asyncio.run(kill_impatiently(hook))
    extend_local.clear_faults()
    assert not exists(run_id)


def five_parse_runs(file_id: str) -> list[str]:
    with ExtendHook() as hook:
        return [hook.create_run("parse", {"file": {"id": file_id}}).id for _ in range(5)]


def parse_statuses(runs: list[str]) -> set[str]:
    with ExtendHook() as hook:
        return {hook.get_run(run_id, "parse").status for run_id in runs}


async def cancel_all(hook: ExtendHook, runs: list[str]) -> None:
    """Kill all of their tasks at once."""
    kills = (end_from_triggerer(hook, TASK, "parse", run_id, cancel=True, delete=False) for run_id in runs)
    await asyncio.gather(*kills)


def test_all_of_many_that_are_killed_at_once_are_cancelled(
    extend_local: LocalService, uploaded_form: str, mocker: MockerFixture, caplog: pytest.LogCaptureFixture
) -> None:
    runs = five_parse_runs(uploaded_form)
    answer(mocker, "failed")
    # The pace of the account takes longer than one of them may, were it alone.
    mocker.patch("extend_provider.killing._LONGEST", 1.0)
    slow = json.loads(extend_local.connection_json())
    slow["extra"] = json.dumps({**json.loads(slow.get("extra") or "{}"), "requests_per_second": 2})
    mocker.patch.dict("os.environ", {"AIRFLOW_CONN_SLOW": json.dumps(slow)})

    asyncio.run(cancel_all(ExtendHook("slow"), runs))

    for run_id in runs:
        assert f"Its Extend parse run {run_id} was cancelled" in caplog.text
    assert parse_statuses(runs) == {"FAILED"}


def test_a_silence_that_extend_asks_of_one_does_not_let_the_others_go_on(
    extend_local: LocalService, uploaded_form: str, mocker: MockerFixture, caplog: pytest.LogCaptureFixture
) -> None:
    runs = five_parse_runs(uploaded_form)
    answer(mocker, "failed")
    # One silence, longer than a connection may stall.
    mocker.patch("extend_provider.killing._STALLS_IN_TRIGGERER", 0.5)
    extend_local.inject("rate_limit", method="POST", path="/parse_runs/*/cancel", times=1, retry_after=1, seconds=1)

    asyncio.run(cancel_all(ExtendHook(), runs))

    assert "may go on" not in caplog.text
    assert parse_statuses(runs) == {"FAILED"}


@pytest.mark.parametrize("by", [end_from_worker, end_from_triggerer])
def test_a_run_that_waits_for_a_human_is_not_said_to_have_ended(
    by: Any, extend_local: LocalService, uploaded_form: str, mocker: MockerFixture, caplog: pytest.LogCaptureFixture
) -> None:
    extend_local.add_workflow("R", [{"type": "PARSE"}, {"type": "HUMAN_REVIEW"}], id="workflow_r")
    answer(mocker, "failed")
    with ExtendHook() as hook:
        run_id = hook.create_run("workflow", {"file": {"id": uploaded_form}, "workflow": {"id": "workflow_r"}}).id
        extend_local.finish_run(run_id)
        deadline = time.monotonic() + 20
        while hook.get_run(run_id, "workflow").status != "NEEDS_REVIEW":
            assert time.monotonic() < deadline, "it has not come to the review"
            time.sleep(0.02)
        ending = by(hook, TASK, "workflow", run_id, cancel=True, delete=False)
        if asyncio.iscoroutine(ending):
            asyncio.run(ending)
    assert f"Its Extend workflow run {run_id} cannot be cancelled while NEEDS_REVIEW: it goes on" in caplog.text
