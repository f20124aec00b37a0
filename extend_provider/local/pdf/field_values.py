"""The values that a form holds; also of a form that was flattened here.

A flattened form has texts on its pages and no fields. A person or a model sees which text belongs to which label;
without a model that cannot be told for a form like a tax return. So editing here leaves a note on the page: names and
values of what was filled, as page-piece data (ISO 32000-2, 14.5), which viewers ignore.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from pypdf import PageObject
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject

from extend_provider.local.pdf.detection import describe_fields
from extend_provider.local.pdf.document import ANY_ERROR, damage_reported, dictionary_at, read_pdf
from extend_provider.local.pdf.fields import FormField, collect_fields, inherited, state_name, text_of
from extend_provider.local.pdf.geometry import PageSpace

_OWNER = "/ExtendLocalService"
# Required by the standard. The time does not matter, and a fixed one keeps equal edits equal.
_MODIFIED = "D:20260101000000Z"


@dataclass(frozen=True)
class PdfFieldValue:
    """A form field, or a place that an edit has written to, and its value.

    :param field: full name of the form field; empty for a place that has none
    :param names: all names by which it may be meant, the most telling first
    :param label: name for people
    :param value: text, number, bool or list of texts; None when it is empty
    :param page_index: zero-based
    :param box: left, top, right, bottom in points of the displayed page
    :param printed: whether the text of the page shows it
    """

    field: str
    names: list[str]
    label: str
    value: Any
    page_index: int
    box: list[float]
    printed: bool = False

    def named(self, name: str | None) -> PdfFieldValue:
        """The field with a further name, which comes first."""
        return replace(self, names=list(dict.fromkeys([name, *self.names]))) if name else self


def read_values(data: bytes, password: str | None = None) -> list[PdfFieldValue]:
    """Read the values of all form fields, and of those that an edit of this package has flattened.

    :param data: the PDF
    :param password: password of a protected PDF
    :return: the fields, empty ones included
    :raises PdfProblem: what `inspect_pdf` raises
    """
    reader = read_pdf(data, password)
    with damage_reported(ANY_ERROR):
        spaces = [PageSpace.of(page) for page in reader.pages]
        notes = [
            replace(note, page_index=index) for index, page in enumerate(reader.pages) for note in _remembered(page)
        ]
        own_names = {note.field: note.names[0] for note in notes if note.field}
        fields = [
            value.named(own_names.get(value.field)) for value in field_values(collect_fields(reader.pages), spaces)
        ]
    alive = {value.field for value in fields}
    return [*fields, *(note for note in notes if note.field not in alive)]


def field_values(fields: Sequence[FormField], spaces: Sequence[PageSpace]) -> list[PdfFieldValue]:
    """The values of these fields, empty ones included."""
    detected: dict[str, list[str]] = {}
    for name, definition in describe_fields(fields, spaces, radio_enums=True).items():
        detected.setdefault(definition["extend_edit:source_acroform"]["fieldName"], []).append(name)
    return [_value(form_field, detected.get(form_field.name, []), spaces) for form_field in fields]


def remember_values(pages: Sequence[PageObject], values: Sequence[PdfFieldValue]) -> None:
    """Leave a note about filled fields and drawn values on their pages; notes of earlier edits stay."""
    alive = {value.field for value in values} - {""}
    for index, page in enumerate(pages):
        earlier = {note.field or note.names[0]: note for note in _remembered(page)}
        notes = [asdict(note) for note in earlier.values() if note.field not in alive]
        for value in values:
            if value.page_index == index and value.value is not None:
                known = earlier.get(value.field)
                if known is not None and value.names[0] == value.field:  # this edit has no name of its own for it
                    value = value.named(known.names[0])  # noqa: PLW2901
                notes.append(asdict(value))
        pieces = DictionaryObject(dictionary_at(page, "/PieceInfo"))
        pieces.pop(_OWNER, None)
        if notes:
            entry = {"/LastModified": _MODIFIED, "/Private": json.dumps(notes)}
            pieces[NameObject(_OWNER)] = DictionaryObject(
                {NameObject(key): TextStringObject(text) for key, text in entry.items()}
            )
            page[NameObject("/LastModified")] = TextStringObject(_MODIFIED)
        if pieces:
            page[NameObject("/PieceInfo")] = pieces
        else:
            page.pop("/PieceInfo", None)


def _remembered(page: PageObject) -> list[PdfFieldValue]:
    notes = text_of(dictionary_at(dictionary_at(page, "/PieceInfo"), _OWNER).get("/Private"))
    return [PdfFieldValue(**{**note, "printed": True}) for note in json.loads(notes)] if notes else []


def _value(form_field: FormField, detected: Sequence[str], spaces: Sequence[PageSpace]) -> PdfFieldValue:
    widget = form_field.widgets[0]
    names = [form_field.name, *detected, form_field.last_name, form_field.tooltip]
    return PdfFieldValue(
        field=form_field.name,
        names=list(dict.fromkeys(name for name in names if name)),
        label=form_field.tooltip or form_field.last_name,
        value=_stored(form_field),
        page_index=widget.page_index,
        box=list(spaces[widget.page_index].displayed(widget.rectangle)),
    )


def _stored(form_field: FormField) -> Any:
    stored = inherited(form_field.widgets[0].annotation, "/V")
    if form_field.kind == "checkbox":
        return state_name(stored) not in {"", "Off"}
    if form_field.kind == "radio":
        chosen = state_name(stored)
        return next((option.export for option in form_field.options if option.state == chosen), None)
    if form_field.kind == "signature":
        return None
    if isinstance(stored, ArrayObject):
        return [text_of(item) for item in stored] or None
    return text_of(stored) or None
