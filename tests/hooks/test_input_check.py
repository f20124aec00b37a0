from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from extend_provider.exceptions import ExtendFileError
from extend_provider.hooks.input_check import check_pdf, check_readable


@pytest.mark.parametrize("file", ["https://example.com/w9.png", "file_1", {"id": "file_1"}, {"url": "https://x"}])
def test_what_extend_loads_itself_is_not_looked_at(file: Any) -> None:
    check_pdf(file)
    check_readable(file)


@pytest.mark.parametrize("prefix", ["", "file://"])
@pytest.mark.parametrize("content", [b"%PDF-1.7", b"\xef\xbb\xbf\n%PDF-2.0", b"x" * 1019 + b"%PDF-"])
def test_pdf(tmp_path: Path, prefix: str, content: bytes) -> None:
    (tmp_path / "a.pdf").write_bytes(content)
    check_pdf(f"{prefix}{tmp_path}/a.pdf")


@pytest.mark.parametrize("prefix", ["", "file://"])
@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "a.pdf is empty"),
        (b"%PDF", "a.pdf is no PDF"),
        (b"PK\x03\x04", "a.pdf is no PDF"),
        (b"x" * 1020 + b"%PDF-", "a.pdf is no PDF"),
    ],
)
def test_no_pdf(tmp_path: Path, prefix: str, content: bytes, text: str) -> None:
    (tmp_path / "a.pdf").write_bytes(content)
    with pytest.raises(ExtendFileError, match=text):
        check_pdf(f"{prefix}{tmp_path}/a.pdf")


@pytest.mark.parametrize("prefix", ["", "file://"])
@pytest.mark.parametrize("check", [check_pdf, check_readable])
def test_missing(tmp_path: Path, prefix: str, check: Any) -> None:
    with pytest.raises(ExtendFileError, match="There is no file"):
        check(f"{prefix}{tmp_path}/nothing.pdf")


@pytest.mark.parametrize("prefix", ["", "file://"])
def test_where_any_type_is_taken_it_must_not_be_empty(tmp_path: Path, prefix: str) -> None:
    (tmp_path / "a.docx").write_bytes(b"PK")
    check_readable(f"{prefix}{tmp_path}/a.docx")
    (tmp_path / "a.docx").write_bytes(b"")
    with pytest.raises(ExtendFileError, match=r"a\.docx is empty"):
        check_readable(f"{prefix}{tmp_path}/a.docx")


def test_memory_is_not_filled_with_the_file(tmp_path: Path) -> None:
    import tracemalloc

    path = tmp_path / "large.pdf"
    with path.open("wb") as stream:
        stream.write(b"%PDF-1.7")
        stream.truncate(200_000_000)
    tracemalloc.start()
    check_pdf(str(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000
