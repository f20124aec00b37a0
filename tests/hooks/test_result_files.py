"""What a run gave, in files: whole or not at all, in constant memory, and without its URL in any log."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from extend_provider.exceptions import ExtendFileError, ExtendResponseError
from extend_provider.hooks.extend import ExtendHook
from extend_provider.hooks.result_files import markdown_of
from extend_provider.operators.classify import ExtendCreateClassifyRunOperator
from extend_provider.operators.extract import ExtendCreateExtractRunOperator
from extend_provider.operators.parse import ExtendCreateParseRunOperator
from tests.task_runs import run_task

if TYPE_CHECKING:
    from extend_provider.local import LocalService

OUTPUT = {
    "ocr": {"words": [{"content": "not this"}], "chunks": [{"content": "nor this"}]},
    "chunks": [
        {"object": "chunk", "content": '# Rechnung 881 „Zürich"\n\nTotal: 40 €\n', "blocks": [{"content": "nor this"}]},
        {"content": "", "blocks": []},
        {"content": None},
        {"metadata": {}},
        {"content": "Last \\ page \u0001 😀"},
    ],
    "metadata": {"pages": []},
}
TEXT = '# Rechnung 881 „Zürich"\n\nTotal: 40 €\n\n\n\nLast \\ page \u0001 😀\n'


@pytest.mark.parametrize("size", [1, 2, 7, 64, 100_000])
@pytest.mark.parametrize("ascii_only", [True, False])
def test_markdown_is_the_text_of_the_chunks(size: int, ascii_only: bool) -> None:
    data = json.dumps(OUTPUT, ensure_ascii=ascii_only).encode()
    pieces = (data[at : at + size] for at in range(0, len(data), size))
    assert b"".join(markdown_of(pieces)).decode() == TEXT


@pytest.mark.parametrize("output", [b'{"chunks": []}', b'{"chunks": null}', b'{"ocr": {}, "chunks": [{}]}'])
@pytest.mark.parametrize("size", [1, 100])
def test_no_text_is_an_empty_file(output: bytes, size: int) -> None:
    assert b"".join(markdown_of(output[at : at + size] for at in range(0, len(output), size))) == b""


@pytest.mark.parametrize(
    "output",
    [b"null", b"{}", b'{"value": {"name": "secret"}}', b"[]", b'{"value": {"chunks": [{"content": "secret"}]}}'],
)
def test_what_is_no_parse_result_is_an_error(output: bytes) -> None:
    with pytest.raises(ExtendResponseError, match="not that of a parse run") as raised:
        list(markdown_of([output]))
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize(
    "output", [b"", b"<html>", b'{"chunks": [{"content": "secret te', b'{"chunks": [{"content": "a"}]']
)
def test_what_is_no_json_is_an_error(output: bytes) -> None:
    with pytest.raises(ExtendResponseError, match="cannot be read") as raised:
        list(markdown_of([output]))
    assert "secret" not in repr(vars(raised.value))


def test_a_large_output_is_not_held_in_memory() -> None:
    chunk = json.dumps({"content": "x" * 20_000, "blocks": [{"content": "y" * 100}] * 100}).encode()

    def output() -> Iterator[bytes]:
        yield b'{"chunks": ['
        for number in range(1000):
            yield (b"," if number else b"") + chunk
        yield b"]}"

    tracemalloc.start()
    try:
        size = sum(len(piece) for piece in markdown_of(output()))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size == 1000 * 20_002 - 1
    assert peak < 2_000_000


def parse(file: str, **arguments: Any) -> dict[str, Any]:
    task = ExtendCreateParseRunOperator(task_id="parse", file=file, poll_interval=0.05, **arguments)
    value: dict[str, Any] = run_task(task).value
    return value


@pytest.mark.parametrize("deferrable", [False, True])
@pytest.mark.parametrize("scheme", ["", "file://"])
def test_parse_writes_json_and_markdown(
    extend_local: LocalService, uploaded_form: str, tmp_path: Path, deferrable: bool, scheme: str
) -> None:
    paths = {"result_path": f"{scheme}{tmp_path}/new/r.json", "markdown_path": f"{scheme}{tmp_path}/r.md"}
    result = parse(uploaded_form, deferrable=deferrable, **paths)
    written = json.loads((tmp_path / "new" / "r.json").read_text())
    with ExtendHook() as hook:
        assert written == hook.get_conn().get_run(result["run_id"], "parse", whole=True).whole_output
    assert (tmp_path / "r.md").read_text() == "\n\n".join(chunk["content"] for chunk in written["chunks"]) + "\n"
    assert "Full name" in (tmp_path / "r.md").read_text()
    assert set(result) == {"run_id", "status", "output_file_ids", "credits", "page_count"}


def test_the_url_of_the_output_is_in_no_log(
    extend_local: LocalService, uploaded_form: str, tmp_path: Path, capsys: Any, caplog: Any
) -> None:
    caplog.set_level("DEBUG")
    extend_local.inject("download_cut", times=2, after=50)
    result = parse(uploaded_form, result_path=str(tmp_path / "r.json"))
    with ExtendHook() as hook:
        url = hook.get_conn().get_run(result["run_id"], "parse").output_url
    assert url
    # The service in this process logs requests too, as httpx would; neither may show the signature.
    ours = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("uvicorn"))
    assert "/r.json" in ours
    assert url.partition("?")[0] not in ours
    assert url.rpartition("/")[2] not in ours


@pytest.mark.parametrize("fault", [("download_cut", {"after": 100}), ("expired", {})], ids=lambda fault: fault[0])
def test_a_download_is_mended_on_the_way(
    extend_local: LocalService, uploaded_form: str, tmp_path: Path, fault: tuple[str, dict[str, Any]]
) -> None:
    extend_local.inject(fault[0], times=1, **fault[1])
    parse(uploaded_form, result_path=str(tmp_path / "r.json"))
    assert json.loads((tmp_path / "r.json").read_text())["chunks"]


def test_a_broken_download_leaves_nothing(extend_local: LocalService, uploaded_form: str, tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text("before")
    extend_local.inject("download_cut", times=None, after=0)
    with pytest.raises(Exception, match=r"broke off|could not be downloaded"):
        parse(uploaded_form, result_path=str(tmp_path / "r.json"))
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("r.json", "before")]


def test_a_path_that_cannot_be_written_is_told(extend_local: LocalService, uploaded_form: str, tmp_path: Path) -> None:
    with pytest.raises(ExtendFileError, match="is a folder"):
        parse(uploaded_form, result_path=str(tmp_path))


@pytest.mark.parametrize(
    ("operator", "config", "key"),
    [
        (ExtendCreateExtractRunOperator, {"schema": {"type": "object", "properties": {"full_name": {}}}}, "value"),
        (
            ExtendCreateClassifyRunOperator,
            {"classifications": [{"id": "form", "type": "form", "description": "Full name"}]},
            "type",
        ),
    ],
)
def test_other_kinds_write_their_output_too(
    extend_local: LocalService, uploaded_form: str, tmp_path: Path, operator: Any, config: Any, key: str
) -> None:
    path = str(tmp_path / "r.json")
    run_task(operator(task_id="t", file=uploaded_form, config=config, result_path=path, poll_interval=0.05))
    assert key in json.loads((tmp_path / "r.json").read_text())
