from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field

from extend_provider.exceptions import ExtendConfigurationError, ExtendFileError
from extend_provider.hooks.schema_source import read_schema

SCHEMA = {"type": "object", "properties": {"zip": {"type": ["string", "null"], "description": "Zürich"}}}


class Form(BaseModel):
    zip: str = Field(pattern=r"^\d+$")


@pytest.mark.parametrize("given", [SCHEMA, json.dumps(SCHEMA), f"\n {SCHEMA!r}"])
def test_at_hand(given: Any) -> None:
    assert read_schema(given).filled({}, instructed=False) == SCHEMA


@pytest.mark.parametrize("prefix", ["", "file://"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_file(tmp_path: Path, prefix: str, encoding: str) -> None:
    (tmp_path / "form.json").write_text(json.dumps(SCHEMA, ensure_ascii=False), encoding=encoding)
    assert read_schema(f"{prefix}{tmp_path}/form.json").schema == SCHEMA
    assert read_schema(tmp_path / "form.json").schema == SCHEMA


def test_model_is_checked_by_its_limits_which_are_not_sent() -> None:
    source = read_schema(Form)
    field = {"type": ["string", "null"], "extend_edit:field_type": "text", "extend_edit:value": "97201"}
    assert source.filled({"zip": "97201"}, instructed=False)["properties"] == {"zip": field}
    with pytest.raises(ExtendConfigurationError, match="zip: does not fit the schema's pattern"):
        source.filled({"zip": "x"}, instructed=False)


@pytest.mark.parametrize(
    ("content", "text"),
    [(b"not json", "is not JSON"), (b"\xff\xfe", "is not JSON"), (b"[1]", "is no edit schema"), (b"", "is not JSON")],
)
def test_file_without_a_schema(tmp_path: Path, content: bytes, text: str) -> None:
    (tmp_path / "form.json").write_bytes(content)
    with pytest.raises(ExtendConfigurationError, match=text):
        read_schema(f"{tmp_path}/form.json")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ExtendFileError, match="There is no file"):
        read_schema(f"{tmp_path}/form.json")


@pytest.mark.parametrize(("given", "text"), [(" ", "empty"), ("None", "empty"), ("{oops", "text, but not JSON")])
def test_nothing_to_read(given: str, text: str) -> None:
    with pytest.raises(ExtendConfigurationError, match=text):
        read_schema(given)


def test_its_values_are_not_shown() -> None:
    filled = {"type": "object", "properties": {"zip": {"type": "string", "extend_edit:value": "SECRET"}}}
    assert "SECRET" not in repr(read_schema(filled))
