"""An edit run on bytes: read the form, match the schema to it, convert the values, write them, flatten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from extend_provider.local.pdf.detection import build_schema, describe_fields
from extend_provider.local.pdf.document import damage_reported, read_pdf, to_bytes, writable_copy
from extend_provider.local.pdf.instructions import instructed_values
from extend_provider.local.pdf.matching import Target, match_properties, property_names
from extend_provider.local.pdf.options import EditOptions, read_options
from extend_provider.local.pdf.rules import check_rules
from extend_provider.local.pdf.values import convert
from extend_provider.local.pdf.writing import Entry, Form


@dataclass(frozen=True)
class EditResult:
    """What an edit produced.

    :param pdf: the edited file
    :param filled_values: property name to the value that was written; empty when nothing was
    :param page_count: pages of the file
    :param field_count: properties of the schema, given or detected
    :param fields_detected: properties found by form detection; 0 when a schema was given
    :param fields_annotated: properties whose place in the PDF was found
    :param timings: milliseconds spent on ``detection``, ``annotation`` and ``filling``
    """

    pdf: bytes
    filled_values: dict[str, Any]
    page_count: int
    field_count: int
    fields_detected: int
    fields_annotated: int
    timings: dict[str, float]


def edit_pdf(data: bytes, config: dict[str, Any], password: str | None = None) -> EditResult:
    """Fill a PDF form.

    A property goes to the form field that ``extend_edit:source_acroform`` names, else to the field of its own name,
    else to where ``extend_edit:bbox`` points (pixels at 144 dpi, 2 per point, from the top left corner); a text or
    tick is drawn there when the page has no field. Its value is ``extend_edit:value``, else what the instructions say
    as a JSON object or in lines ``name: value``; null leaves the field as it is. Without a schema, the detected
    fields are filled. The rows of an array of objects go into equal or given parts of its ``extend_edit:bbox``. Other
    arrays and signatures are left unfilled.

    :param data: the PDF; never changed
    :param config: the ``config`` of ``POST /edit_runs``, with or without its defaults; never changed
    :param password: password of a protected PDF; the edited file has none
    :return: the edited file and what was written
    :raises PdfProblem: ``INVALID_OPTIONS``, ``EMPTY_SCHEMA`` (no schema and no form field),
        ``SCHEMA_VALIDATION_ERROR`` (a value breaks the schema or is too long for its field, or a required one is
        missing), and what `inspect_pdf` raises
    """
    options = read_options(config)
    form = Form(writable_copy(read_pdf(data, password)))
    clock = _Clock()
    with clock.measure("detection"):
        properties = _properties(form, options)
    with clock.measure("annotation"):
        detected = describe_fields(form.fields, form.spaces, radio_enums=options.radio_enums)
        targets = match_properties(properties, form.fields, detected, form.spaces)
    with clock.measure("filling"), damage_reported():
        values = _values(properties, targets, options.instructions)
        check_rules(options.schema or {}, values)
        filled = form.write(
            [Entry(name, properties[name], targets[name], values[name]) for name in values if name in targets]
        )
        pdf = to_bytes(form.finished(flatten=options.flatten))
    return EditResult(
        pdf=pdf,
        filled_values=filled,
        page_count=len(form.spaces),
        field_count=len(properties),
        fields_detected=0 if options.schema is not None else len(properties),
        fields_annotated=len(targets),
        timings=clock.milliseconds,
    )


def _properties(form: Form, options: EditOptions) -> dict[str, Any]:
    schema = options.schema
    if schema is None:
        schema = build_schema(form.fields, form.spaces, radio_enums=options.radio_enums)
    properties: dict[str, Any] = schema["properties"]
    return properties


def _values(properties: Mapping[str, Any], targets: Mapping[str, Target], instructions: str) -> dict[str, Any]:
    """The converted values of the properties that have one."""
    told = instructed_values(instructions, property_names(properties, targets))
    values = {}
    for name, definition in properties.items():
        value = definition["extend_edit:value"] if "extend_edit:value" in definition else told.get(name)
        if value is not None:
            values[name] = convert(name, definition, targets.get(name, Target()), value)
    return values


@dataclass
class _Clock:
    milliseconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def measure(self, step: str) -> Iterator[None]:
        start = perf_counter()
        yield
        self.milliseconds[step] = round((perf_counter() - start) * 1000, 3)
