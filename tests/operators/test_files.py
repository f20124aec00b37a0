from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from extend_provider.exceptions import ExtendConfigurationError, ExtendFileError, ExtendNotFoundError
from extend_provider.operators.files import (
    ExtendDeleteFileOperator,
    ExtendDownloadFileOperator,
    ExtendUploadFileOperator,
)
from tests.task_runs import run_task

if TYPE_CHECKING:
    from extend_provider.local import LocalService


def test_upload_returns_the_id(extend_local: LocalService, form_pdf: bytes, tmp_path: Path) -> None:
    (tmp_path / "w9.pdf").write_bytes(form_pdf)

    file_id = run_task(
        ExtendUploadFileOperator(task_id="upload", file=f"file://{tmp_path}/w9.pdf", file_name="other.pdf")
    ).value
    copy = run_task(ExtendDownloadFileOperator(task_id="download", file_id=file_id, path=str(tmp_path / "copy.pdf")))

    assert copy.value == str(tmp_path / "copy.pdf")
    assert (tmp_path / "copy.pdf").read_bytes() == form_pdf
    assert copy.xcom == {}


def test_upload_of_a_missing_file(extend_local: LocalService) -> None:
    with pytest.raises(ExtendFileError, match="There is no file"):
        run_task(ExtendUploadFileOperator(task_id="upload", file="/nowhere.pdf"))
    assert extend_local.requests == []


@pytest.mark.parametrize(
    ("file", "error", "message"),
    [
        ("{tmp}/empty.pdf", ExtendFileError, "empty.pdf is empty"),
        ("None", ExtendConfigurationError, "file is empty"),
        ("https://x.example/a.pdf?sig=S3CRET", ExtendConfigurationError, "is a URL, and here a path is needed"),
        ({"url": "https://x.example/a.pdf?sig=S3CRET"}, ExtendConfigurationError, "text or a path, not dict"),
    ],
)
def test_what_cannot_be_uploaded(
    extend_local: LocalService, tmp_path: Path, file: Any, error: type[Exception], message: str
) -> None:
    (tmp_path / "empty.pdf").touch()
    given = file.format(tmp=tmp_path) if isinstance(file, str) else file
    with pytest.raises(error, match=message) as raised:
        run_task(ExtendUploadFileOperator(task_id="upload", file=given))
    assert "S3CRET" not in str(raised.value)
    assert extend_local.requests == []


@pytest.mark.parametrize("path", ["https://x.example/a.pdf?sig=S3CRET", " HTTP://S3CRET@x.example/a.pdf"])
def test_a_url_is_no_place_for_a_download(extend_local: LocalService, path: str) -> None:
    task = ExtendDownloadFileOperator(task_id="download", file_id="file_1", path=path)
    task.render_template_fields({})
    with pytest.raises(ExtendConfigurationError, match="is a URL, and here a path is needed") as raised:
        run_task(task)
    assert "S3CRET" not in f"{task.path} {raised.value}"
    assert extend_local.requests == []


def test_password_is_sent_and_not_shown(
    extend_local: LocalService, form_pdf: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "w9.pdf").write_bytes(form_pdf)
    operator = ExtendUploadFileOperator(task_id="upload", file=str(tmp_path / "w9.pdf"), password="open sesame")

    operator.render_template_fields({})
    run_task(operator)

    assert operator.password == "***"
    assert "sesame" not in "".join(capsys.readouterr())


@pytest.mark.parametrize("prefix", ["", "file://"])
@pytest.mark.parametrize(
    "fault",
    [("expired", {}), ("download_cut", {"after": 100}), ("server_error", {"path": "/files/*"})],
    ids=lambda fault: fault[0],
)
def test_download_is_mended_on_the_way(
    extend_local: LocalService, form_pdf: bytes, tmp_path: Path, fault: tuple[str, dict[str, Any]], prefix: str
) -> None:
    file_id = extend_local.add_file("form.pdf", form_pdf)
    extend_local.inject(fault[0], times=2, **fault[1])

    run_task(ExtendDownloadFileOperator(task_id="download", file_id=file_id, path=f"{prefix}{tmp_path}/out/form.pdf"))

    assert (tmp_path / "out" / "form.pdf").read_bytes() == form_pdf
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["form.pdf"]


@pytest.mark.parametrize("prefix", ["", "file://"])
def test_failed_download_leaves_nothing(
    extend_local: LocalService, form_pdf: bytes, tmp_path: Path, prefix: str, mocker: Any
) -> None:
    mocker.patch("extend_provider.client.download._FIRST_DELAY", 0)
    file_id = extend_local.add_file("form.pdf", form_pdf)
    extend_local.inject("expired", times=None)

    with pytest.raises(ExtendFileError, match="403"):
        run_task(ExtendDownloadFileOperator(task_id="d", file_id=file_id, path=f"{prefix}{tmp_path}/out/form.pdf"))

    assert not list(tmp_path.rglob("*form*"))


def test_download_of_what_is_gone(extend_local: LocalService, tmp_path: Path) -> None:
    with pytest.raises(ExtendNotFoundError, match="file_gone"):
        run_task(ExtendDownloadFileOperator(task_id="d", file_id="file_gone", path=str(tmp_path / "x")))


@pytest.mark.parametrize("arguments", [{"file_id": "", "path": "x"}, {"file_id": "file_1", "path": ""}])
def test_empty_arguments(extend_local: LocalService, arguments: dict[str, str]) -> None:
    with pytest.raises(ExtendConfigurationError, match="is empty"):
        run_task(ExtendDownloadFileOperator(task_id="download", **arguments))


def test_delete_twice(extend_local: LocalService, uploaded_form: str) -> None:
    assert run_task(ExtendDeleteFileOperator(task_id="delete", file_id=uploaded_form)).value is True
    assert run_task(ExtendDeleteFileOperator(task_id="delete", file_id=uploaded_form)).value is False
    assert run_task(ExtendDeleteFileOperator(task_id="delete", file_id=None)).value is False
    with pytest.raises(ExtendNotFoundError):
        run_task(ExtendDeleteFileOperator(task_id="delete", file_id=uploaded_form, missing_ok=False))
