"""An input file is uploaded once for all tries of a task, and only when all of the run's files can be."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from extend_provider.client import ExtendClient
from extend_provider.exceptions import (
    ExtendAuthenticationError,
    ExtendError,
    ExtendFileError,
    ExtendOutcomeUnknownError,
)
from extend_provider.hooks import storage
from extend_provider.hooks.extend import ExtendHook
from extend_provider.operators.extract import ExtendCreateExtractRunOperator
from extend_provider.operators.parse import ExtendCreateParseRunOperator
from tests.submit.tries import CONFIG, Arguments, attempt, killed_after
from tests.task_runs import FakeStateStore, run_task, task_context

if TYPE_CHECKING:
    from extend_provider.local import LocalService


@pytest.fixture
def path(form_pdf: bytes, tmp_path: Path) -> Path:
    (tmp_path / "form.pdf").write_bytes(form_pdf)
    return tmp_path / "form.pdf"


@pytest.fixture
def given(path: Path) -> Arguments:
    return {"file": str(path), "config": CONFIG}


def uploads(service: LocalService) -> int:
    return sum(request.path == "/files/upload" for request in service.requests)


def refuse(service: LocalService, given: Arguments, store: FakeStateStore | None) -> None:
    """A first try that uploads its file, and gets no run."""
    service.inject("unauthorized", method="POST", path="/edit_runs", times=1)
    with pytest.raises(ExtendAuthenticationError):
        attempt(given, store)


class Remote:
    """A path in a storage that tells little of what it holds."""

    def __init__(self, path: Path, told: dict[str, Any]) -> None:
        self.path = self.name = path.name
        self.told = told
        self.open = path.open
        self.fs = SimpleNamespace(info=lambda _: {"size": path.stat().st_size, **self.told})


def extract(files: list[str], store: FakeStateStore | None, try_number: int = 1) -> Any:
    task = ExtendCreateExtractRunOperator(task_id="t", retries=3, files=files, wait_for_completion=False)
    return run_task(task, task_context(task, store=store, try_number=try_number, max_tries=3)).value


@pytest.mark.parametrize(
    ("fault", "error"), [("unauthorized", ExtendAuthenticationError), ("server_error", ExtendOutcomeUnknownError)]
)
def test_a_run_that_was_not_created_leaves_a_file_that_the_next_try_uses(
    extend_local: LocalService, given: Arguments, store: FakeStateStore | None, fault: str, error: type[Exception]
) -> None:
    for number in (1, 2):
        extend_local.inject(fault, method="POST", path="/edit_runs", times=1)
        with pytest.raises(error):
            attempt(given, store, number)
    attempt(given, store, 3)
    assert uploads(extend_local) == 1
    assert extend_local.runs_created == 1


@pytest.mark.parametrize("killed", ["before it is noted", "after"])
def test_a_worker_killed_after_the_upload_leaves_one_too(
    extend_local: LocalService, given: Arguments, store: FakeStateStore | None, killed: str
) -> None:
    # Where it is not noted, its name tells it.
    noted = store and killed == "after"
    with killed_after(FakeStateStore if noted else ExtendClient, "set" if noted else "upload_file"):
        attempt(given, store)
    attempt(given, store, 2)
    assert uploads(extend_local) == 1


def test_what_a_run_has_made_of_the_file_is_not_taken_for_it(
    extend_local: LocalService, given: Arguments, store: FakeStateStore | None, form_pdf: bytes
) -> None:
    refuse(extend_local, given, store)
    with ExtendHook() as hook:
        (uploaded,) = hook.get_conn().list_files()
        extend_local.add_file(str(uploaded.name), form_pdf)
        run = hook.get_run(attempt(given, store, 2))
    assert run.file
    assert run.file.id == uploaded.id


def test_a_clear_uploads_anew(extend_local: LocalService, given: Arguments, store: FakeStateStore | None) -> None:
    """The run of the Clear is told by the name of its file."""
    attempt(given, store)
    attempt(given, store, 2, max_tries=4)
    assert uploads(extend_local) == 2


def test_another_content_is_uploaded(
    extend_local: LocalService, given: Arguments, path: Path, store: FakeStateStore | None
) -> None:
    refuse(extend_local, given, store)
    path.write_bytes(path.read_bytes() + b"\n")
    attempt(given, store, 2)
    assert uploads(extend_local) == 2


@pytest.mark.parametrize(
    ("told", "expected"), [({"ETag": "e1"}, 1), ({"mtime": 1}, 1), ({}, 2)], ids=["version", "time", "size alone"]
)
def test_an_object_is_uploaded_again_where_its_content_may_be_another(
    extend_local: LocalService,
    store: FakeStateStore | None,
    path: Path,
    monkeypatch: pytest.MonkeyPatch,
    told: dict[str, Any],
    expected: int,
) -> None:
    given = {"file": "odd://b/form.pdf", "config": CONFIG}
    place = Remote(path, told)
    monkeypatch.setattr(storage, "object_storage_path", lambda _: place)
    refuse(extend_local, given, store)
    attempt(given, store, 2)
    assert uploads(extend_local) == expected


def test_an_object_of_the_same_size_that_was_written_later_is_uploaded(
    extend_local: LocalService, store: FakeStateStore | None, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"file": "sftp://b/form.pdf", "config": CONFIG}
    place = Remote(path, {"mtime": 1})
    monkeypatch.setattr(storage, "object_storage_path", lambda _: place)
    refuse(extend_local, given, store)
    place.told["mtime"] = 2
    attempt(given, store, 2)
    assert uploads(extend_local) == 2


@pytest.mark.extend_local(processing_time=0)
def test_a_failed_run_has_its_file_uploaded_again(
    extend_local: LocalService, given: Arguments, store: FakeStateStore | None
) -> None:
    """That Extend's copy is damaged may be why."""
    extend_local.inject("fail", times=2, reason="UNABLE_TO_DOWNLOAD_FILE")
    with ExtendHook() as hook:
        runs = []
        for number in (1, 2, 3):
            runs.append(attempt(given, store, number))
            while hook.get_run(runs[-1]).status == "PROCESSING":
                pass
        files = {run.file.id for run in map(hook.get_run, runs) if run.file}
    assert len(files) == len(set(runs)) == 3


