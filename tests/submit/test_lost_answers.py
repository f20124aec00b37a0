"""Lost answers beside other runs: after a Clear, with a mapped twin, after failed runs, and by clocks that differ."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from extend_provider.client import ExtendClient
from extend_provider.exceptions import ExtendOutcomeUnknownError, ExtendRunFailedError
from extend_provider.hooks.extend import ExtendHook
from extend_provider.operators.extract import ExtendCreateExtractRunOperator
from extend_provider.operators.parse import ExtendCreateParseRunOperator
from extend_provider.submit import find_or_submit, search
from tests.submit.tries import CONFIG, Arguments, attempt, killed_after
from tests.task_runs import FakeStateStore, run_task, task_context

if TYPE_CHECKING:
    from extend_provider.local import LocalService

pytestmark = pytest.mark.extend_local(allow_private_urls=True)
LOST = pytest.mark.parametrize("fault", ["cut_before", "error_after_create"])
CLEARED: dict[str, Any] = {"max_tries": 4}


def is_marked(arguments: Arguments) -> bool:
    """Whether the run carries a mark: not where the file is one that Extend has already."""
    return "file" in arguments and not str(arguments["file"]).startswith("file_")


def lose(service: LocalService, fault: str) -> None:
    service.inject(fault, method="POST", path="/edit_runs", times=1)


def shift(store: FakeStateStore, by: timedelta, run_id: str | None = None) -> None:
    """Let the note be that of a worker whose clock is wrong, and that has died before it heard of its run."""
    moment = (datetime.now(timezone.utc) + by).isoformat()
    store.set("extend_run", {**store.get("extend_run"), "submitted_at": moment, "run_id": run_id})


# -- a Clear ----------------------------------------------------------------------------------------------------------


@LOST
def test_a_clear_whose_answer_is_lost_never_gets_the_run_of_before(
    extend_local: LocalService, arguments: Arguments, store: FakeStateStore | None, fault: str
) -> None:
    before = attempt(arguments, store)
    lose(extend_local, fault)
    knows = is_marked(arguments) or store is not None
    if knows and fault == "error_after_create":
        cleared = attempt(arguments, store, 2, **CLEARED)
    else:
        with pytest.raises(ExtendOutcomeUnknownError):
            attempt(arguments, store, 2, **CLEARED)
        if not knows:
            with pytest.raises(ExtendOutcomeUnknownError, match="that a user's Clear left behind") as raised:
                attempt(arguments, store, 3, **CLEARED)
            assert extend_local.runs_created == (1 if fault == "cut_before" else 2)
            told = str(raised.value)
            assert "Extend edit run" in told
            assert str(arguments.get("file") or arguments["template_id"]) in told
            assert "clear the task" in told
            return
        cleared = attempt(arguments, store, 3, **CLEARED)
    assert cleared != before
    assert extend_local.runs_created == 2
    assert attempt(arguments, store, 4, **CLEARED) == cleared


def test_a_worker_killed_after_a_clears_submit_pays_once(extend_local: LocalService, arguments: Arguments) -> None:
    store = FakeStateStore()
    before = attempt(arguments, store)
    with killed_after(ExtendHook, "create_run"):
        attempt(arguments, store, 2, **CLEARED)
    assert attempt(arguments, store, 3, **CLEARED) != before
    assert extend_local.runs_created == 2


def test_a_clear_after_an_unknown_outcome_takes_nothing_that_may_be_older(
    extend_local: LocalService, uploaded_form: str
) -> None:
    """What nobody has noted the id of is told by its moment alone."""
    store, arguments = FakeStateStore(), {"file": uploaded_form, "config": CONFIG}
    with killed_after(ExtendHook, "create_run"):
        attempt(arguments, store)
    lose(extend_local, "cut_before")
    with pytest.raises(ExtendOutcomeUnknownError, match="seems to be older than this task's request"):
        attempt(arguments, store, 2, **CLEARED)
    assert extend_local.runs_created == 1


# -- a twin -----------------------------------------------------------------------------------------------------------


@LOST
def test_a_mapped_task_whose_answer_is_lost_never_gets_its_twins_run(
    extend_local: LocalService, arguments: Arguments, fault: str, store: FakeStateStore | None
) -> None:
    twin = attempt(arguments, FakeStateStore() if store else None, map_index=0)
    lose(extend_local, fault)
    created = 1 if fault == "cut_before" else 2
    if is_marked(arguments) and fault == "error_after_create":
        own = attempt(arguments, store, map_index=1)
    else:
        with pytest.raises(ExtendOutcomeUnknownError):
            attempt(arguments, store, map_index=1)
        assert extend_local.runs_created == created
        if not is_marked(arguments):
            return
        own = attempt(arguments, store, 2, map_index=1)
    assert own != twin
    assert extend_local.runs_created == 2
    assert attempt(arguments, store, 3, map_index=1) == own


# -- failed runs ------------------------------------------------------------------------------------------------------


@pytest.mark.extend_local(allow_private_urls=True, processing_time=0)
def test_a_failed_run_does_not_end_the_search_for_that_of_a_later_try(
    extend_local: LocalService, arguments: Arguments, store: FakeStateStore | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    extend_local.inject("fail", times=1, reason="INTERNAL_ERROR")
    failed = attempt(arguments, store)
    with killed_after(ExtendHook, "create_run"):
        attempt(arguments, store, 2)
    assert extend_local.runs_created == 2
    hidden, pauses, list_runs = [True], [], ExtendClient.list_runs

    def lagging(client: ExtendClient, *args: Any, **filters: Any) -> Any:
        return (run for run in list_runs(client, *args, **filters) if run.id == failed or not hidden)

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        hidden.clear()

    monkeypatch.setattr(search, "_SETTLE", 30.0)
    monkeypatch.setattr(ExtendClient, "list_runs", lagging)
    monkeypatch.setattr(find_or_submit, "Search", partial(search.Search, sleep=sleep))
    assert attempt(arguments, store, 3) != failed
    assert extend_local.runs_created == 2
    assert pauses == [1]


@pytest.mark.extend_local(allow_private_urls=True, processing_time=0)
def test_a_run_that_failed_for_good_is_not_paid_for_again(
    extend_local: LocalService, arguments: Arguments, store: FakeStateStore | None
) -> None:
    extend_local.inject("fail", times=None, reason="CORRUPT_FILE")
    failed = attempt(arguments, store)  # the worker dies before it hears of the failure
    with pytest.raises(ExtendRunFailedError, match="CORRUPT_FILE") as raised:
        attempt({**arguments, "wait_for_completion": True}, store, 2)
    assert raised.value.run_id == failed
    assert not raised.value.retryable
    assert extend_local.runs_created == 1


@pytest.mark.extend_local(processing_time=600)
def test_a_parse_run_that_somebody_stopped_is_not_replaced(
    extend_local: LocalService, uploaded_form: str, store: FakeStateStore | None
) -> None:
    def parse(try_number: int, **arguments: Any) -> Any:
        task = ExtendCreateParseRunOperator(task_id="parse", retries=3, file=uploaded_form, **arguments)
        return run_task(task, task_context(task, store=store, try_number=try_number, max_tries=3)).value

    stopped = parse(1, wait_for_completion=False)
    with ExtendHook() as hook:
        hook.get_conn().cancel_run(stopped, "parse")
    with pytest.raises(ExtendRunFailedError, match="ABORTED"):
        parse(2, poll_interval=0.05)
    assert extend_local.runs_created == 1


@pytest.mark.extend_local(processing_time=0)
def test_a_clear_looks_at_a_form_anew_whose_detection_failed_for_good(
    extend_local: LocalService, uploaded_form: str
) -> None:
    store = FakeStateStore()
    arguments = {"file": uploaded_form, "values": {"full_name": "Jordan"}}
    extend_local.inject("fail", times=1, reason="CORRUPT_FILE")
    for number in (1, 2):
        with pytest.raises(ExtendRunFailedError, match="CORRUPT_FILE"):
            attempt(arguments, store, number)
    assert extend_local.runs_created == 1
    attempt(arguments, store, 3, max_tries=5)
    assert extend_local.runs_created == 3


# -- clocks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ahead", [timedelta(minutes=1), timedelta(minutes=3), timedelta(minutes=50)])
def test_a_worker_whose_clock_is_ahead_pays_once(
    extend_local: LocalService, arguments: Arguments, ahead: timedelta
) -> None:
    store = FakeStateStore()
    run_id = attempt(arguments, store)
    shift(store, ahead)
    if is_marked(arguments):
        assert attempt(arguments, store, 2) == run_id
    else:
        with pytest.raises(ExtendOutcomeUnknownError, match=f"run {run_id} .* seems to be older") as raised:
            attempt(arguments, store, 2)
        assert "wait for its id with a sensor" in str(raised.value)
    assert extend_local.runs_created == 1


def test_a_mark_in_a_name_needs_no_clock(extend_local: LocalService, form_pdf: bytes, tmp_path: Path) -> None:
    store, path = FakeStateStore(), tmp_path / "form.pdf"
    path.write_bytes(form_pdf)
    run_id = attempt({"file": str(path)}, store)
    shift(store, timedelta(days=3))
    assert attempt({"file": str(path)}, store, 2) == run_id


def test_a_worker_whose_clock_is_ahead_finds_a_mark_in_metadata(extend_local: LocalService, uploaded_form: str) -> None:
    store = FakeStateStore()

    def extract(try_number: int) -> Any:
        task = ExtendCreateExtractRunOperator(task_id="t", retries=3, file=uploaded_form, wait_for_completion=False)
        return run_task(task, task_context(task, store=store, try_number=try_number, max_tries=3)).value

    run_id = extract(1)
    shift(store, timedelta(minutes=30))
    assert extract(2) == run_id
    assert extend_local.runs_created == 1


def test_runs_from_before_are_no_reason_to_give_up(extend_local: LocalService, uploaded_form: str) -> None:
    """By a right clock the one after the request is meant; those of an hour ago do not make it two."""
    store, arguments = FakeStateStore(), {"file": uploaded_form, "config": CONFIG}
    attempt(arguments, None, run_id="scheduled__1")
    with ExtendHook() as hook:
        list_runs = ExtendClient.list_runs
        old = [
            run.model_copy(update={"created_at": run.created_at - timedelta(minutes=20)})
            for run in list_runs(hook.get_conn(), "edit")
            if run.created_at
        ]
    with killed_after(ExtendHook, "create_run"):
        attempt(arguments, store)

    def aged(client: ExtendClient, *args: Any, **filters: Any) -> Any:
        listed = list(list_runs(client, *args, **filters))
        return iter([run for run in listed if run.id != old[0].id] + old)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ExtendClient, "list_runs", aged)
        assert attempt(arguments, store, 2) != old[0].id
    assert extend_local.runs_created == 2


# -- retries that change ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("retries", [0, 1])
def test_fewer_retries_in_the_dag_pay_once(extend_local: LocalService, uploaded_form: str, retries: int) -> None:
    arguments = {"file": uploaded_form, "config": CONFIG}
    attempt(arguments, None)
    with pytest.raises(ExtendOutcomeUnknownError):
        attempt({**arguments, "retries": retries}, None, 2)
    assert extend_local.runs_created == 1


def test_more_retries_in_the_dag_do_not_hide_a_clear(extend_local: LocalService, uploaded_form: str) -> None:
    arguments = {"file": uploaded_form, "config": CONFIG}
    attempt(arguments, None)
    with pytest.raises(ExtendOutcomeUnknownError, match="that a user's Clear left behind"):
        attempt({**arguments, "retries": 6}, None, 2, **CLEARED)
