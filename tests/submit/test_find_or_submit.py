"""Retries, crashes and lost answers, on an Airflow with a task state store and on one without: one run is paid for."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import partial
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from extend_provider.exceptions import (
    ExtendAuthenticationError,
    ExtendFileError,
    ExtendNotFoundError,
    ExtendOutcomeUnknownError,
    ExtendRunFailedError,
    ExtendServerError,
)
from extend_provider.hooks import storage
from extend_provider.hooks.extend import ExtendHook
from extend_provider.operators.edit import ExtendCreateEditRunOperator
from extend_provider.submit import find_or_submit, search
from extend_provider.submit.task_try import Notebook
from tests.submit.tries import CONFIG, Arguments, Killed, attempt, killed_after
from tests.task_runs import FakeStateStore

if TYPE_CHECKING:
    from extend_provider.local import LocalService

pytestmark = pytest.mark.extend_local(allow_private_urls=True)


def test_a_retry_takes_the_run_of_the_try_before(
    extend_local: LocalService, arguments: Arguments, store: FakeStateStore | None
) -> None:
    first = attempt(arguments, store)
    assert [attempt(arguments, store, number) for number in (2, 3)] == [first, first]
    assert extend_local.runs_created == 1


@pytest.mark.parametrize("deferrable", [False, True])
def test_the_result_is_that_of_the_first_run(
    extend_local: LocalService, arguments: Arguments, store: FakeStateStore | None, deferrable: bool
) -> None:
    waiting = {**arguments, "wait_for_completion": True, "deferrable": deferrable}
    assert attempt(waiting, store, 1) == attempt(waiting, store, 2)
    assert extend_local.runs_created == 1


def test_a_clear_makes_a_new_run_and_its_retries_find_that(
    extend_local: LocalService, arguments: Arguments, store: FakeStateStore | None, form_pdf: bytes
) -> None:
    before = attempt(arguments, store)
    cleared = attempt(arguments, store, try_number=2, max_tries=4)
    assert cleared != before
    assert extend_local.runs_created == 2
    told_apart = store is not None or ("file" in arguments and not str(arguments["file"]).startswith("file_"))
    if told_apart:
        assert attempt(arguments, store, try_number=3, max_tries=4) == cleared
    else:
        with pytest.raises(ExtendOutcomeUnknownError, match="cannot be told from one that a user's Clear left"):
            attempt(arguments, store, try_number=3, max_tries=4)
    assert extend_local.runs_created == 2


@pytest.mark.parametrize("fault", ["error_after_create", "cut_after"])
def test_a_run_whose_answer_was_lost_is_found_in_the_same_try(
    extend_local: LocalService, arguments: Arguments, store: FakeStateStore | None, fault: str
) -> None:
    extend_local.inject(fault, method="POST", path="/edit_runs", times=1)
    run_id = attempt(arguments, store)
    assert extend_local.runs_created == 1
    assert attempt(arguments, store, 2) == run_id


@pytest.mark.extend_local(allow_private_urls=True, processing_time=0)
def test_a_run_whose_answer_was_lost_and_that_has_failed_tells_why(
    extend_local: LocalService, arguments: Arguments, store: FakeStateStore | None
) -> None:
    extend_local.inject("fail", times=1, reason="INTERNAL_ERROR")
    first = attempt(arguments, store)
    extend_local.inject("fail", times=1, reason="CORRUPT_FILE")
    extend_local.inject("error_after_create", method="POST", path="/edit_runs", times=1)
    with pytest.raises(ExtendRunFailedError, match="CORRUPT_FILE") as raised:
        attempt({**arguments, "wait_for_completion": True}, store, 2)
    assert raised.value.run_id != first
    assert extend_local.runs_created == 2


def test_a_request_that_may_have_arrived_is_repeated_by_the_next_try_only_when_no_run_is_listed(
    extend_local: LocalService, arguments: Arguments, store: FakeStateStore | None
) -> None:
    extend_local.inject("cut_before", method="POST", path="/edit_runs", times=1)
    with pytest.raises(ExtendOutcomeUnknownError, match="may have carried out"):
        attempt(arguments, store)
    assert extend_local.runs_created == 0
    attempt(arguments, store, 2)
    assert extend_local.runs_created == 1


def test_a_worker_killed_after_the_submit_pays_once(
    extend_local: LocalService, arguments: Arguments, store: FakeStateStore | None
) -> None:
    with killed_after(ExtendHook, "create_run"):
        attempt(arguments, store)
    attempt(arguments, store, 2)
    assert extend_local.runs_created == 1


def test_a_run_that_appears_while_a_retry_looks_for_it_is_found(
    extend_local: LocalService, arguments: Arguments, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request may still be under way when the worker that sent it has died, and long after its note was written."""
    store = FakeStateStore()
    bodies: list[Any] = []
    monkeypatch.setattr(search, "_SETTLE", 30.0)
    with monkeypatch.context() as patch:
        patch.setattr(ExtendHook, "create_run", lambda _, kind, body: killed_with(bodies, kind, body))
        with pytest.raises(Killed):
            attempt(arguments, store)
    note = store.get("extend_run")
    store.set("extend_run", {**note, "submitted_at": (datetime.now(timezone.utc) - timedelta(minutes=1)).isoformat()})

    arrived: list[str] = []

    def arrives(_: float) -> None:
        if not arrived:
            with ExtendHook() as hook:
                arrived.append(hook.create_run(*bodies[0]).id)

    monkeypatch.setattr(find_or_submit, "Search", partial(search.Search, sleep=arrives))
    assert [attempt(arguments, store, 2)] == arrived
    assert extend_local.runs_created == 1


