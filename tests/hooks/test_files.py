from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from extend_provider.exceptions import ExtendConfigurationError, ExtendFileError
from extend_provider.hooks.files import check_destinations, classify, open_for_upload, plain_file, write_whole
from tests.airflow_names import ObjectStoragePath

UPLOAD = None


@pytest.mark.parametrize(
    ("file", "wire"),
    [
        ("https://example.com/a.pdf?sig=1", {"url": "https://example.com/a.pdf?sig=1"}),
        ("http://example.com/a", {"url": "http://example.com/a"}),
        ("file_2vKq8Wm5XcT1", {"id": "file_2vKq8Wm5XcT1"}),
        ("anything-opaque:1", {"id": "anything-opaque:1"}),
        ({"id": "file_1"}, {"id": "file_1"}),
        ({"url": "https://x/y.pdf", "name": "z.pdf"}, {"url": "https://x/y.pdf", "name": "z.pdf"}),
        (" HTTPS://Example.com/a.pdf?sig=1\n", {"url": "https://Example.com/a.pdf?sig=1"}),
        (" file_1\n", {"id": "file_1"}),
        ("{'text': 'Total: 40'}", {"text": "Total: 40"}),
        (' {"url": "https://x/y.pdf"}', {"url": "https://x/y.pdf"}),
        (" forms/form\n", UPLOAD),
        ("S3://bucket/form.pdf", UPLOAD),
        ("(1) form.pdf", UPLOAD),
        ("form.pdf", UPLOAD),
        ("forms/form", UPLOAD),
        ("./form", UPLOAD),
        ("/forms/form.pdf", UPLOAD),
        ("s3://bucket/form.pdf", UPLOAD),
        ("file:///forms/form.pdf", UPLOAD),
        (Path("form"), UPLOAD),
        (ObjectStoragePath("file:///forms/form.pdf"), UPLOAD),
    ],
)
def test_kinds_of_file_argument(file: Any, wire: Any) -> None:
    assert classify(file).wire == wire
    assert classify(plain_file(file)).wire == wire


@pytest.mark.parametrize(
    ("file", "plain"),
    [
        ("file_1", "file_1"),
        (" HTTPS://x.example/a.pdf\n", "https://x.example/a.pdf"),
        (" /forms/w9.pdf\n", "/forms/w9.pdf"),
        ("{'id': 'file_1'}", {"id": "file_1"}),
        ({"id": "file_1"}, {"id": "file_1"}),
        ("{draft} w9.pdf", "{draft} w9.pdf"),
        (Path("w9"), Path("w9")),
    ],
)
def test_what_a_template_adds_is_taken_off(file: Any, plain: Any) -> None:
    assert plain_file(file) == plain


def test_bare_name_of_an_existing_file_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "form").write_bytes(b"")
    assert classify("form").wire is None


@pytest.mark.parametrize(
    "file",
    [
        *("", "  ", None, "None", {}, {"url": "u", "id": "i"}, {"text": "t", "id": "i"}, "{'a': 1}", "{a}", "[]", "()"),
        *([], ["a"], ("a",), {"a"}, b"a", 5, "two words", object()),
    ],
)
def test_unusable_file_argument(file: Any) -> None:
    with pytest.raises(ExtendConfigurationError):
        classify(file)


@pytest.mark.parametrize(
    "path", [None, "", "None", 5, {"id": "file_1"}, ["a"], "https://x.example/a?S3CRET", " HTTP://x/a"]
)
def test_no_path(path: Any) -> None:
    for use in (lambda: open_for_upload(path).__enter__(), lambda: write_whole(path, [])):
        with pytest.raises(ExtendConfigurationError) as raised:
            use()
        assert "S3CRET" not in str(raised.value)


@pytest.mark.parametrize("form", ["plain", "uri", "object", "blanks", "capitals"])
def test_open_for_upload(tmp_path: Path, form: str) -> None:
    path = tmp_path / "a form.pdf"
    path.write_bytes(b"%PDF")
    given: Any = {
        "plain": str(path),
        "uri": f"file://{path}",
        "object": ObjectStoragePath(f"file://{path}"),
        "blanks": f" {path}\n",
        "capitals": f"FILE://{path}",
    }[form]

    with open_for_upload(given) as (stream, name):
        assert (stream.read(), name) == (b"%PDF", "a form.pdf")


@pytest.mark.parametrize("prefix", ["", "file://"])
def test_missing_file(tmp_path: Path, prefix: str) -> None:
    with (
        pytest.raises(ExtendFileError, match=r"There is no file .*nothing\.pdf"),
        open_for_upload(f"{prefix}{tmp_path}/nothing.pdf"),
    ):
        pass


def test_folder_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ExtendFileError, match="cannot be read"), open_for_upload(str(tmp_path)):
        pass


# With a connection, Airflow gives its object storage for the local disk.
@pytest.fixture(params=["", "file://", "file://disk@"], ids=["local path", "file URI", "object storage"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, Path]:
    target = tmp_path / "new" / "folder" / "filled.pdf"
    return f"{request.param}{target}", target


def test_write_whole(place: tuple[str, Path]) -> None:
    path, target = place

    assert write_whole(path, iter([b"one", b"", b"two"])) == 6

    assert target.read_bytes() == b"onetwo"
    assert [path.name for path in target.parent.iterdir()] == ["filled.pdf"]


def test_existing_file_is_replaced(place: tuple[str, Path]) -> None:
    path, target = place
    target.parent.mkdir(parents=True)
    target.write_bytes(b"a longer older file")

    write_whole(path, iter([b"new"]))

    assert target.read_bytes() == b"new"


@pytest.mark.parametrize("older", [None, b"older"])
def test_nothing_half_is_left_behind(place: tuple[str, Path], older: bytes | None) -> None:
    path, target = place
    if older is not None:
        target.parent.mkdir(parents=True)
        target.write_bytes(older)

    def broken() -> Iterator[bytes]:
        yield b"half"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_whole(path, broken())

    left = {p.name: p.read_bytes() for p in target.parent.iterdir()} if target.parent.exists() else {}
    assert left == ({} if older is None else {"filled.pdf": older})


def test_folder_as_target(tmp_path: Path) -> None:
    with pytest.raises(ExtendFileError, match="is a folder"):
        write_whole(str(tmp_path), iter([b""]))


def test_unwritable_target(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ExtendFileError, match="cannot be written: "):
        write_whole(str(tmp_path / "file" / "x.pdf"), iter([b""]))


@pytest.mark.parametrize("scheme", ["", "file://", " FILE://"])
@pytest.mark.parametrize(
    ("name", "problem"),
    [("", "is a folder"), ("/", "is a folder"), ("/file/x.json", "cannot be written"), ("/new/x.json", None)],
)
def test_destination_is_checked_before(tmp_path: Path, scheme: str, name: str, problem: str | None) -> None:
    (tmp_path / "file").write_bytes(b"")
    outcome = nullcontext() if problem is None else pytest.raises(ExtendFileError, match=problem)
    with outcome:
        check_destinations(f"{scheme}{tmp_path}{name}")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_memory_is_constant(tmp_path: Path) -> None:
    import tracemalloc

    gc.collect()
    tracemalloc.start()
    try:
        write_whole(str(tmp_path / "big"), (bytes(1 << 20) for _ in range(64)))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 << 20
