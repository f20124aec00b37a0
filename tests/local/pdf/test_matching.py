"""Which place a property goes to: form fields by source, name or box, and flat pages by box."""

from __future__ import annotations

from io import BytesIO

import pytest
from pypdf import PdfReader

from extend_provider.local.pdf import edit_pdf


def run(pdf, properties, *, flatten=False):
    schema = {"type": "object", "properties": properties}
    return edit_pdf(pdf, {"schema": schema, "advancedOptions": {"flattenPdf": flatten}})


def box(left, top, right, bottom):
    return {"left": left, "top": top, "right": right, "bottom": bottom}


@pytest.fixture
def two_fields(raw_form):
    form = raw_form()
    page = form.add(form.add(T="form[0]"), T="page[0]")
    form.widget((100, 700, 300, 720), page, T="first[0]", FT="/Tx", TU="Given name")
    form.widget((100, 650, 300, 670), page, T="second[0]", FT="/Tx")
    return form.build()


@pytest.mark.parametrize("name", ["form[0].page[0].first[0]", "first[0]", "first", "given_name", "Given Name"])
def test_names_in_any_form(name, two_fields, fields_of):
    pdf = run(two_fields, {name: {"extend_edit:value": "Ada"}}).pdf
    assert fields_of(pdf) == {"form[0].page[0].first[0]": "Ada", "form[0].page[0].second[0]": None}


def test_the_source_field_wins_over_the_name(two_fields, fields_of):
    source = {"extend_edit:source_acroform": {"fieldName": "form[0].page[0].second[0]"}}
    pdf = run(two_fields, {"first": {"extend_edit:value": "Ada", **source}}).pdf
    assert fields_of(pdf)["form[0].page[0].second[0]"] == "Ada"


def test_an_unknown_source_field_falls_back_to_the_name(two_fields, fields_of):
    source = {"extend_edit:source_acroform": {"fieldName": "gone"}}
    pdf = run(two_fields, {"first": {"extend_edit:value": "Ada", **source}}).pdf
    assert fields_of(pdf)["form[0].page[0].first[0]"] == "Ada"


def test_a_box_finds_the_widget_that_it_overlaps_most(two_fields, fields_of):
    # first[0] is at top 144 to 184 px, second[0] at 244 to 284
    definition = {"extend_edit:value": "Ada", "extend_edit:bbox": box(220, 180, 580, 280), "extend_edit:page_index": 0}
    assert fields_of(run(two_fields, {"any": definition}).pdf)["form[0].page[0].second[0]"] == "Ada"


def test_a_box_that_only_touches_a_widget_is_a_place_of_its_own(two_fields, fields_of, page_text):
    definition = {"extend_edit:value": "Ada", "extend_edit:bbox": box(200, 180, 600, 210)}
    pdf = run(two_fields, {"any": definition}).pdf
    assert set(fields_of(pdf).values()) == {None}
    assert "Ada" in page_text(pdf)


def test_a_box_leaves_fields_alone_that_other_properties_name(two_fields, fields_of, page_text):
    properties = {
        "near": {"extend_edit:value": "Grace", "extend_edit:bbox": box(200, 144, 600, 184)},
        "first": {"extend_edit:value": "Ada"},
    }
    result = run(two_fields, properties)
    assert fields_of(result.pdf)["form[0].page[0].first[0]"] == "Ada"
    assert result.filled_values == {"near": "Grace", "first": "Ada"}


def test_a_text_box_is_not_the_check_box_next_to_it(raw_form, fields_of, page_text):
    form = raw_form()
    form.button((100, 700, 110, 710), T="tick", FT="/Btn")
    definition = {
        "type": "string",
        "extend_edit:value": "other",
        "extend_edit:field_type": "text",
        "extend_edit:bbox": box(195, 160, 400, 190),
    }
    pdf = run(form.build(), {"reason": definition}).pdf
    assert fields_of(pdf) == {"tick": None}
    assert "other" in page_text(pdf)