def killed_with(bodies: list[Any], *request: Any) -> None:
    bodies.append(request)
    raise Killed


def test_a_worker_killed_before_the_submit_pays_once(extend_local: LocalService, arguments: Arguments) -> None:
    store = FakeStateStore()
    with killed_after(Notebook, "write"):
        attempt(arguments, store)
    assert extend_local.runs_created == 0
    attempt(arguments, store, 2)
    assert extend_local.runs_created == 1


def test_mapped_tasks_with_the_same_input_get_their_own_runs(extend_local: LocalService, arguments: Arguments) -> None:
    stores = [FakeStateStore() for _ in range(3)]
    runs = [attempt(arguments, store, map_index=index) for index, store in enumerate(stores)]
    again = [attempt(arguments, store, 2, map_index=index) for index, store in enumerate(stores)]
    assert len(set(runs)) == 3
    assert again == runs


def test_mapped_tasks_are_told_apart_by_the_mark_too(
    extend_local: LocalService, form_pdf: bytes, tmp_path: Path
) -> None:
    (tmp_path / "form.pdf").write_bytes(form_pdf)
    arguments = {"file": str(tmp_path / "form.pdf"), "config": CONFIG}
    runs = [attempt(arguments, None, map_index=index) for index in range(3)]
    assert [attempt(arguments, None, 2, map_index=index) for index in range(3)] == runs
    assert len(set(runs)) == 3


def test_another_document_gets_a_run_of_its_own(
    extend_local: LocalService, form_pdf: bytes, tmp_path: Path, store: FakeStateStore | None
) -> None:
    paths = [tmp_path / "a.pdf", tmp_path / "b.pdf"]
    for path in paths:
        path.write_bytes(form_pdf)
    a = attempt({"file": str(paths[0]), "config": CONFIG}, store, map_index=0)
    b = attempt({"file": str(paths[1]), "config": CONFIG}, store, 2, map_index=0)
    assert a != b


def test_a_document_that_changed_in_its_place_gets_a_run_of_its_own(
    extend_local: LocalService, form_pdf: bytes, tmp_path: Path, store: FakeStateStore | None
) -> None:
    path = tmp_path / "form.pdf"
    path.write_bytes(form_pdf)
    first = attempt({"file": str(path), "config": CONFIG}, store)
    path.write_bytes(form_pdf + b"\n")
    assert attempt({"file": str(path), "config": CONFIG}, store, 2) != first


def test_a_failed_run_is_no_result(
    extend_local: LocalService, arguments: Arguments, store: FakeStateStore | None
) -> None:
    extend_local.inject("fail", times=1, reason="INTERNAL_ERROR")
    failed = attempt(arguments, store)
    with ExtendHook() as hook:
        assert hook.get_run(failed).status == "FAILED"
    second = attempt(arguments, store, 2)
    assert second != failed
    assert attempt(arguments, store, 3) == second
    assert extend_local.runs_created == 2


def test_a_deleted_run_is_made_again(
    extend_local: LocalService, arguments: Arguments, store: FakeStateStore | None
) -> None:
    first = attempt(arguments, store)
    with ExtendHook() as hook:
        hook.delete_run(first)
    assert attempt(arguments, store, 2) != first


