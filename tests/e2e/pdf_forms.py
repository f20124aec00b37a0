"""Reads form fields with pypdf alone: an eye that is independent of the service that fills them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pypdf import PdfReader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Value = str | bool | list[str] | None


def values_to_ask(pdf: Path, marker: str) -> dict[str, Value]:
    """
    Invent a value for every field of a form of text fields and check boxes.

    :param pdf: the form.
    :param marker: beginning of each text that is long enough for it.
    :return: full name of the field to value: a text that fits, different for each field, or true and false in turn.
    """
    asked: dict[str, Value] = {}
    for name, widget in _widgets(pdf):
        number = len(asked) + 1
        if widget["/FT"] == "/Btn":
            asked[name] = number % 2 == 0
        else:
            limit = int(widget.get("/MaxLen", 100))
            asked[name] = f"{marker}{number:03}" if len(marker) + 3 <= limit else f"{number:03}"[-limit:]
    return asked


def schema_for(pdf: Path, values: dict[str, Value]) -> dict[str, Any]:
    """Write the edit schema that asks for these values of form fields."""
    properties = {}
    for number, (name, widget) in enumerate(_widgets(pdf)):
        is_box = widget["/FT"] == "/Btn"
        properties[f"field_{number:03}"] = {
            "type": ["boolean" if is_box else "string", "null"],
            "extend_edit:source_acroform": {"fieldName": name, "fieldType": "checkbox" if is_box else "text"},
            "extend_edit:value": values[name],
        }
    return {"type": "object", "properties": properties}


def values_in(pdf: Path) -> dict[str, Value]:
    """
    Read what the fields of a form hold.

    :return: full name of the field to value: text; true or false for a check box; the option that people see for a
        radio group or drop-down; a list of them for a list.
    """
    fields = PdfReader(pdf).get_fields() or {}
    return {name: _value(field) for name, field in fields.items() if field.field_type}


def shown_states(pdf: Path) -> dict[str, bool]:
    """Read whether each check box is shown as ticked, whatever its field holds."""
    return {name: widget["/AS"] != "/Off" for name, widget in _widgets(pdf) if widget["/FT"] == "/Btn"}


def _value(field: Any) -> Value:
    if field.field_type == "/Btn":
        state = str(field.value or "/Off").removeprefix("/")
        is_radio = bool((field.flags or 0) & 1 << 15)
        return state if is_radio else state != "Off"
    if field.field_type == "/Ch":
        shown = dict(map(_option, field.get("/Opt", [])))
        chosen = field.value
        return [shown[item] for item in chosen] if isinstance(chosen, list) else shown[chosen]
    return None if field.value is None else str(field.value)


def _option(entry: Any) -> tuple[str, str]:
    return (str(entry[0]), str(entry[1])) if isinstance(entry, list) else (str(entry), str(entry))


def _widgets(pdf: Path) -> Iterator[tuple[str, Any]]:
    for page in PdfReader(pdf).pages:
        for reference in page.get("/Annots", []):
            widget = reference.get_object()
            if widget.get("/Subtype") == "/Widget":
                yield _full_name(widget), widget


def _full_name(widget: Any) -> str:
    parts = []
    while widget is not None:
        parts.append(str(widget.get("/T", "")))
        parent = widget.get("/Parent")
        widget = parent.get_object() if parent is not None else None
    return ".".join(part for part in reversed(parts) if part)
