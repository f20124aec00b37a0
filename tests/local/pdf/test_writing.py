"""Values in fields: what `/V` holds, what each kind of control takes, what is refused."""

from __future__ import annotations

import logging
from io import BytesIO

import pytest
from pypdf import PdfReader
from pypdf.generic import DictionaryObject, NameObject

from extend_provider.local.pdf import PdfProblem, edit_pdf

EDITABLE = {"advancedOptions": {"flattenPdf": False}}
RADIO, COMBO, EDIT, MULTI = 1 << 15, 1 << 17, 1 << 18, 1 << 21


def fill(pdf, name, value, /, **definition):
    schema = {"type": "object", "properties": {name: {**definition, "extend_edit:value": value}}}
    return edit_pdf(pdf, {"schema": schema, **EDITABLE})


def violation(pdf, name, value, /, **definition):
    with pytest.raises(PdfProblem) as caught:
        fill(pdf, name, value, **definition)
    assert caught.value.reason == "SCHEMA_VALIDATION_ERROR"
    assert repr(name) in caught.value.message
    assert str(value) not in caught.value.message
    return caught.value.message


@pytest.mark.parametrize(
    ("json_type", "value", "reported", "written"),
    [
        (["string", "null"], "Ada", "Ada", "Ada"),
        ("string", "Grüße 東京 🎉", "Grüße 東京 🎉", "Grüße 東京 🎉"),
        ("string", "half \ud83c a pair", "half \ufffd a pair", "half \ufffd a pair"),
        ("string", 85, "85", "85"),
        ("string", 85.5, "85.5", "85.5"),
        (["number", "null"], 1234567.125, 1234567.125, "1234567.125"),
        (["number", "null"], 1e-9, 1e-9, "0.000000001"),
        (["number", "null"], 1e21, 1e21, "1000000000000000000000"),
        (["number", "null"], "12.50", 12.5, "12.5"),
        (["integer", "null"], 7, 7, "7"),
        (["integer", "null"], "7", 7, "7"),
        (["integer", "null"], 7.0, 7, "7"),
        ("boolean", True, True, "Yes"),
        (["number", "string"], "n/a", "n/a", "n/a"),
        (None, 7, "7", "7"),
    ],
)
def test_texts_and_numbers(json_type, value, reported, written, text_field, fields_of):
    definition = {} if json_type is None else {"type": json_type}
    result = fill(text_field(), "t", value, **definition)
    assert result.filled_values == {"t": reported}
    assert type(result.filled_values["t"]) is type(reported)
    assert fields_of(result.pdf) == {"t": written}


@pytest.mark.parametrize(
    ("json_type", "value"),
    [
        ("string", True),
        ("string", ["secret"]),
        ("string", {"secret": 1}),
        (["number", "null"], "twelve"),
        (["number", "null"], "1_000"),
        (["number", "null"], float("inf")),
        (["integer", "null"], 1.5),
        (["integer", "null"], "1.5"),
        (["boolean", "null"], "perhaps"),
        (["boolean", "null"], 2),
        ("array", "secret"),
    ],
)
def test_a_value_of_another_type_breaks_the_schema(json_type, value, text_field):
    assert "not of type" in violation(text_field(), "t", value, type=json_type)


def test_an_enum_allows_its_members_only(text_field, fields_of):
    assert fields_of(fill(text_field(), "t", "b", enum=["a", "b"]).pdf) == {"t": "b"}
    assert "enum" in violation(text_field(), "t", "secret", enum=["a", "b"])


def test_text_longer_than_the_field_is_refused_not_cut(text_field):
    assert "5 characters" in violation(text_field(MaxLen=5), "t", "secret", type="string")
    options = {"extend_edit:text_edit_options": {"maxLength": 3}}
    assert "3 characters" in violation(text_field(MaxLen=5), "t", "four", type="string", **options)


def test_a_comb_leaves_out_separators_that_do_not_fit(text_field, fields_of):
    comb = text_field(MaxLen=9, Ff=1 << 24)
    result = fill(comb, "t", "123-45-6789", type="string")
    assert result.filled_values == {"t": "123456789"}
    assert fields_of(result.pdf) == {"t": "123456789"}
    assert "9 characters" in violation(comb, "t", "1234567890", type="string")


@pytest.mark.parametrize(
    ("value", "state"),
    [
        (True, "/Ja"), ("yes", "/Ja"), ("ON", "/Ja"), ("Ja", "/Ja"), ("true", "/Ja"), (1, "/Ja"),
        (False, "/Off"), ("no", "/Off"), ("off", "/Off"), (0, "/Off"),
    ],
)  # fmt: skip
def test_check_boxes_take_booleans_words_and_their_export_value(value, state, raw_form, fields_of, widgets_of):
    form = raw_form()
    form.button((10, 10, 20, 20), T="box", FT="/Btn", state="Ja", V="/Ja")
    result = fill(form.build(), "box", value, type=["boolean", "null"])
    assert result.filled_values == {"box": state == "/Ja"}
    assert fields_of(result.pdf) == {"box": state}
    assert widgets_of(result.pdf)[0]["/AS"] == state


