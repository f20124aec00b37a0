from __future__ import annotations

import copy
import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.forms.filling import filled_schema, holds_values
from extend_provider.forms.plain import marked_values, plain_values

TEXT = {"type": ["string", "null"], "extend_edit:field_type": "text"}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "first_name": TEXT,
        "ssn": {**TEXT, "extend_edit:text_edit_options": {"maxLength": 9, "combing": True}},
        "state": {**TEXT, "extend_edit:text_edit_options": {"maxLength": 2}},
        "consent": {"type": ["boolean", "null"], "extend_edit:field_type": "checkbox"},
        "children": {"type": ["integer", "null"], "extend_edit:field_type": "text"},
        "rate": {"type": ["number", "null"], "extend_edit:field_type": "text"},
        "business": {"enum": ["sole_proprietor", "partnership", "llc"], "extend_edit:field_type": "radio"},
        "skills": {"enum": ["Airflow", "Python", "SQL"], "extend_edit:field_type": "optionList"},
        "address": {
            "type": "object",
            "properties": {"street": TEXT, "city": TEXT, "owner": {"type": "object", "properties": {"name": TEXT}}},
            "required": ["city"],
        },
        "jobs": {
            "type": "array",
            "maxItems": 2,
            "extend_edit:field_type": "table",
            "items": {
                "type": "object",
                "properties": {"employer": TEXT, "year": {"type": "integer"}},
                "required": ["year"],
            },
        },
        "strict": {"type": "string"},
        "reference": {**TEXT, "extend_edit:value": "PO-1042"},
    },
}


def values_of(schema: dict[str, Any]) -> dict[str, Any]:
    return {
        name: field["extend_edit:value"] for name, field in schema["properties"].items() if "extend_edit:value" in field
    }


def problems(values: dict[str, Any], schema: dict[str, Any] = SCHEMA, **options: Any) -> list[str]:
    with pytest.raises(ExtendConfigurationError) as raised:
        filled_schema(schema, values, **options)
    return [line.removeprefix("- ") for line in str(raised.value).splitlines() if line.startswith("- ")]


def test_values_go_into_the_schema_and_win() -> None:
    before = copy.deepcopy(SCHEMA)
    filled = filled_schema(SCHEMA, {"first_name": "Jordan", "consent": True, "reference": "PO-1", "business": "llc"})
    assert values_of(filled) == {"first_name": "Jordan", "consent": True, "reference": "PO-1", "business": "llc"}
    assert filled["properties"]["ssn"] == SCHEMA["properties"]["ssn"]
    assert before == SCHEMA


@pytest.mark.parametrize(
    "values",
    [
        {"first_name": None, "consent": None, "business": None, "children": None},
        {"children": 2, "rate": 2},
        {"children": 2.0, "rate": 2.5},
        {"skills": ["Airflow", "SQL"]},
        {"skills": "SQL"},
        {"ssn": "123-45-6789"},
        {"jobs": [{"employer": "A", "year": 2020}, {"year": 2021}]},
        {"jobs": []},
        {},
    ],
)
def test_values_that_fit(values: dict[str, Any]) -> None:
    assert values_of(filled_schema(SCHEMA, values)) == {"reference": "PO-1042", **values}


@pytest.mark.parametrize(
    "values",
    [
        {"address": {"city": "Portland", "owner": {"name": "Kim"}}},
        {"address.city": "Portland", "address.owner.name": "Kim"},
        {"address": {"city": "Portland", "owner.name": "Kim"}},
        {"address": {"city": "Portland"}, "address.owner": {"name": "Kim"}},
        {"address.owner": {"name": "Kim"}, "address": {"city": "Portland"}},
    ],
)
def test_nested_and_dotted_names_are_the_same(values: dict[str, Any]) -> None:
    before = copy.deepcopy(values)
    address = filled_schema(SCHEMA, values)["properties"]["address"]["properties"]
    assert address["city"]["extend_edit:value"] == "Portland"
    assert address["owner"]["properties"]["name"]["extend_edit:value"] == "Kim"
    assert "extend_edit:value" not in address["street"]
    assert values == before


def test_a_field_with_a_dot_in_its_name_comes_first() -> None:
    schema = {"type": "object", "properties": {**SCHEMA["properties"], "address.city": TEXT}}
    filled = filled_schema(schema, {"address.city": "Portland"})["properties"]
    assert filled["address.city"]["extend_edit:value"] == "Portland"
    assert filled["address"] == SCHEMA["properties"]["address"]


