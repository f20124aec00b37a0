"""The form of the example DAGs can be detected and filled with the names that the examples use."""

from __future__ import annotations

import json

from dev.draw_demo_form import draw_form
from extend_provider.local.pdf import detect_schema, edit_pdf, inspect_pdf

VALUES = {
    "full_name": "Zoë Grüße",
    "email": "zoe@example.com",
    "address": "Musterstraße 12\n10115 Berlin",
    "country": "DE",
    "start_date": "2026-12-01",
    "business_type": "llc",
    "skills": ["Python", "SQL"],
    "hourly_rate": "85.50",
    "agrees_to_e_delivery": True,
}


def test_the_fields_have_readable_names(demo_form):
    assert len(demo_form) < 60_000
    assert inspect_pdf(demo_form) == 1
    properties = detect_schema(demo_form)["properties"]
    assert set(properties) == set(VALUES)
    assert properties["business_type"]["enum"] == ["sole_proprietor", "partnership", "llc"]
    assert len(properties["country"]["enum"]) == 8


def test_an_empty_form_has_no_values(demo_form, fields_of):
    assert all(not str(value or "").strip(" /Of[]") for value in fields_of(demo_form).values())


def test_every_value_is_read_back(demo_form, fields_of):
    result = edit_pdf(demo_form, {"instructions": json.dumps(VALUES), "advancedOptions": {"flattenPdf": False}})
    assert result.filled_values == VALUES
    assert fields_of(result.pdf) == {**VALUES, "business_type": "/llc", "agrees_to_e_delivery": "/Yes"}


def test_every_value_shows_on_the_flattened_page(demo_form, page_text):
    text = page_text(edit_pdf(demo_form, {"instructions": json.dumps(VALUES)}).pdf)
    for shown in ("Zoë Grüße", "zoe@example.com", "Musterstraße 12", "10115 Berlin", "Germany", "2026-12-01", "85.50"):
        assert shown in text


def test_drawing_is_repeatable_and_the_committed_form_is_the_drawn_one(demo_form):
    drawn = draw_form()
    assert draw_form() == drawn
    # Not compared byte by byte: other versions of reportlab and zlib write the same form differently.
    assert detect_schema(demo_form) == detect_schema(drawn)