@pytest.mark.parametrize("flatten", [True, False])
def test_a_text_is_drawn_onto_a_flat_page(flatten, flat_pdf, page_text):
    definition = {
        "type": ["string", "null"],
        "extend_edit:field_type": "text",
        "extend_edit:bbox": box(200, 100, 600, 140),
        "extend_edit:page_index": 0,
        "extend_edit:value": "Ada Lovelace",
        "extend_edit:text_edit_options": {"fontSize": 9, "color": [0, 0, 128]},
    }
    result = run(flat_pdf, {"name": definition}, flatten=flatten)
    assert result.filled_values == {"name": "Ada Lovelace"}
    assert result.fields_annotated == 1
    assert "Name:" in page_text(result.pdf)
    assert "Ada Lovelace" in page_text(result.pdf)


def test_a_high_box_takes_several_lines(flat_pdf, page_text):
    definition = {"extend_edit:bbox": box(200, 100, 360, 300), "extend_edit:value": "one two three four five six seven"}
    text = page_text(run(flat_pdf, {"notes": definition}).pdf)
    assert "one two three\nfour" in text


@pytest.mark.parametrize(
    ("definition", "value", "drawn"),
    [
        ({"type": "number"}, 12.5, "12.5"),
        ({"enum": ["DE", "FR"], "extend_edit:field_type": "dropdown"}, "DE", "DE"),
        ({"type": "boolean", "extend_edit:field_type": "text"}, True, "Yes"),
    ],
)
def test_other_values_are_drawn_as_text(definition, value, drawn, flat_pdf, page_text):
    place = {"extend_edit:bbox": box(200, 100, 600, 140), "extend_edit:value": value}
    assert drawn in page_text(run(flat_pdf, {"x": {**definition, **place}}).pdf)


def stamps(pdf):
    objects = PdfReader(BytesIO(pdf)).pages[0]["/Resources"].get("/XObject", {})
    return [objects[name].get_data() for name in objects]


def test_a_tick_is_drawn_for_true_only(flat_pdf):
    definition = {"type": "boolean", "extend_edit:field_type": "checkbox", "extend_edit:bbox": box(200, 100, 220, 120)}
    ticked = run(flat_pdf, {"agrees": {**definition, "extend_edit:value": True}})
    assert ticked.filled_values == {"agrees": True}
    assert len(stamps(ticked.pdf)) == 1
    assert stamps(run(flat_pdf, {"agrees": {**definition, "extend_edit:value": False}}).pdf) == []


def test_a_flat_radio_group_is_ticked_at_the_box_of_its_option(flat_pdf):
    definition = {
        "enum": ["a", "b"],
        "extend_edit:field_type": "radio",
        "extend_edit:bboxes": [box(200, 100, 220, 120), box(300, 100, 320, 120)],
        "extend_edit:value": "b",
    }
    pdf = run(flat_pdf, {"choice": definition}).pdf
    page = PdfReader(BytesIO(pdf)).pages[0]
    moves = [operands for operands, operator in page.get_contents().operations if operator == b"cm"]
    assert float(moves[-1][4]) == 150


@pytest.mark.parametrize(
    "place",
    [
        {},
        {"extend_edit:bbox": box(200, 100, 200, 140)},
        {"extend_edit:bbox": box(200, 100, 600, 140), "extend_edit:page_index": 7},
    ],
)
def test_without_a_usable_place_nothing_is_drawn(place, flat_pdf):
    result = run(flat_pdf, {"x": {"extend_edit:value": "Ada", **place}})
    assert result.filled_values == {}
    assert stamps(result.pdf) == []


@pytest.mark.parametrize(
    ("rotation", "origin"), [(0, (100, 722)), (90, (50, 100)), (180, (312, 50)), (270, (542, 492))]
)
def test_text_runs_upright_on_turned_pages(rotation, origin, raw_form):
    definition = {"extend_edit:bbox": box(200, 100, 600, 140), "extend_edit:value": "Ada"}
    pdf = run(raw_form(rotation=rotation).build(), {"x": definition}).pdf
    page = PdfReader(BytesIO(pdf)).pages[0]
    [move] = [operands for operands, operator in page.get_contents().operations if operator == b"cm"]
    assert (float(move[4]), float(move[5])) == origin
    [stamp] = page["/Resources"]["/XObject"].values()
    assert stamp.get_object()["/BBox"] == [0, 0, 200, 20]
