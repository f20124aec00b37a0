from __future__ import annotations

from typing import Any

import pytest

from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.forms.schema import edit_schema, is_group, is_table, names_in, types_of

TEXT = {"type": ["string", "null"]}
ROWS = {"type": "array", "items": {"type": "object", "properties": {"employer": TEXT}}}
GROUP = {"type": "object", "properties": {"city": TEXT, "jobs": ROWS}}


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        (None, "The schema of config is no edit schema"),
        ([], "no edit schema"),
        ({"properties": {}}, "no edit schema"),
        ({"type": "object"}, "no edit schema"),
        ({"type": "object", "properties": []}, "no edit schema"),
        ({"type": "object", "properties": {"a": "text"}}, "describes 'a' by something that is no object"),
        ({"type": "object", "properties": {"a": {"$ref": "#/$defs/A"}}}, "holds a reference"),
        ({"type": "object", "properties": {}, "allOf": [{"$ref": "http://x"}]}, "holds a reference"),
    ],
)
def test_no_edit_schema(schema: Any, text: str) -> None:
    with pytest.raises(ExtendConfigurationError, match=text.replace("$", r"\$")):
        edit_schema(schema, "config")


def test_an_edit_schema_is_passed_on() -> None:
    schema = {"type": "object", "properties": {"a": TEXT}}
    assert edit_schema(schema, "config") is schema


def test_kinds_of_fields() -> None:
    assert (is_group(GROUP), is_table(GROUP)) == (True, False)
    assert (is_group(ROWS), is_table(ROWS)) == (False, True)
    assert (is_group(TEXT), is_table(TEXT)) == (False, False)
    assert types_of({"type": "object"}) == ("object",)
    assert types_of({"enum": ["a"]}) == ()


def test_names() -> None:
    assert list(names_in({"properties": {"a": TEXT, "home": GROUP}})) == ["a", "home", "home.city", "home.jobs"]