def test_a_check_box_takes_a_text_property_that_means_on(raw_form, fields_of):
    form = raw_form()
    form.button((10, 10, 20, 20), T="box", FT="/Btn", state="1")
    assert fields_of(fill(form.build(), "box", "1", type="string").pdf) == {"box": "/1"}
    assert "check box" in violation(form.build(), "box", "perhaps", type="string")


def test_a_check_box_without_looks_gets_them(raw_form, fields_of, look_of):
    form = raw_form()
    form.widget((10, 10, 20, 20), T="box", FT="/Btn")
    result = fill(form.build(), "box", True, type="boolean")
    assert fields_of(result.pdf) == {"box": "/Yes"}
    assert " l S" in look_of(result.pdf)


@pytest.mark.parametrize("value", ["large", "1", "Large", " LARGE"])
def test_radio_groups_take_export_and_state_and_loose_writing(value, raw_form, fields_of, widgets_of):
    form = raw_form()
    group = form.add(T="size", FT="/Btn", Ff=RADIO, Opt=["small", "large"])
    form.button((10, 10, 20, 20), group, state="0")
    form.button((30, 10, 40, 20), group, state="1")
    source = {"optionMap": [{"schemaValue": "large", "exportValue": "large", "displayValue": "1"}]}
    definition = {"enum": ["small", "large"], "extend_edit:source_acroform": source}
    result = fill(form.build(), "size", value, **definition)
    assert result.filled_values == {"size": "large"}
    assert fields_of(result.pdf) == {"size": "/1"}
    assert [widget["/AS"] for widget in widgets_of(result.pdf)] == ["/Off", "/1"]


def test_an_option_map_leads_from_schema_value_to_export_value(kinds_pdf, fields_of):
    source = {
        "fieldName": "colour",
        "optionMap": [{"schemaValue": "warm", "exportValue": "red", "displayValue": "Warm"}],
    }
    definition = {"enum": ["warm", "green"], "extend_edit:source_acroform": source}
    for value in ("warm", "red", "Warm"):
        result = fill(kinds_pdf, "any name", value, **definition)
        assert result.filled_values == {"any name": "warm"}
        assert fields_of(result.pdf)["colour"] == "/red"


def test_radio_options_without_names_in_common_are_found_by_their_boxes(raw_form, fields_of):
    form = raw_form()
    group = form.add(T="q7", FT="/Btn", Ff=RADIO)
    form.button((10, 782, 20, 792), group, state="A1")
    form.button((30, 782, 40, 792), group, state="A2")
    boxes = [{"left": 60, "top": 0, "right": 80, "bottom": 20}, {"left": 20, "top": 0, "right": 40, "bottom": 20}]
    definition = {"enum": ["single", "married"], "extend_edit:field_type": "radio", "extend_edit:bboxes": boxes}
    result = fill(form.build(), "status", "single", **definition)
    assert result.filled_values == {"status": "single"}
    assert fields_of(result.pdf) == {"q7": "/A2"}


def test_an_allowed_value_that_the_pdf_lacks_is_refused(kinds_pdf):
    assert "option of the PDF field" in violation(kinds_pdf, "colour", "mauve", enum=["red", "mauve"])


def test_one_radio_group_takes_one_choice(kinds_pdf):
    with pytest.raises(PdfProblem) as caught:
        edit_pdf(kinds_pdf, {
            "instructions": "colour red: yes\ncolour blue: yes",
            "advancedOptions": {"radioEnumsEnabled": False},
        })  # fmt: skip
    assert caught.value.reason == "SCHEMA_VALIDATION_ERROR"
    assert "'colour_red' and 'colour_blue'" in caught.value.message


@pytest.mark.parametrize("value", ["DE", "Germany", "germany"])
def test_drop_downs_take_export_and_display_text(value, kinds_pdf, fields_of):
    result = fill(kinds_pdf, "country", value)
    assert result.filled_values == {"country": "DE"}
    assert fields_of(result.pdf)["country"] == "DE"


def test_drop_downs_refuse_other_texts_unless_they_are_editable(kinds_pdf, raw_form, fields_of):
    assert "enum" in violation(kinds_pdf, "country", "Atlantis", type="string")
    form = raw_form()
    form.widget((10, 10, 90, 30), T="c", FT="/Ch", Ff=COMBO | EDIT, Opt=[["DE", "Germany"]])
    assert fields_of(fill(form.build(), "c", "Atlantis", type="string").pdf) == {"c": "Atlantis"}
    assert fields_of(fill(form.build(), "c", "Germany", type="string").pdf) == {"c": "DE"}


