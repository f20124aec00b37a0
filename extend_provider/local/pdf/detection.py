"""Form detection: an edit schema that describes a PDF's AcroForm fields.

Only the fields that the PDF itself declares are found; lines and boxes that are merely printed are not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from extend_provider.local.names import snake_name, unique_name
from extend_provider.local.pdf.document import ANY_ERROR, damage_reported, read_pdf
from extend_provider.local.pdf.fields import COMB, MULTILINE, FormField, Option, collect_fields
from extend_provider.local.pdf.geometry import PageSpace
from extend_provider.local.pdf.problem import PdfProblem

JSON_TYPES: dict[str, Any] = {
    "text": ["string", "null"],
    "checkbox": ["boolean", "null"],
    "signature": "object",
}


def detect_schema(data: bytes, *, radio_enums: bool = True, password: str | None = None) -> dict[str, Any]:
    """Describe the form fields of a PDF as an edit schema.

    The result can be sent back as ``config.schema``. Property names come from the fields' tooltips, else from their
    names. ``extend_edit:bbox`` is in pixels at 144 dpi (2 per point), from the top left corner of the page.

    :param data: the PDF
    :param radio_enums: one property with ``enum`` per radio group (default); False: one boolean property per option
    :param password: password of a protected PDF
    :return: ``{"type": "object", "properties": {name: field schema}}``
    :raises PdfProblem: ``EMPTY_SCHEMA`` when the PDF has no form fields, and what `inspect_pdf` raises
    """
    reader = read_pdf(data, password)
    with damage_reported(ANY_ERROR):
        spaces = [PageSpace.of(page) for page in reader.pages]
        fields = collect_fields(reader.pages)
    return build_schema(fields, spaces, radio_enums=radio_enums)


def build_schema(fields: Sequence[FormField], spaces: Sequence[PageSpace], *, radio_enums: bool) -> dict[str, Any]:
    """The edit schema of these fields; raises PdfProblem ``EMPTY_SCHEMA`` when there are none."""
    properties = describe_fields(fields, spaces, radio_enums=radio_enums)
    if not properties:
        raise PdfProblem(
            "EMPTY_SCHEMA",
            "The PDF has no fillable form fields and no schema was given. The local service finds AcroForm fields "
            "only; describe other places with extend_edit:bbox and extend_edit:page_index in config.schema.",
        )
    return {"type": "object", "properties": properties}


def describe_fields(fields: Sequence[FormField], spaces: Sequence[PageSpace], *, radio_enums: bool) -> dict[str, Any]:
    """The properties of these fields by name; empty when there are none."""
    properties: dict[str, Any] = {}
    for form_field in fields:
        base = _base_name(form_field)
        for suffix, definition in _definitions(form_field, spaces, radio_enums):
            properties[unique_name(base + suffix, properties)] = definition
    return properties


def _base_name(form_field: FormField) -> str:
    return snake_name(form_field.tooltip) or snake_name(form_field.last_name) or "field"


def _definitions(
    form_field: FormField, spaces: Sequence[PageSpace], radio_enums: bool
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The properties of one field: name suffix and field schema."""
    options = _distinct_options(form_field)
    if form_field.kind not in JSON_TYPES and not options:
        return  # nothing can be chosen
    if form_field.kind == "radio" and not radio_enums:
        for option in options:
            yield f"_{snake_name(option.display) or 'option'}", _option_property(form_field, option, spaces)
    else:
        yield "", _property(form_field, options, spaces)


def _property(form_field: FormField, options: Sequence[Option], spaces: Sequence[PageSpace]) -> dict[str, Any]:
    definition: dict[str, Any] = {"description": _description(form_field)}
    if form_field.kind in JSON_TYPES:
        definition["type"] = JSON_TYPES[form_field.kind]
    else:
        definition["enum"] = [option.export for option in options]
        definition["extend:descriptions"] = [option.display for option in options]
    definition |= _common(form_field, options)
    definition |= _placement(form_field, options, spaces)
    text_options = _text_options(form_field)
    return definition | ({"extend_edit:text_edit_options": text_options} if text_options else {})


def _option_property(form_field: FormField, option: Option, spaces: Sequence[PageSpace]) -> dict[str, Any]:
    definition = {
        "type": ["boolean", "null"],
        "description": f"{_description(form_field)}: {option.display}",
        **_common(form_field, [option]),
        **_placement(form_field, [option], spaces),
    }
    definition["extend_edit:source_acroform"]["optionValue"] = option.export
    return definition


def _common(form_field: FormField, options: Sequence[Option]) -> dict[str, Any]:
    source: dict[str, Any] = {"fieldName": form_field.name, "fieldType": form_field.kind}
    if options:
        source["optionMap"] = [
            {"schemaValue": option.export, "exportValue": option.export, "displayValue": option.display}
            for option in options
        ]
    return {"extend_edit:field_type": form_field.kind, "extend_edit:source_acroform": source}


def _placement(form_field: FormField, options: Sequence[Option], spaces: Sequence[PageSpace]) -> dict[str, Any]:
    widgets = form_field.widgets[:1]
    if form_field.kind == "radio":
        widgets = [next(w for w in form_field.widgets if option.state in w.states) for option in options]
    boxes = [spaces[widget.page_index].to_pixels(widget.rectangle) for widget in widgets]
    place = {"extend_edit:bbox": boxes[0]} if len(boxes) == 1 else {"extend_edit:bboxes": boxes}
    return {"extend_edit:page_index": widgets[0].page_index, **place}


def _text_options(form_field: FormField) -> dict[str, Any]:
    if form_field.kind != "text":
        return {}
    options: dict[str, Any] = {}
    if form_field.max_length:
        options["maxLength"] = form_field.max_length
    if form_field.has(MULTILINE):
        options["multiLine"] = True
    if form_field.has(COMB) and form_field.max_length:
        options["combing"] = True
    return options


def _description(form_field: FormField) -> str:
    return form_field.tooltip or snake_name(form_field.last_name).replace("_", " ") or form_field.name


def _distinct_options(form_field: FormField) -> list[Option]:
    """Options that can be told apart; blank ones mean "nothing chosen" and are no value."""
    options: dict[str, Option] = {}
    for option in form_field.options:
        if option.export.strip():
            options.setdefault(option.export, option)
    return list(options.values())
