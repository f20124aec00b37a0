"""Storages that are not there or do not let us in: one error of this package, with a remedy and without secrets."""

from __future__ import annotations

import io
import traceback
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from extend_provider.exceptions import ExtendFileError
from extend_provider.hooks.files import check_destinations, open_for_upload, write_whole
from extend_provider.hooks.storage import find_place
from extend_provider.operators.files import ExtendUploadFileOperator
from extend_provider.operators.parse import ExtendCreateParseRunOperator
from tests.task_runs import run_task

if TYPE_CHECKING:
    from pytest_mock import MockerFixture

    from extend_provider.local import LocalService


class NoCredentialsError(Exception):
    """As botocore's: of no class that anybody else knows."""


def refuse(*_: Any, **__: Any) -> Any:
    raise NoCredentialsError("Unable to locate credentials for https://b.example/a?X-Amz-Signature=S3CRET")


def read(path: str) -> None:
    with open_for_upload(path) as (stream, _):
        stream.read()


class Place(SimpleNamespace):
    """Stands for an ``ObjectStoragePath``."""

    def __str__(self) -> str:
        return "s3://bucket/a.pdf"


@pytest.fixture
def storage(mocker: MockerFixture) -> SimpleNamespace:
    """A storage whose parts may be replaced by what fails."""
    stream = io.BytesIO(b"a document")
    fs = SimpleNamespace(
        makedirs=lambda *_, **__: None, open=lambda *_: stream, mv=lambda *_: None, exists=lambda _: False
    )
    place = Place(fs=fs, open=lambda _: stream, name="a.pdf", path="bucket/a.pdf")
    mocker.patch("extend_provider.hooks.storage.object_storage_path", return_value=place)
    return SimpleNamespace(place=place, fs=fs, stream=stream)


@pytest.mark.parametrize(
    ("scheme", "remedy"),
    [
        ("s3", "pip install 'apache-airflow-providers-amazon[s3fs]'"),
        ("S3A", "pip install 'apache-airflow-providers-amazon[s3fs]'"),
        ("gs", "pip install 'apache-airflow-providers-google'"),
        ("abfs", "pip install 'apache-airflow-providers-microsoft-azure'"),
        ("sftp", "pip install 'apache-airflow-providers-sftp[sshfs]'"),
        ("foo", "the one that knows foo://"),
    ],
)
@pytest.mark.parametrize("connection", ["", "aws_default@"])
@pytest.mark.parametrize("use", [read, lambda path: write_whole(path, []), check_destinations])
def test_a_storage_without_its_provider(scheme: str, remedy: str, connection: str, use: Callable[[str], Any]) -> None:
    with pytest.raises(ExtendFileError) as raised:
        use(f"{scheme}://{connection}bucket/a.pdf")
    assert "Airflow cannot use the storage of " in raised.value.message
    assert "bucket/a.pdf" in raised.value.message
    assert remedy in str(raised.value.hint)


def test_a_task_says_so_before_anything_is_sent(extend_local: LocalService) -> None:
    for task in (
        ExtendCreateParseRunOperator(task_id="t", file="s3://bucket/a.pdf"),
        ExtendUploadFileOperator(task_id="t", file="s3://bucket/a.pdf"),
    ):
        with pytest.raises(ExtendFileError, match=r"providers-amazon\[s3fs\]"):
            run_task(task)
    assert extend_local.requests == []


@pytest.mark.parametrize(
    ("part", "name", "use"),
    [
        ("place", "open", read),
        ("stream", "read", read),
        ("fs", "makedirs", lambda path: write_whole(path, [])),
        ("fs", "open", lambda path: write_whole(path, [])),
        ("fs", "mv", lambda path: write_whole(path, [b"x"])),
    ],
)
def test_a_library_has_errors_of_its_own(
    storage: SimpleNamespace, part: str, name: str, use: Callable[[str], Any], mocker: MockerFixture
) -> None:
    if part == "stream":
        storage.place.open = lambda _: mocker.MagicMock(read=refuse)
    else:
        setattr(getattr(storage, part), name, refuse)
    with pytest.raises(ExtendFileError, match="NoCredentialsError: Unable to locate credentials") as raised:
        use("s3://aws@bucket/a.pdf")
    assert "Check the Airflow connection" in str(raised.value)
    assert "S3CRET" not in "".join(traceback.format_exception(raised.value))


def test_what_was_read_is_passed_on(storage: SimpleNamespace) -> None:
    with open_for_upload("s3://bucket/a.pdf") as (stream, name):
        assert (stream.seek(2), stream.read(3), stream.read(), name) == (2, b"doc", b"ument", "a.pdf")


def test_an_error_that_is_not_the_storages_stays(storage: SimpleNamespace) -> None:
    with pytest.raises(KeyError), open_for_upload("s3://bucket/a.pdf"):
        raise KeyError


def test_an_error_does_not_quote_the_path_by_another_way(storage: SimpleNamespace) -> None:
    path = "s3://key:{}@bucket/a.pdf".format("S3CRET")

    def complain(_: Any) -> Any:
        raise ValueError(f"no such thing: {path}")

    storage.place.open = complain
    with pytest.raises(ExtendFileError) as raised:
        read(path)
    assert "S3CRET" not in "".join(traceback.format_exception(raised.value))


def test_a_local_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_place("~/a.pdf", "read") == tmp_path / "a.pdf"
    with pytest.raises(ExtendFileError, match="cannot be read: RuntimeError"):
        find_place("~nobody-of-this-name/a.pdf", "read")
    with pytest.raises(ExtendFileError, match="cannot be read: ValueError: embedded null"):
        read(f"{tmp_path}/a\0.pdf")
