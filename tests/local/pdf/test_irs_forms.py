"""Real forms: nested names, combs, XFA, check boxes with odd states. Every field is filled and read back."""

from __future__ import annotations

import json
from io import BytesIO
from time import process_time

import pytest
from pypdf import PdfReader

from extend_provider.local.pdf import detect_schema, edit_pdf

# name, fields (the files' own count of 155 includes the branches of the field tree)
FORMS = [("irs-f1040-2024.pdf", 141), ("irs-f1116-2024.pdf", 120)]


@pytest.fixture(params=FORMS, ids=[name for name, _ in FORMS])
def form(request, irs_form):
    """The PDF and how many fields it has."""
    name, count = request.param
    return irs_form(name), count


def values_for(schema):
    """A different value for every field, as long as it may be."""
    values = {}
    for number, (name, field) in enumerate(schema["properties"].items()):
        longest = field.get("extend_edit:text_edit_options", {}).get("maxLength", 20)
        tick = field["extend_edit:field_type"] == "checkbox"
        values[name] = True if tick else f"{number} Grüße für 5 €"[:longest]
    return values


def test_every_field_is_detected(form):
    pdf, count = form
    assert len(detect_schema(pdf)["properties"]) == count


def test_every_value_is_read_back(form, fields_of, widgets_of):
    pdf, count = form
    schema = detect_schema(pdf)
    values = values_for(schema)
    result = edit_pdf(pdf, {"instructions": json.dumps(values), "advancedOptions": {"flattenPdf": False}})
    assert result.filled_values == values
    stored = fields_of(result.pdf)
    sources = {name: field["extend_edit:source_acroform"]["fieldName"] for name, field in schema["properties"].items()}
    for name, value in values.items():
        if value is True:
            assert stored[sources[name]] not in {None, "/Off"}
        else:
            assert stored[sources[name]] == value
    assert len(stored) == count
    assert all("/N" in widget["/AP"] for widget in widgets_of(result.pdf))


def test_every_value_shows_on_the_flattened_pages(form, fields_of):
    pdf, _ = form
    schema = detect_schema(pdf)
    values = values_for(schema)
    flat = edit_pdf(pdf, {"schema": schema, "instructions": json.dumps(values)})
    assert fields_of(flat.pdf) == {}
    pages = ["".join(page.extract_text().split()) for page in PdfReader(BytesIO(flat.pdf)).pages]
    for name, value in values.items():
        if value is not True:
            page = schema["properties"][name]["extend_edit:page_index"]
            assert "".join(value.split()) in pages[page]


def test_filling_is_fast_enough(form):
    pdf, _ = form
    instructions = json.dumps(values_for(detect_schema(pdf)))
    start = process_time()
    edit_pdf(pdf, {"instructions": instructions})
    assert process_time() - start < 5  # takes about 0.4 s of CPU time


def test_xfa_is_removed(form):
    pdf, _ = form
    edited = edit_pdf(pdf, {"advancedOptions": {"flattenPdf": False}}).pdf
    assert "/XFA" in PdfReader(BytesIO(pdf)).root_object["/AcroForm"]
    assert "/XFA" not in PdfReader(BytesIO(edited)).root_object["/AcroForm"]