def test_reattach_off_pays_again(
    extend_local: LocalService, arguments: Arguments, store: FakeStateStore | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    arguments = {**arguments, "reattach": False}
    assert attempt(arguments, store) != attempt(arguments, store, 2)
    assert "reattach is off" in caplog.text
    assert "airflow-" not in str([request.body for request in extend_local.requests])


def test_where_the_list_cannot_be_read_nothing_is_created(extend_local: LocalService, arguments: Arguments) -> None:
    first = attempt(arguments, None)
    extend_local.inject("list_missing", times=None)
    with pytest.raises(ExtendOutcomeUnknownError, match="the list of runs cannot be read") as raised:
        attempt(arguments, None, 2)
    assert "reattach=False" in str(raised.value.hint)
    assert extend_local.runs_created == 1
    extend_local.clear_faults()
    assert attempt(arguments, None, 3) == first


def test_the_store_needs_no_list(extend_local: LocalService, arguments: Arguments) -> None:
    store = FakeStateStore()
    first = attempt(arguments, store)
    extend_local.inject("list_missing", times=None)
    assert attempt(arguments, store, 2) == first


def test_a_refused_request_leaves_nothing_to_look_for(extend_local: LocalService, arguments: Arguments) -> None:
    store = FakeStateStore()
    extend_local.inject("unauthorized", method="POST", path="/edit_runs", times=1)
    with pytest.raises(ExtendAuthenticationError):
        attempt(arguments, store)
    assert "extend_run" not in store.stored


def test_an_outage_during_the_search_is_no_answer(
    extend_local: LocalService, arguments: Arguments, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt(arguments, None)
    original = ExtendHook.settings
    monkeypatch.setattr(ExtendHook, "settings", lambda hook: replace(original(hook), retry_for=0.01))
    extend_local.inject("server_error", method="GET", path="/edit_runs", times=None)
    with pytest.raises(ExtendServerError):
        attempt(arguments, None, 2)
    assert extend_local.runs_created == 1


def test_two_runs_that_cannot_be_told_apart_are_nobodys(extend_local: LocalService, uploaded_form: str) -> None:
    arguments = {"file": uploaded_form, "config": CONFIG}
    attempt(arguments, None, map_index=0)
    attempt(arguments, None, map_index=1)
    with pytest.raises(ExtendOutcomeUnknownError, match="2 of the same file and configuration"):
        attempt(arguments, None, 2, map_index=0)
    assert extend_local.runs_created == 2


def test_the_configuration_tells_runs_of_one_file_apart(extend_local: LocalService, uploaded_form: str) -> None:
    people = [{"instructions": f"full_name: {name}"} for name in ("Jordan", "Robin", "Kim")]
    runs = [attempt({"file": uploaded_form, "config": config}, None, map_index=n) for n, config in enumerate(people)]
    again = [
        attempt({"file": uploaded_form, "config": config}, None, 2, map_index=n) for n, config in enumerate(people)
    ]
    assert again == runs


def test_a_fresh_presigned_url_is_the_same_document(
    extend_local: LocalService, uploaded_form: str, store: FakeStateStore | None
) -> None:
    with ExtendHook() as hook:
        urls = [hook.get_conn().get_file(uploaded_form).presigned_url for _ in range(2)]
    assert urls[0] != urls[1]
    assert attempt({"file": urls[0]}, store) == attempt({"file": urls[1]}, store, 2)


def test_a_storage_that_is_away_for_a_moment_makes_no_other_document(
    extend_local: LocalService, form_pdf: bytes, store: FakeStateStore | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures: list[Exception] = []

    def info(_: str) -> dict[str, str]:
        if failures:
            raise failures.pop()
        return {"ETag": "e1"}

    place = SimpleNamespace(
        fs=SimpleNamespace(info=info), path="/b/form.pdf", name="form.pdf", open=lambda _: BytesIO(form_pdf)
    )
    monkeypatch.setattr(storage, "object_storage_path", lambda _: place)
    arguments = {"file": "s3://b/form.pdf", "config": CONFIG}
    first = attempt(arguments, store)
    failures.append(TimeoutError())
    with pytest.raises(ExtendFileError, match="cannot be read") as raised:
        attempt(arguments, store, 2)
    assert raised.value.retryable
    assert attempt(arguments, store, 3) == first
    assert extend_local.runs_created == 1


def test_nothing_that_is_stored_or_logged_tells_a_value_or_a_signature(
    extend_local: LocalService, arguments: Arguments, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="extend_provider.submit")
    store = FakeStateStore()
    attempt(arguments, store)
    attempt(arguments, store, 2)
    records = " ".join(record.getMessage() for record in caplog.records if record.name.startswith("extend_provider.s"))
    for secret in ("Jordan", "signature=", extend_local.api_key):
        assert secret not in str(store.stored)
        assert secret not in records


def test_an_operator_called_by_hand_creates_a_run(extend_local: LocalService, uploaded_form: str) -> None:
    context: Any = {"ti": type("Pushes", (), {"xcom_push": lambda *_, **__: None})()}
    task = ExtendCreateEditRunOperator(task_id="fill", file=uploaded_form, wait_for_completion=False)
    with ExtendHook() as hook:
        assert hook.get_run(str(task.execute(context))).id
    with pytest.raises(ExtendNotFoundError), ExtendHook() as hook:
        hook.get_run("edr_none")
