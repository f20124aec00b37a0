from __future__ import annotations

import copy
from typing import Any

import pytest

from extend_provider.forms.filling import filled_schema
from extend_provider.forms.own_values import spread_out, values_held

TEXT = {"type": ["string", "null"]}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {**TEXT, "extend_edit:value": "Kim"},
        "empty": {**TEXT, "extend_edit:value": None},
        "address": {
            "type": "object",
            "extend_edit:value": {"street": "1 Main St", "city": "Salem", "owner": {"name": "Lee"}},
            "properties": {
                "street": TEXT,
                "city": {**TEXT, "extend_edit:value": "Portland"},
                "owner": {"type": "object", "properties": {"name": TEXT, "age": TEXT}},
            },
        },
        "bank": {"type": "object", "properties": {"iban": TEXT}},
    },
}
OWN = {"name": "Kim", "address": {"street": "1 Main St", "city": "Portland", "owner": {"name": "Lee"}}}


@pytest.mark.parametrize(
    ("values", "held"),
    [
        ({}, OWN),
        ({"name": None}, {"address": OWN["address"]}),
        ({"address": None}, {"name": "Kim"}),
        (
            {"address": {"city": None, "owner": {"name": "Ada", "age": "7"}}},
            {"name": "Kim", "address": {"street": "1 Main St", "owner": {"name": "Ada", "age": "7"}}},
        ),
        ({"bank": {}}, {**OWN, "bank": {}}),
        ({"bank": {"iban": None}}, {**OWN, "bank": {}}),
        ({"bank": "wrong"}, {**OWN, "bank": "wrong"}),
    ],
)
def test_values_held(values: dict[str, Any], held: dict[str, Any]) -> None:
    before = copy.deepcopy(SCHEMA)
    assert values_held(spread_out(SCHEMA), values) == held
    assert before == SCHEMA


def test_fields_that_share_a_description_do_not_share_a_value() -> None:
    group = {"type": "object", "extend_edit:value": {"a": "1"}, "properties": {"a": TEXT, "b": TEXT}}
    spread = spread_out({"type": "object", "properties": {"group": group}})
    assert spread["properties"]["group"]["properties"]["b"] == TEXT


def test_a_group_has_the_values_of_its_fields() -> None:
    groups: list[dict[str, Any]] = [
        {"type": "object", "properties": {"city": {**TEXT, "extend_edit:value": "Salem"}}},
        {"type": "object", "properties": {"city": TEXT}, "extend_edit:value": {"city": "Salem"}},
    ]
    for group in groups:
        schema = {
            "type": "object",
            "properties": {"name": TEXT, "address": group},
            "dependentRequired": {"name": ["address"]},
            "allOf": [{"properties": {"address": {"required": ["city"]}}}],
            "required": ["address"],
        }
        assert filled_schema(schema, {"name": "x"})["properties"]["address"] == group
        filled_schema(schema, {"name": "x", "address": {}})


@pytest.mark.parametrize("values", [{"address": {"street": "x"}}, {"address.street": "x"}])
def test_what_a_group_has_as_a_whole_is_not_missing(values: dict[str, Any]) -> None:
    group = {
        "type": "object",
        "required": ["city"],
        "properties": {"street": TEXT, "city": TEXT},
        "extend_edit:value": {"city": "Salem"},
    }
    filled = filled_schema({"type": "object", "properties": {"address": group}}, values)["properties"]["address"]
    assert {name: field["extend_edit:value"] for name, field in filled["properties"].items()} == {
        "street": "x",
        "city": "Salem",
    }
