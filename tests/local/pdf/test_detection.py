"""What form detection says about a PDF's fields."""

from __future__ import annotations

import pytest

from extend_provider.local.pdf import PdfProblem, detect_schema, edit_pdf


def properties(pdf, **options):
    return detect_schema(pdf, **options)["properties"]


def test_every_kind_of_field_has_its_control(kinds_pdf):
    schema = detect_schema(kinds_pdf)
    assert schema["type"] == "object"
    controls = {
        name: (field.get("type"), field["extend_edit:field_type"]) for name, field in schema["properties"].items()
    }
    assert controls == {
        "full_name": (["string", "null"], "text"),
        "notes": (["string", "null"], "text"),
        "agrees": (["boolean", "null"], "checkbox"),
        "colour": (None, "radio"),
        "country": (None, "dropdown"),
        "skills": (None, "optionList"),
    }


def test_a_drop_down_lists_exports_with_their_display_texts(kinds_pdf):
    country = properties(kinds_pdf)["country"]
    assert country["enum"] == ["DE", "FR", "CI"]
    assert country["extend:descriptions"] == ["Germany", "France", "Côte d'Ivoire"]
    assert country["extend_edit:source_acroform"] == {
        "fieldName": "country",
        "fieldType": "dropdown",
        "optionMap": [
            {"schemaValue": "DE", "exportValue": "DE", "displayValue": "Germany"},
            {"schemaValue": "FR", "exportValue": "FR", "displayValue": "France"},
            {"schemaValue": "CI", "exportValue": "CI", "displayValue": "Côte d'Ivoire"},
        ],
    }


def test_boxes_are_pixels_at_144_dpi_from_the_top_left(text_field):
    field = properties(text_field((100, 700, 300, 720)))["t"]
    assert field["extend_edit:page_index"] == 0
    assert field["extend_edit:bbox"] == {"left": 200, "top": 144, "right": 600, "bottom": 184}


@pytest.mark.parametrize(
    ("rotation", "box"),
    [
        (90, {"left": 1400, "top": 200, "right": 1440, "bottom": 600}),
        (180, {"left": 624, "top": 1400, "right": 1024, "bottom": 1440}),
        (270, {"left": 144, "top": 624, "right": 184, "bottom": 1024}),
    ],
)
def test_boxes_are_those_of_the_page_as_displayed(rotation, box, raw_form):
    form = raw_form(rotation=rotation)
    form.widget((100, 700, 300, 720), T="t", FT="/Tx")
    assert properties(form.build())["t"]["extend_edit:bbox"] == box


def test_a_radio_group_is_one_enum_with_a_box_per_option(kinds_pdf):
    colour = properties(kinds_pdf)["colour"]
    assert colour["enum"] == ["red", "green", "blue"]
    lefts = [box["left"] for box in colour["extend_edit:bboxes"]]
    assert lefts == [100, 180, 260]
    assert "extend_edit:bbox" not in colour


def test_a_radio_group_is_a_boolean_per_option_without_radio_enums(kinds_pdf):
    found = properties(kinds_pdf, radio_enums=False)
    assert "colour" not in found
    green = found["colour_green"]
    assert green["type"] == ["boolean", "null"]
    assert green["extend_edit:source_acroform"]["fieldName"] == "colour"
    assert green["extend_edit:source_acroform"]["optionValue"] == "green"
    assert green["extend_edit:bbox"]["left"] == 180


def test_radio_values_come_from_the_option_list_where_there_is_one(raw_form):
    form = raw_form()
    group = form.add(T="size", FT="/Btn", Ff=1 << 15, Opt=["small", "large"])
    form.button((10, 10, 20, 20), group, state="0")
    form.button((30, 10, 40, 20), group, state="1")
    assert properties(form.build())["size"]["enum"] == ["small", "large"]


