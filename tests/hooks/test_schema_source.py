from __future__ import annotations

import json
import traceback
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


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (" ", "empty"),
        ("None", "empty"),
        ("{oops", "text, but not JSON"),
        (Form(zip="97201"), "is an instance of Form. Give the model class itself"),
        ("zip='97201'", "neither JSON nor the path of a file"),
        ([SCHEMA, "97201"], "must be a dict or JSON text, not list"),
        (json.dumps([SCHEMA, "97201"]), "must be a dict or JSON text, not list"),
        (json.dumps(json.dumps(SCHEMA) + "97201"), "must be a dict or JSON text, not str"),
        (b"97201", "must be a dict or JSON text, not bytes"),
        ("https://x.example/schema.json?sig=97201", "is a URL, and here a path is needed"),
    ],
)
def test_nothing_to_read(given: Any, text: str) -> None:
    with pytest.raises(ExtendConfigurationError, match=text) as raised:
        read_schema(given)
    assert "97201" not in str(raised.value)


@pytest.mark.parametrize("given", ["zip='97201' street='Main St. 1/2'", "zip='97201' " * 100 + "/"])
def test_text_that_may_hold_values_is_not_quoted(given: str) -> None:
    with pytest.raises(ExtendFileError) as raised:
        read_schema(given)
    assert "97201" not in "".join(traceback.format_exception(raised.value))


def test_its_values_are_not_shown() -> None:
    filled = {"type": "object", "properties": {"zip": {"type": "string", "extend_edit:value": "SECRET"}}}
    assert "SECRET" not in repr(read_schema(filled))
