"""Configs that break the API's rules."""

from __future__ import annotations

import pytest

from extend_provider.local.pdf import PdfProblem, edit_pdf


def schema(**definition):
    return {"schema": {"type": "object", "properties": {"t": definition}}}


BOX = {"left": 0, "top": 0, "right": 10, "bottom": 10}


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ([], "config"),
        ({"instructions": ["a"]}, "instructions"),
        ({"schemaGenerationInstructions": 5}, "schemaGenerationInstructions"),
        ({"engineVersion": 1.0}, "engineVersion"),
        ({"advancedOptions": "flat"}, "advancedOptions"),
        ({"advancedOptions": {"flattenPdf": "yes"}}, "flattenPdf"),
        ({"schema": []}, "object schema"),
        ({"schema": {"type": "array", "items": {}}}, "object schema"),
        ({"schema": {"type": "object"}}, "properties"),
        ({"schema": {"type": "object", "properties": [], "required": []}}, "properties"),
        ({"schema": {"type": "object", "properties": {}, "required": "t"}}, "required"),
        ({"schema": {"type": "object", "properties": {"t": "string"}}}, "'t'"),
        (schema(type="date"), "type"),
        (schema(type=["string", 5]), "type"),
        (schema(enum="a"), "enum"),
        (schema(enum=[1, 2]), "enum"),
        (schema(**{"extend_edit:field_type": "slider"}), "extend_edit:field_type"),
        (schema(**{"extend_edit:page_index": -1}), "extend_edit:page_index"),
        (schema(**{"extend_edit:page_index": True}), "extend_edit:page_index"),
        (schema(**{"extend_edit:bbox": [0, 0, 10, 10]}), "extend_edit:bbox"),
        (schema(**{"extend_edit:bbox": {**BOX, "left": "0"}}), "extend_edit:bbox"),
        (schema(**{"extend_edit:bbox": {**BOX, "left": float("nan")}}), "extend_edit:bbox"),
        (schema(**{"extend_edit:bboxes": BOX}), "extend_edit:bboxes"),
        (schema(**{"extend_edit:source_acroform": "t"}), "extend_edit:source_acroform"),
        (schema(**{"extend_edit:text_edit_options": {"fontSize": "big"}}), "fontSize"),
        (schema(**{"extend_edit:text_edit_options": {"color": [0, 0, 256]}}), "color"),
        (schema(**{"extend_edit:text_edit_options": {"opacity": 2}}), "opacity"),
    ],
)
def test_bad_options_are_named(config, named, kinds_pdf):
    with pytest.raises(PdfProblem) as caught:
        edit_pdf(kinds_pdf, config)
    assert caught.value.reason == "INVALID_OPTIONS"
    assert named in caught.value.message


def test_unknown_options_and_nulls_are_accepted(kinds_pdf):
    config = {
        "engineVersion": None,
        "instructions": None,
        "schema": None,
        "advancedOptions": {"flattenPdf": None, "newOption": "x", "tableParsingEnabled": True},
        "somethingNew": 1,
    }
    assert edit_pdf(kinds_pdf, config).filled_values == {}


def test_options_are_checked_before_the_file_is_read():
    with pytest.raises(PdfProblem) as caught:
        edit_pdf(b"not a PDF", {"advancedOptions": []})
    assert caught.value.reason == "INVALID_OPTIONS"