def test_single_values_of_a_group_can_be_replaced() -> None:
    group = {**SCHEMA["properties"]["address"], "extend_edit:value": {"street": "1 Main St", "city": "Salem"}}
    schema = {"type": "object", "properties": {"address": group}}
    filled = filled_schema(schema, {"address.city": "Portland"})["properties"]["address"]
    assert values_of(filled) == {"street": "1 Main St", "city": "Portland"}
    assert "extend_edit:value" not in filled


def test_nothing_for_a_group_is_nothing_for_its_fields() -> None:
    group = {"type": ["object", "null"], "properties": {"city": {**TEXT, "extend_edit:value": "Salem"}}}
    filled = filled_schema({"type": "object", "properties": {"address": group}}, {"address": None})
    assert values_of(filled["properties"]["address"]) == {"city": None}


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"frist_name": "x"}, "frist_name: there is no such field; did you mean first_name?"),
        ({"firstName": "x"}, "firstName: there is no such field; did you mean first_name?"),
        ({"name": "x"}, "name: there is no such field; did you mean first_name?"),
        ({"zzz": "x"}, "zzz: there is no such field"),
        ({"city": "x"}, "city: there is no such field; did you mean address.city?"),
        ({"address": {"cty": "x", "city": "y"}}, "address.cty: there is no such field; did you mean city?"),
        ({"address.cty": "x"}, "address.cty: there is no such field; did you mean address.city?"),
        ({"first_name.x": 1}, "first_name.x: there is no such field; did you mean first_name?"),
        ({"jobs": [{"year": 1, "employr": 2}]}, "jobs[0].employr: there is no such field; did you mean employer?"),
        ({"address": {"city": "x"}, "address.city": "y"}, "address.city: given twice, nested and with a dot"),
        ({"address": "x", "address.city": "y"}, "address: given twice, nested and with a dot"),
    ],
)
def test_names(values: dict[str, Any], line: str) -> None:
    assert line in problems(values)


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"first_name": 7}, "first_name: takes text, not a number"),
        ({"first_name": True}, "first_name: takes text, not true or false"),
        ({"first_name": ["x"]}, "first_name: takes text, not a list"),
        ({"first_name": {"x": 1}}, "first_name: takes text, not an object"),
        ({"children": 1.5}, "children: takes a whole number, not a number"),
        ({"children": True}, "children: takes a whole number, not true or false"),
        ({"consent": 1}, "consent: takes true or false, not a number"),
        ({"strict": None}, "strict: takes text, not null"),
        ({"address": "x"}, "address: takes an object, not text"),
        ({"address": {"city": 1}}, "address.city: takes text, not a number"),
        ({"jobs": {"year": 1}}, "jobs: takes a list, not an object"),
        ({"jobs": [5]}, "jobs[0]: takes an object, not a number"),
        ({"jobs": [{"year": "x"}]}, "jobs[0].year: takes a whole number, not text"),
        ({"jobs": [{"year": 1}] * 3}, "jobs: has 3 rows, and the form has place for 2"),
        ({"business": "llcs"}, "business: takes one of 'sole_proprietor', 'partnership', 'llc'; did you mean 'llc'?"),
        ({"business": True}, "business: takes one of 'sole_proprietor', 'partnership', 'llc', not true or false"),
        ({"business": ["llc"]}, "business: takes one of 'sole_proprietor', 'partnership', 'llc', not a list"),
        ({"skills": ["SQL", "pyhton"]}, "skills: takes one of 'Airflow', 'Python', 'SQL'; did you mean 'Python'?"),
        ({"state": "Oregon"}, "state: is longer than the 2 characters that fit"),
        ({"ssn": "123-45-67890"}, "ssn: is longer than the 9 characters that fit"),
    ],
)
def test_types_choices_and_lengths(values: dict[str, Any], line: str) -> None:
    [found] = problems(values)
    assert found.startswith(line)


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        ({"consent": True}, ["first_name: is required"]),
        ({"first_name": None}, ["first_name: is required"]),
        ({"first_name": ""}, []),
        ({"first_name": "x", "address": {"city": None}}, ["address.city: is required"]),
        ({"first_name": "x", "address": None}, ["address: takes an object, not null"]),
        ({"first_name": "x", "reference": None}, ["reference: is required"]),
        ({"first_name": "x", "address": {}}, ["address.city: is required"]),
        ({"first_name": "x", "jobs": [{"year": 1}, {}]}, ["jobs[1].year: is required"]),
        ({"first_name": "x", "jobs": [{"year": None}]}, ["jobs[0].year: takes a whole number, not null"]),
    ],
)
def test_required_fields(values: dict[str, Any], lines: list[str]) -> None:
    schema = {**SCHEMA, "required": ["first_name", "reference"]}
    if lines:
        assert problems(values, schema) == lines
    else:
        filled_schema(schema, values)


