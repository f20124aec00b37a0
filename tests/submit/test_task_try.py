from __future__ import annotations

from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any

import pytest

from extend_provider.submit.task_try import Note, Notebook, TaskTry, notebook
from tests.task_runs import FakeStateStore, FakeTaskInstance, task_context

NOTE = Note("f" * 64, 2, "2026-03-04T10:15:00+00:00", "edr_1", ("edr_0",), "p" * 64)


def this(retries: int = 2, **instance: Any) -> TaskTry:
    found = TaskTry.of(task_context(SimpleNamespace(retries=retries), **{"max_tries": retries, **instance}))
    assert found
    return found


@pytest.mark.parametrize(
    ("try_number", "max_tries", "first", "cleared"),
    [(1, 2, True, False), (2, 2, False, False), (3, 2, False, False), (3, 4, True, True), (4, 4, False, True)],
)
def test_retry_and_clear_are_told_apart(try_number: int, max_tries: int, first: bool, cleared: bool) -> None:
    found = this(try_number=try_number, max_tries=max_tries)
    assert (found.is_first, found.may_have_been_cleared) == (first, cleared)


@pytest.mark.parametrize(
    ("try_number", "max_tries", "retries", "first", "cleared"),
    [
        (1, 3, 1, True, True),  # fewer retries since the DAG run began
        (2, 3, 1, False, True),
        (3, 4, 5, False, True),  # a Clear, and more retries since
        (2, 0, 2, False, True),
    ],
)
def test_retries_that_were_changed_prove_nothing(
    try_number: int, max_tries: int, retries: int, first: bool, cleared: bool
) -> None:
    found = this(retries, try_number=try_number, max_tries=max_tries)
    assert (found.is_first, found.may_have_been_cleared) == (first, cleared)


def test_name_of_the_task_is_the_same_for_all_tries_and_no_other_task() -> None:
    assert this(try_number=1).task == this(try_number=3).task
    assert len({this(map_index=index).task for index in range(-1, 3)}) == 4


@pytest.mark.parametrize("instance", [None, object(), SimpleNamespace(dag_id="a", task_id="b", run_id=None)])
def test_outside_of_a_dag_run_there_is_no_try(instance: Any) -> None:
    context: Any = {"ti": instance}
    assert TaskTry.of(context) is None


def test_begin_without_time_zone_is_utc() -> None:
    context: Any = {"ti": FakeTaskInstance(), "dag_run": SimpleNamespace(start_date=datetime(2026, 3, 4))}
    found = TaskTry.of(context)
    assert found
    assert found.begun_at == datetime(2026, 3, 4, tzinfo=timezone.utc)


def test_notes_are_read_as_they_were_written() -> None:
    book = Notebook(FakeStateStore())
    assert book.read() is None
    book.write(NOTE)
    assert book.read() == NOTE
    book.forget()
    assert book.read() is None


@pytest.mark.parametrize(
    "stored",
    [
        *("edr_1", 1, [], {}, {"fingerprint": "f"}),
        {**vars(NOTE), "other_than": [], "submitted_at": "yesterday"},
        {**vars(NOTE), "other_than": 1},
    ],
)
def test_a_note_that_cannot_be_read_is_none(stored: Any) -> None:
    store = FakeStateStore()
    store.set("extend_run", stored)
    assert Notebook(store).read() is None


def test_a_note_with_more_than_this_version_knows_is_read() -> None:
    store = FakeStateStore()
    store.set("extend_run", {**vars(NOTE), "other_than": list(NOTE.other_than), "something_new": 1})
    assert Notebook(store).read() == NOTE


def test_a_note_of_an_earlier_version_is_read() -> None:
    store = FakeStateStore()
    known = ("fingerprint", "max_tries", "submitted_at", "run_id")
    store.set("extend_run", {name: vars(NOTE)[name] for name in known})
    assert Notebook(store).read() == Note(*(vars(NOTE)[name] for name in known))


def test_uploads_are_those_of_one_mark() -> None:
    book = Notebook(FakeStateStore())
    assert book.uploads("airflow-1") == {}
    book.write_uploads("airflow-1", {"a": "file_1"})
    assert book.uploads("airflow-1") == {"a": "file_1"}
    assert book.uploads("airflow-2") == {}


@pytest.mark.parametrize("stored", ["file_1", 1, [], {}, {"mark": "airflow-1"}, {"mark": "airflow-1", "files": 1}])
def test_uploads_that_cannot_be_read_are_none(stored: Any) -> None:
    store = FakeStateStore()
    store.set("extend_run_files", stored)
    assert Notebook(store).uploads("airflow-1") == {}


def test_below_airflow_3_3_there_is_no_notebook() -> None:
    context: Any = {}
    assert notebook(context) is None
