from __future__ import annotations

from typing import Any

import pytest

from extend_provider.forms.rules import broken_rules

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"a": {"type": ["string", "null"]}, "own": {"type": ["string", "null"], "extend_edit:value": "x"}},
}
NEEDS_B = "does not fit the schema's rule dependentRequired: b"


@pytest.mark.parametrize(
    ("rules", "values", "doubtful", "lines"),
    [
        ({"dependentRequired": {"a": ["b"]}}, {"a": "x"}, [], [NEEDS_B]),
        ({"dependentRequired": {"a": ["b"]}}, {"a": "x", "b": None}, [], [NEEDS_B]),
        ({"dependentRequired": {"a": ["b"]}}, {"a": None}, [], []),
        ({"dependentRequired": {"a": ["b"]}}, {"a": "x"}, ["b"], []),
        ({"dependentRequired": {"a": ["b"]}}, {"a": "x"}, ["c"], [NEEDS_B]),
        ({"dependentRequired": {"own": ["b"]}}, {}, [], [NEEDS_B]),
        ({"dependentRequired": {"own": ["b"]}}, {"own": None}, [], []),
        ({"dependentRequired": {"a": ["b"], "own": ["c"]}}, {"a": "x"}, ["c"], [NEEDS_B]),
        (
            {"allOf": [{"required": ["b"]}, {"required": ["c"]}]},
            {},
            ["c"],
            ["does not fit the schema's rule required: b"],
        ),
        ({"not": {"required": ["a"]}}, {"a": "SECRET"}, [], ["does not fit the schema's rule not"]),
        ({"anyOf": [{"required": ["b"]}, {"properties": {"a": {"const": 1}}}]}, {"a": "x"}, ["a"], []),
        (
            {"allOf": [{"properties": {"a": {"const": 1}}}]},
            {"a": "SECRET"},
            [],
            ["a: does not fit the schema's rule const"],
        ),
        ({"if": {"required": ["a"]}, "then": {"required": ["b"]}}, {"a": "x"}, ["b"], []),
        ({"else": {"required": ["b"]}}, {}, [], []),
        ({"dependentRequired": 5, "allOf": 5, "anyOf": 5}, {}, [], []),
    ],
)
def test_rules(rules: dict[str, Any], values: dict[str, Any], doubtful: list[str], lines: list[str]) -> None:
    assert list(broken_rules({**SCHEMA, **rules}, values, doubtful)) == lines