def test_what_is_missing_may_stand_in_instructions_and_what_is_nothing_may_not() -> None:
    schema = {**SCHEMA, "required": ["first_name", "jobs"]}
    filled_schema(schema, {"address": {}}, instructed=True)
    assert problems({"first_name": None}, schema, instructed=True) == ["first_name: is required"]
    assert problems({"address.city": None}, schema, instructed=True) == ["address.city: is required"]


def test_nothing_in_the_schema_is_no_value() -> None:
    schema = {"type": "object", "properties": {"name": {**TEXT, "extend_edit:value": None}}, "required": ["name"]}
    assert problems({}, schema) == ["name: is required"]


@pytest.mark.parametrize("type_", ["object", ["object", "null"]])
def test_a_required_group_is_not_nothing(type_: Any) -> None:
    schema = {
        "type": "object",
        "properties": {"address": {"type": type_, "properties": {"city": TEXT}}},
        "required": ["address"],
    }
    assert len(problems({"address": None}, schema)) == 1


def test_a_group_or_a_row_without_a_type_takes_an_object() -> None:
    schema = {
        "type": "object",
        "properties": {
            "address": {"properties": {"city": TEXT}},
            "jobs": {"type": "array", "items": {"properties": {"year": TEXT}}},
        },
    }
    assert [line.partition(" (")[0] for line in problems({"address": "x", "jobs": ["x", None]}, schema)] == [
        "address: takes an object, not text",
        "jobs[0]: takes an object, not text",
        "jobs[1]: takes an object, not null",
    ]
    filled_schema(schema, {"address": None})


def test_a_decimal_is_a_number_or_text_as_the_field_wants() -> None:
    given = plain_values({"first_name": Decimal("95.50"), "rate": Decimal("95.50"), "children": Decimal("2.00")})
    values = values_of(filled_schema(SCHEMA, given))
    assert values == {"first_name": "95.50", "rate": 95.5, "children": 2, "reference": "PO-1042"}
    assert [type(value) for value in values.values()] == [str, int, float, str]
    table = {"employer": Decimal("1.0"), "year": Decimal("2020")}
    filled = filled_schema(SCHEMA, plain_values({"jobs": [table]}))
    assert values_of(filled)["jobs"] == [{"employer": "1.0", "year": 2020}]
    assert holds_values(filled, plain_values({"jobs": [table]}))
    assert problems(plain_values({"state": Decimal("1.25")})) == ["state: is longer than the 2 characters that fit"]


def test_what_json_cannot_say_is_told_with_all_the_rest() -> None:
    values = {
        "frist_name": b"SECRET",
        "consent": "yes",
        "business": float("nan"),
        "skills": ["SQL", b"SECRET"],
        "address": {"city": timedelta(1), 5: "SECRET"},
        "jobs": [{"year": b"SECRET"}],
    }
    assert problems(marked_values(values), {**SCHEMA, "required": ["strict"]}) == [
        "frist_name: there is no such field; did you mean first_name?",
        "frist_name: cannot be written as JSON (bytes)",
        "business: is NaN, which is no value; give None to leave the field empty",
        "skills[1]: cannot be written as JSON (bytes)",
        "address.city: cannot be written as JSON (timedelta)",
        "address: has a name that is not text, but int",
        "jobs[0].year: cannot be written as JSON (bytes)",
        "consent: takes true or false, not text (a template in a dict gives text; one for the whole dict keeps types)",
        "strict: is required",
    ]


def test_thousands_of_problems_are_counted_and_not_all_shown() -> None:
    rows = [{"year": "SECRET"}] * 5000
    with pytest.raises(ExtendConfigurationError) as raised:
        filled_schema(SCHEMA, {"jobs": rows})
    text = str(raised.value)
    assert "5001 problems" in text
    assert text.endswith("and 4801 more.")
    assert len(text) < 50_000


def test_dates_are_checked_where_the_schema_says_so() -> None:
    schema = {"type": "object", "properties": {"day": {**TEXT, "format": "date"}, "free": TEXT}}
    assert problems({"day": "banana"}, schema) == ["day: takes a date such as 2026-12-31"]
    filled_schema(schema, {"day": "2026-12-01", "free": "banana"})
    filled_schema(schema, {"day": None})


