"""Required properties and conditional clauses of the edit schema."""

from __future__ import annotations

import pytest

from extend_provider.local.pdf import PdfProblem, edit_pdf


def run(pdf, instructions, **rules):
    properties = {name: {} for name in ("full_name", "notes", "colour", "agrees")}
    schema = {"type": "object", "properties": properties, **rules}
    return edit_pdf(pdf, {"schema": schema, "instructions": instructions})


IF_RED_THEN_NOTES = {
    "if": {"properties": {"colour": {"const": "red"}}, "required": ["colour"]},
    "then": {"required": ["notes"]},
    "else": {"properties": {"notes": {"maxLength": 3}}},
}


@pytest.mark.parametrize(
    ("instructions", "rules", "named"),
    [
        ("notes: x", {"required": ["full_name", "notes"]}, "'full_name'"),
        ("", {"required": ["no_such_property"]}, "'no_such_property'"),
        ("full_name: secret", {"dependentRequired": {"full_name": ["notes", "colour"]}}, "'notes', 'colour'"),
        ("colour: red", IF_RED_THEN_NOTES, "'notes'"),
        ("colour: green\nnotes: secret", IF_RED_THEN_NOTES, "'notes' breaks the rule maxLength"),
        ("notes: secret", {"allOf": [{"properties": {"notes": {"pattern": "^[0-9]+$"}}}]}, "'notes'"),
        ("notes: secret", {"anyOf": [{"required": ["colour"]}, {"required": ["agrees"]}]}, "anyOf"),
        ("notes: secret", {"oneOf": [{"required": ["notes"]}, {"required": ["notes"]}]}, "oneOf"),
        ("notes: secret", {"not": {"required": ["notes"]}}, "not"),
    ],
)
def test_a_broken_rule_fails_the_run_without_telling_values(instructions, rules, named, kinds_pdf):
    with pytest.raises(PdfProblem) as caught:
        run(kinds_pdf, instructions, **rules)
    assert caught.value.reason == "SCHEMA_VALIDATION_ERROR"
    assert named in caught.value.message
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("instructions", "rules"),
    [
        ("full_name: Ada", {"required": ["full_name"]}),
        ("notes: x", {"dependentRequired": {"full_name": ["notes"]}}),
        ("colour: red\nnotes: long enough", IF_RED_THEN_NOTES),
        ("colour: green\nnotes: abc", IF_RED_THEN_NOTES),
        ("notes: 12", {"allOf": [{"properties": {"notes": {"pattern": "^[0-9]+$"}}}]}),
    ],
)
def test_a_kept_rule_changes_nothing(instructions, rules, kinds_pdf):
    assert run(kinds_pdf, instructions, **rules).filled_values


def test_null_is_no_value_for_a_required_property(kinds_pdf):
    schema = {
        "type": "object",
        "properties": {"notes": {"type": ["string", "null"], "extend_edit:value": None}},
        "required": ["notes"],
    }
    with pytest.raises(PdfProblem) as caught:
        edit_pdf(kinds_pdf, {"schema": schema})
    assert caught.value.reason == "SCHEMA_VALIDATION_ERROR"


@pytest.mark.parametrize(
    "rules",
    [
        {"allOf": "everything"},
        {"if": {"properties": {"notes": {"minLength": "three"}}}},
        {"allOf": [{"properties": {"notes": {"pattern": "("}}}]},
        {"anyOf": [{"$ref": "http://169.254.169.254/schema.json"}]},
    ],
)
def test_clauses_that_are_no_json_schema_are_bad_options(rules, kinds_pdf):
    with pytest.raises(PdfProblem) as caught:
        run(kinds_pdf, "notes: x", **rules)
    assert caught.value.reason == "INVALID_OPTIONS"
