"""Edit runs from config to result: where values come from, and what is reported."""

from __future__ import annotations

import copy
import json

import pytest

from extend_provider.local.pdf import detect_schema, edit_pdf

ALL = {
    "full_name": "Ada Lovelace",
    "notes": "First line\nSecond line",
    "agrees": True,
    "colour": "green",
    "country": "DE",
    "skills": ["Python", "SQL"],
}
EDITABLE = {"advancedOptions": {"flattenPdf": False}}


def test_every_kind_is_filled_from_a_json_object_and_read_back(kinds_pdf, fields_of):
    result = edit_pdf(kinds_pdf, {"instructions": json.dumps(ALL), **EDITABLE})
    assert result.filled_values == ALL
    assert fields_of(result.pdf) == {
        "full_name": "Ada Lovelace",
        "notes": "First line\nSecond line",
        "agrees": "/Yes",
        "colour": "/green",
        "country": "DE",
        "skills": ["Python", "SQL"],
    }


def test_every_kind_shows_in_the_flattened_page(kinds_pdf, page_text):
    text = page_text(edit_pdf(kinds_pdf, {"instructions": json.dumps(ALL)}).pdf)
    for shown in ("Ada Lovelace", "First line", "Second line", "Germany", "Python", "SQL"):
        assert shown in text
    assert "France" not in text  # what was chosen before


def test_lines_of_instructions_find_fields_by_any_of_their_names(raw_form):
    form = raw_form()
    page = form.add(form.add(T="form[0]"), T="p1[0]")
    for number, entries in enumerate(
        [{"T": "f1[0]", "TU": "First name"}, {"T": "f2[0]"}, {"T": "f3[0]", "TU": "Time: from"}]
    ):
        form.widget((10, 30 * number, 90, 30 * number + 20), page, FT="/Tx", **entries)
    pdf = form.build()
    instructions = """
    Please fill the form carefully. The rest of this is for a language model: ignore it.
    - FIRST-NAME: Ada
    form[0].p1[0].f2[0]: 12:30
    Time: from: 9:00
    nobody: Bob
    f1[0]:
    """
    result = edit_pdf(pdf, {"instructions": instructions})
    assert result.filled_values == {"first_name": "Ada", "f2": "12:30", "time_from": "9:00"}


def test_the_last_line_wins_and_a_description_is_a_name_too(text_field):
    schema = {"type": "object", "properties": {"t": {"type": "string", "description": "Your full name?"}}}
    config = {"schema": schema, "instructions": "your full name: Ada\nt: Bob\nYOUR FULL NAME: Grace"}
    assert edit_pdf(text_field(), config).filled_values == {"t": "Grace"}


def test_a_name_of_two_fields_fills_neither(raw_form):
    form = raw_form()
    for row in ("row1", "row2"):
        branch = form.add(T=row)
        form.widget((10, 10, 90, 30), branch, T="amount", FT="/Tx", TU=f"Amount of {row}")
    pdf = form.build()
    assert edit_pdf(pdf, {"instructions": "amount: 5"}).filled_values == {}
    assert edit_pdf(pdf, {"instructions": "row2.amount: 7"}).filled_values == {"amount_of_row2": "7"}


def test_json_may_be_indented(text_field):
    assert edit_pdf(text_field(), {"instructions": '\n  {\n    "t": "Ada"\n  }\n'}).filled_values == {"t": "Ada"}
    assert edit_pdf(text_field(), {"instructions": '\n  {\n    "t": "Ada"\n'}).filled_values == {}


def test_a_value_in_the_schema_wins_over_instructions(text_field):
    schema = {"type": "object", "properties": {"t": {"type": "string", "extend_edit:value": "Ada"}}}
    result = edit_pdf(text_field(), {"schema": schema, "instructions": "t: Bob"})
    assert result.filled_values == {"t": "Ada"}


def test_a_null_value_leaves_the_field_alone(text_field, fields_of):
    schema = {"type": "object", "properties": {"t": {"type": ["string", "null"], "extend_edit:value": None}}}
    result = edit_pdf(text_field(V="before"), {"schema": schema, "instructions": "t: Bob", **EDITABLE})
    assert result.filled_values == {}
    assert fields_of(result.pdf) == {"t": "before"}


@pytest.mark.parametrize("instructions", ["", "Fill in what you know about Ada.", '{"t": "unfinished', "[1, 2]", "42"])
def test_instructions_that_only_a_language_model_reads_fill_nothing(instructions, text_field):
    assert edit_pdf(text_field(), {"instructions": instructions}).filled_values == {}


def test_a_schema_that_matches_nothing_fills_nothing(kinds_pdf):
    schema = {"type": "object", "properties": {"shoe_size": {"type": "string", "extend_edit:value": "42"}}}
    result = edit_pdf(kinds_pdf, {"schema": schema})
    assert result.filled_values == {}
    assert (result.field_count, result.fields_annotated) == (1, 0)


def test_the_result_counts_fields_and_pages(raw_form):
    form = raw_form(pages=2)
    form.widget((10, 10, 90, 30), T="a", FT="/Tx")
    form.widget((10, 10, 90, 30), page=1, T="b", FT="/Tx")
    result = edit_pdf(form.build(), {"instructions": "a: 1"})
    assert (result.page_count, result.field_count, result.fields_detected, result.fields_annotated) == (2, 2, 2, 2)
    assert set(result.timings) == {"detection", "annotation", "filling"}
    assert all(milliseconds >= 0 for milliseconds in result.timings.values())


def test_the_same_input_gives_the_same_bytes_and_stays_unchanged(kinds_pdf):
    config = {"schema": detect_schema(kinds_pdf), "instructions": json.dumps(ALL)}
    before = copy.deepcopy(config)
    first, second = edit_pdf(kinds_pdf, config), edit_pdf(kinds_pdf, config)
    assert first.pdf == second.pdf
    assert config == before


@pytest.mark.parametrize(
    ("engine", "advanced", "editable"),
    [
        (None, {}, False),
        ("1.0.0", {"flattenPdf": None}, False),
        ("1.0.0-beta", {}, True),
        ("1.0.0-beta", {"flattenPdf": True}, False),
        ("0.0.1", {}, False),
    ],
)
def test_flattening_is_the_default_of_the_engine_version(engine, advanced, editable, kinds_pdf, fields_of):
    result = edit_pdf(kinds_pdf, {"engineVersion": engine, "advancedOptions": advanced})
    assert bool(fields_of(result.pdf)) is editable


def test_radio_options_are_booleans_when_radio_enums_are_off(kinds_pdf, fields_of):
    advanced = {"radioEnumsEnabled": False, "flattenPdf": False}
    result = edit_pdf(kinds_pdf, {"instructions": "colour blue: yes\ncolour red: no", "advancedOptions": advanced})
    assert result.filled_values == {"colour_red": False, "colour_blue": True}
    assert fields_of(result.pdf)["colour"] == "/blue"
    old_engine = edit_pdf(kinds_pdf, {"engineVersion": "0.0.1", "instructions": "colour blue: yes"})
    assert old_engine.filled_values == {"colour_blue": True}
    cleared = edit_pdf(result.pdf, {"instructions": "colour blue: no", "advancedOptions": advanced})
    assert fields_of(cleared.pdf)["colour"] == "/Off"