def test_rules_over_several_fields() -> None:
    schema = {
        **SCHEMA,
        "dependentRequired": {"ssn": ["state"]},
        "if": {"properties": {"business": {"const": "llc"}}, "required": ["business"]},
        "then": {"required": ["rate"]},
    }
    assert problems({"business": "llc", "ssn": "123456789"}, schema) == [
        "does not fit the schema's rule dependentRequired: state",
        "does not fit the schema's rule required: rate",
    ]
    filled_schema(schema, {"business": "llc", "rate": 1})
    filled_schema(schema, {"business": "llc"}, instructed=True)


@pytest.mark.parametrize(
    ("values", "rules"),
    [
        ({"zzz": 1}, ["dependentRequired: state", "required: rate"]),
        ({"first_name": 7}, ["dependentRequired: state", "required: rate"]),
        ({"stat": "OR"}, ["required: rate"]),
        ({"state": 7}, ["required: rate"]),
        ({"rates": 1}, ["dependentRequired: state"]),
        ({"rate": b"x"}, ["dependentRequired: state"]),
        ({"state": None}, ["dependentRequired: state", "required: rate"]),
    ],
)
def test_rules_are_told_with_other_problems_unless_these_are_about_the_same_fields(
    values: dict[str, Any], rules: list[str]
) -> None:
    schema = {
        **SCHEMA,
        "dependentRequired": {"ssn": ["state"]},
        "if": {"properties": {"business": {"const": "llc"}}, "required": ["business"]},
        "then": {"required": ["rate"]},
    }
    found = problems(marked_values({"business": "llc", "ssn": "123456789", **values}), schema)
    start = "does not fit the schema's rule "
    assert [line.removeprefix(start) for line in found if line.startswith(start)] == rules


def test_limits_of_plain_json_schema() -> None:
    schema = {"type": "object", "properties": {"zip": {"type": "string", "pattern": r"^\d{5}$", "minLength": 5}}}
    assert problems({"zip": "secret"}, schema) == [r"zip: does not fit the schema's pattern '^\\d{5}$'"]
    unreadable = {"type": "object", "properties": {"zip": {"type": "string", "pattern": "("}}}
    filled_schema(unreadable, {"zip": "97201"})


def test_all_problems_in_one_error_and_no_value() -> None:
    values = {
        "frist_name": "SECRET-1",
        "consent": "SECRET-2",
        "business": "SECRET-3",
        "state": "SECRET-4",
        "address": {"street": {"SECRET-NAME": "SECRET-5"}},
        "jobs": [{"employer": ["SECRET-6"]}],
    }
    with pytest.raises(ExtendConfigurationError) as raised:
        filled_schema({**SCHEMA, "required": ["first_name"]}, values)
    text = str(raised.value)
    assert "9 problems" in text
    assert "Fields of the form: first_name, ssn, state, consent, " in text
    assert "address.street, address.city, address.owner, address.owner.name" in text
    assert "SECRET" not in text
    assert "SECRET" not in json.dumps(vars(raised.value), default=str)


def test_choices_are_shown_with_what_the_form_says_there() -> None:
    choice = {"enum": ["1", "2", "llc"], "extend:descriptions": ["Individual", "C corporation", "llc"]}
    schema = {"type": "object", "properties": {"class": choice}}
    assert problems({"class": "individual"}, schema) == [
        "class: takes one of '1' (Individual), '2' (C corporation), 'llc'; did you mean '1'?"
    ]
    filled_schema(schema, {"class": "1"})


def test_long_lists_are_cut() -> None:
    schema = {
        "type": "object",
        "properties": {f"field_{n}": {"enum": [str(m) for m in range(300)]} for n in range(300)},
    }
    with pytest.raises(ExtendConfigurationError) as raised:
        filled_schema(schema, {"x" * 500: 1, "field_1": "none"})
    assert "and 200 more." in str(raised.value)
    assert "and 275 more" in str(raised.value)
    assert "x" * 81 not in str(raised.value)


def test_holds_values() -> None:
    filled = filled_schema(SCHEMA, {"first_name": "Jordan", "address.city": "Portland"})
    assert holds_values(filled, {"first_name": "Jordan"})
    assert holds_values(filled, {"address": {"city": "Portland"}})
    assert not holds_values(filled, {"first_name": "Kim"})
    assert not holds_values(filled, {"nothing": 1})
    assert not holds_values(SCHEMA, {"first_name": "Jordan"})
    assert not holds_values(None, {})