@pytest.mark.parametrize(
    ("value", "reported", "stored", "indices"),
    [
        ("SQL", "SQL", "SQL", [2]),
        (["SQL"], ["SQL"], "SQL", [2]),
        (["SQL", "Java"], ["SQL", "Java"], ["SQL", "Java"], [0, 2]),
        ("sql, java", ["SQL", "Java"], ["SQL", "Java"], [0, 2]),
        ([], [], [], []),
    ],
)
def test_list_boxes_take_one_or_several(value, reported, stored, indices, kinds_pdf, fields_of, widgets_of):
    result = fill(kinds_pdf, "skills", value)
    assert result.filled_values == {"skills": reported}
    assert fields_of(result.pdf)["skills"] == stored
    assert widgets_of(result.pdf)[-1]["/I"] == indices


def test_a_list_box_for_one_choice_takes_one(raw_form, fields_of):
    form = raw_form()
    form.widget((10, 10, 90, 90), T="l", FT="/Ch", Opt=["a", "b", "c"])
    assert fill(form.build(), "l", ["b"]).filled_values == {"l": "b"}
    assert "one value" in violation(form.build(), "l", ["a", "b"])


def test_texts_that_differ_only_in_punctuation_are_not_mixed_up(raw_form):
    form = raw_form()
    form.widget((10, 10, 90, 90), T="grade", FT="/Ch", Opt=["A+", "A-"])
    assert fill(form.build(), "grade", "A-").filled_values == {"grade": "A-"}
    violation(form.build(), "grade", "(A)")


def test_a_field_with_several_widgets_shows_its_value_in_all(raw_form, fields_of, widgets_of, look_of):
    form = raw_form()
    name = form.add(T="name", FT="/Tx")
    form.widget((10, 10, 90, 30), name, V="old")
    form.widget((10, 50, 90, 70), name)
    pdf = fill(form.build(), "name", "Ada", type="string").pdf
    assert fields_of(pdf) == {"name": "Ada"}
    assert "/V" not in widgets_of(pdf)[0]
    assert "(Ada)" in look_of(pdf, 0)
    assert "(Ada)" in look_of(pdf, 1)


def test_two_fields_of_one_full_name_are_one(raw_form, widgets_of):
    form = raw_form()
    form.widget((10, 10, 90, 30), T="name", FT="/Tx")
    form.widget((10, 50, 90, 70), T="name", FT="/Tx")
    pdf = fill(form.build(), "name", "Ada", type="string").pdf
    assert [widget["/V"] for widget in widgets_of(pdf)] == ["Ada", "Ada"]


def test_a_field_that_the_form_forgot_to_list_is_filled(raw_form, widgets_of):
    form = raw_form()
    form.widget((10, 10, 90, 30), T="orphan", FT="/Tx")
    form.fields.clear()
    assert widgets_of(fill(form.build(), "orphan", "Ada", type="string").pdf)[0]["/V"] == "Ada"


@pytest.mark.parametrize(
    "definition",
    [
        {"type": "object", "extend_edit:field_type": "signature"},
        {"type": ["string", "null"], "extend_edit:field_type": "signature"},
        {"type": "array", "extend_edit:field_type": "table", "items": {"type": "object"}},
        {"type": "array"},
    ],
)
def test_signatures_and_tables_without_columns_stay_unfilled(definition, raw_form):
    form = raw_form()
    form.widget((10, 10, 90, 30), T="x", FT="/Sig" if "signature" in str(definition) else "/Tx")
    assert fill(form.build(), "x", [{"a": 1}], **definition).filled_values == {}


def test_old_rich_text_and_xfa_and_usage_rights_go(raw_form, widgets_of):
    form = raw_form(XFA="<xdp/>")
    form.widget((10, 10, 90, 30), T="t", FT="/Tx", V="old", RV="<body>old</body>")
    form.writer.root_object[NameObject("/Perms")] = DictionaryObject()
    pdf = fill(form.build(), "t", "new", type="string").pdf
    root = PdfReader(BytesIO(pdf)).root_object
    assert "/XFA" not in root["/AcroForm"]
    assert "/Perms" not in root
    assert "/RV" not in widgets_of(pdf)[0]


def test_values_never_reach_the_log(kinds_pdf, caplog):
    caplog.set_level(logging.DEBUG)
    fill(kinds_pdf, "full_name", "Sécret 東京", type="string")
    violation(kinds_pdf, "country", "Sécret", type="string")
    assert "cret" not in caplog.text