def test_a_file_that_was_deleted_is_uploaded_again(
    extend_local: LocalService, given: Arguments, store: FakeStateStore | None
) -> None:
    refuse(extend_local, given, store)
    with ExtendHook() as hook:
        (uploaded,) = hook.get_conn().list_files()
        hook.get_conn().delete_file(uploaded.id)
    attempt(given, store, 2)
    assert uploads(extend_local) == 2


def test_a_list_of_files_that_cannot_be_read_stops_nothing(extend_local: LocalService, given: Arguments) -> None:
    refuse(extend_local, given, None)
    extend_local.inject("unauthorized", method="GET", path="/files", times=1)
    attempt(given, None, 2)
    assert uploads(extend_local) == 2


def test_a_store_that_fails_stops_nothing(
    extend_local: LocalService, given: Arguments, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, keep = FakeStateStore(), FakeStateStore.set

    def fails(store: FakeStateStore, key: str, value: Any) -> None:
        if key.endswith("_files"):
            raise OSError
        keep(store, key, value)

    monkeypatch.setattr(FakeStateStore, "set", fails)
    assert attempt(given, store) == attempt(given, store, 2)


def test_a_package_is_uploaded_once_where_notes_are_taken(
    extend_local: LocalService, path: Path, form_pdf: bytes
) -> None:
    other = path.with_name("other.pdf")
    other.write_bytes(form_pdf + b"\n")
    store = FakeStateStore()
    extend_local.inject("unauthorized", method="POST", path="/extract_runs", times=1)
    with pytest.raises(ExtendAuthenticationError):
        extract([str(path), str(other)], store)
    extract([str(path), str(other)], store, 2)
    assert uploads(extend_local) == 2
    bodies = [r.body for r in extend_local.requests if r.path == "/extract_runs" and r.method == "POST"]
    ids = [[file["id"] for file in body["package"]["files"]] for body in bodies]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 2


def test_the_same_path_twice_is_two_files(extend_local: LocalService, path: Path) -> None:
    extract([str(path), str(path)], FakeStateStore())
    assert uploads(extend_local) == 2


@pytest.mark.parametrize("reattach", [True, False])
@pytest.mark.parametrize("bad", ["empty", "missing"])
def test_a_package_with_a_bad_file_is_refused_before_any_upload(
    extend_local: LocalService, path: Path, bad: str, reattach: bool
) -> None:
    if bad == "empty":
        path.with_name("empty.pdf").touch()
    task = ExtendCreateExtractRunOperator(
        task_id="t", files=[str(path), str(path.with_name(f"{bad}.pdf"))], reattach=reattach
    )
    with pytest.raises(ExtendFileError, match="is empty" if bad == "empty" else "There is no file"):
        run_task(task, task_context(task, store=FakeStateStore()))
    assert extend_local.requests == []


def test_an_empty_file_is_refused_before_its_upload(extend_local: LocalService, path: Path) -> None:
    path.write_bytes(b"")
    task = ExtendCreateParseRunOperator(task_id="t", file=str(path))
    with pytest.raises(ExtendFileError, match="is empty"):
        run_task(task, task_context(task))
    assert extend_local.requests == []


# -- a file that is gone ----------------------------------------------------------------------------------------------


def test_a_run_that_is_noted_needs_no_file(extend_local: LocalService, given: Arguments, path: Path) -> None:
    store = FakeStateStore()
    first = attempt(given, store)
    path.unlink()
    assert [attempt(given, store, number) for number in (2, 3)] == [first, first]


def test_neither_does_one_that_its_mark_finds(extend_local: LocalService, given: Arguments, path: Path) -> None:
    store = FakeStateStore()
    with killed_after(ExtendHook, "create_run"):
        attempt(given, store)
    path.unlink()
    assert attempt(given, store, 2)
    assert extend_local.runs_created == 1


@pytest.mark.extend_local(processing_time=0)
def test_a_new_run_needs_one(extend_local: LocalService, given: Arguments, path: Path) -> None:
    store = FakeStateStore()
    extend_local.inject("fail", times=1, reason="INTERNAL_ERROR")
    attempt(given, store)
    path.unlink()
    with pytest.raises(ExtendFileError, match="There is no file"):
        attempt(given, store, 2)
    with pytest.raises(ExtendFileError, match="There is no file"):
        attempt(given, store, 2, max_tries=4)
    assert extend_local.runs_created == 1


def test_another_file_that_is_not_there_is_another_document(
    extend_local: LocalService, given: Arguments, path: Path
) -> None:
    store = FakeStateStore()
    first = attempt(given, store)
    with pytest.raises(ExtendFileError, match=rf"There is no file .*has created Extend edit run {first}"):
        attempt({**given, "file": str(path.with_name("other.pdf"))}, store, 2)
    with pytest.raises(ExtendError, match="has created Extend edit run"):
        attempt({**given, "file": str(path.with_name("other.pdf")), "config": {"instructions": "x"}}, store, 2)