def test_names_come_from_tooltip_else_field_name_and_are_unique(raw_form):
    form = raw_form()
    tree = form.add(T="topmostSubform[0]")
    page = form.add(tree, T="Page1[0]")
    for number, entries in enumerate(
        [
            {"T": "f1_01[0]", "TU": "Your first  name (and initial)"},
            {"T": "f1_02[0]"},
            {"T": "LastName"},
            {"T": "f1_03[0]", "TU": "Last name"},
            {"T": "x", "TU": "Größe / Übergröße"},
            {"T": "f1_04[0]", "TU": "名前"},
            {"T": "名", "TU": ""},
            {"T": "long", "TU": "word " * 40},
        ]
    ):
        form.widget((10, 30 * number, 90, 30 * number + 20), page, FT="/Tx", **entries)
    found = properties(form.build())
    assert list(found) == [
        "your_first_name_and_initial",
        "f1_02",
        "last_name",
        "last_name_2",
        "groe_ubergroe",
        "f1_04",
        "field",
        "word" + "_word" * 11,
    ]
    first = found["your_first_name_and_initial"]
    assert first["extend_edit:source_acroform"]["fieldName"] == "topmostSubform[0].Page1[0].f1_01[0]"
    assert first["description"] == "Your first name (and initial)"


def test_text_options_tell_length_lines_and_comb(raw_form):
    form = raw_form()
    form.widget((10, 10, 90, 30), T="ssn", FT="/Tx", MaxLen=9, Ff=1 << 24)
    form.widget((10, 40, 90, 90), T="notes", FT="/Tx", Ff=1 << 12)
    found = properties(form.build())
    assert found["ssn"]["extend_edit:text_edit_options"] == {"maxLength": 9, "combing": True}
    assert found["notes"]["extend_edit:text_edit_options"] == {"multiLine": True}


def test_push_buttons_are_left_out_and_signatures_are_objects(raw_form):
    form = raw_form()
    form.widget((10, 10, 90, 30), T="send", FT="/Btn", Ff=1 << 16)
    form.widget((10, 50, 90, 80), T="signature", FT="/Sig")
    found = properties(form.build())
    assert list(found) == ["signature"]
    assert found["signature"]["type"] == "object"
    assert found["signature"]["extend_edit:field_type"] == "signature"


def test_several_boxes_of_one_check_box_field_are_a_choice(raw_form):
    form = raw_form()
    group = form.add(T="answer", FT="/Btn")
    form.button((10, 10, 20, 20), group, state="yes")
    form.button((30, 10, 40, 20), group, state="no")
    assert properties(form.build())["answer"]["enum"] == ["yes", "no"]


def test_a_field_with_several_widgets_is_one_property(raw_form):
    form = raw_form()
    name = form.add(T="name", FT="/Tx")
    form.widget((10, 10, 90, 30), name)
    form.widget((10, 50, 90, 70), name)
    assert list(properties(form.build())) == ["name"]


def test_blank_options_are_no_values(raw_form):
    form = raw_form()
    form.widget((10, 10, 90, 30), T="c", FT="/Ch", Ff=1 << 17, Opt=[" ", "a", "b", "a"])
    form.widget((10, 50, 90, 70), T="empty", FT="/Ch", Ff=1 << 17, Opt=[])
    found = properties(form.build())
    assert list(found) == ["c"]
    assert found["c"]["enum"] == ["a", "b"]


def test_pages_are_counted_from_zero(raw_form):
    form = raw_form(pages=2)
    form.widget((10, 10, 90, 30), page=1, T="t", FT="/Tx")
    assert properties(form.build())["t"]["extend_edit:page_index"] == 1


@pytest.mark.parametrize("door", [detect_schema, lambda data: edit_pdf(data, {"instructions": "name: Ada"})])
def test_without_fields_the_schema_is_empty(door, flat_pdf):
    with pytest.raises(PdfProblem) as caught:
        door(flat_pdf)
    assert caught.value.reason == "EMPTY_SCHEMA"
    assert "extend_edit:bbox" in caught.value.message


def test_a_detected_schema_can_be_sent_back(kinds_pdf):
    schema = detect_schema(kinds_pdf)
    schema["properties"]["country"]["extend_edit:value"] = "DE"
    result = edit_pdf(kinds_pdf, {"schema": schema})
    assert result.filled_values == {"country": "DE"}
    assert (result.field_count, result.fields_detected, result.fields_annotated) == (6, 0, 6)
