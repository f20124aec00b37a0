"""The config of an edit run, checked: what the API answers with ``INVALID_OPTIONS`` is found here, before any work."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from extend_provider.local.pdf.problem import invalid_options

FIELD_TYPES = {"text", "signature", "checkbox", "radio", "table", "optionList", "dropdown", "unknown"}
_TYPES = {"string", "number", "integer", "boolean", "array", "object", "null"}
_SWITCHES = {
    "tableParsingEnabled",
    "flattenPdf",
    "radioEnumsEnabled",
    "nativeFieldsOnly",
    "conditionalGenerationEnabled",
}
_EDGES = ("left", "top", "right", "bottom")
_COLOR_PARTS = 3
_BRIGHTEST = 255


@dataclass(frozen=True)
class EditOptions:
    """What a config asks for, defaults applied."""

    schema: dict[str, Any] | None
    instructions: str
    flatten: bool
    radio_enums: bool


def read_options(config: Mapping[str, Any]) -> EditOptions:
    """Check a config and apply the defaults of its engine version."""
    if not isinstance(config, Mapping):
        raise invalid_options("config must be an object.")
    _check_instructions(config)
    schema = config.get("schema")
    if schema is not None:
        check_schema(schema)
    advanced = _advanced(config)
    engine = config.get("engineVersion")
    if engine is not None and not isinstance(engine, str):
        raise invalid_options("config.engineVersion must be a string.")
    return EditOptions(
        schema=schema,
        instructions=config.get("instructions") or "",
        flatten=_chosen(advanced, "flattenPdf", engine != "1.0.0-beta"),
        radio_enums=_chosen(advanced, "radioEnumsEnabled", engine != "0.0.1"),
    )


def check_schema(schema: Any) -> None:
    """Raise unless this is an edit schema: an object schema whose properties are field schemas."""
    if not isinstance(schema, dict) or schema.get("type") != "object":
        raise invalid_options('config.schema must be an object schema: {"type": "object", "properties": {...}}.')
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        raise invalid_options("config.schema.properties must be an object that maps names to field schemas.")
    if not _is_names(schema.get("required", [])):
        raise invalid_options("config.schema.required must be a list of property names.")
    for name, definition in properties.items():
        _check_property(name, definition)


def _check_instructions(config: Mapping[str, Any]) -> None:
    for key in ("instructions", "schemaGenerationInstructions"):
        if not isinstance(config.get(key) or "", str):
            raise invalid_options(f"config.{key} must be a string.")


def _advanced(config: Mapping[str, Any]) -> Mapping[str, Any]:
    advanced = config.get("advancedOptions")
    if advanced is None:
        return {}
    if not isinstance(advanced, dict):
        raise invalid_options("config.advancedOptions must be an object.")
    for key, value in advanced.items():
        if key in _SWITCHES and value is not None and not isinstance(value, bool):
            raise invalid_options(f"config.advancedOptions.{key} must be true or false.")
    return advanced


def _chosen(advanced: Mapping[str, Any], key: str, default: bool) -> bool:
    value = advanced.get(key)
    return default if value is None else bool(value)


def _check_property(name: str, definition: Any) -> None:
    where = f"config.schema.properties[{name!r}]"
    if not isinstance(definition, dict):
        raise invalid_options(f"{where} must be an object.")
    for key, (is_valid, expected) in _CHECKS.items():
        if definition.get(key) is not None and not is_valid(definition[key]):
            raise invalid_options(f"{where}: {key} must be {expected}.")
    columns = (definition.get("items") or {}).get("properties") or {}
    for column, item in columns.items() if isinstance(columns, dict) else ():
        _check_property(f"{name}.{column}", item)
        width = item.get("extend_edit:column_width")
        if width is not None and not (_is_number(width) and width > 0):
            raise invalid_options(f"{where}: extend_edit:column_width of {column} must be a positive number.")


def _is_type(value: Any) -> bool:
    return all(isinstance(item, str) and item in _TYPES for item in (value if isinstance(value, list) else [value]))


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_shares(value: Any) -> bool:
    return isinstance(value, list) and all(_is_number(item) and item > 0 for item in value)


def _is_box(value: Any) -> bool:
    return isinstance(value, dict) and all(_is_number(value.get(edge)) for edge in _EDGES)


def _is_color(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == _COLOR_PARTS
        and all(_is_number(part) and 0 <= part <= _BRIGHTEST for part in value)
    )


def _is_text_options(value: Any) -> bool:
    return isinstance(value, dict) and all(
        value.get(key) is None or is_valid(value[key]) for key, is_valid in _TEXT_CHECKS.items()
    )


_TEXT_CHECKS: dict[str, Callable[[Any], bool]] = {
    "fontSize": lambda value: _is_number(value) and value >= 0,
    "color": _is_color,
    "fontColor": _is_color,
    "opacity": lambda value: _is_number(value) and 0 <= value <= 1,
    "combing": lambda value: isinstance(value, bool),
    "multiLine": lambda value: isinstance(value, bool),
    "maxLength": _is_whole,
}

_CHECKS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "type": (_is_type, f"one or several of {', '.join(sorted(_TYPES))}"),
    "enum": (_is_names, "a list of strings"),
    "extend_edit:field_type": (
        lambda value: isinstance(value, str) and value in FIELD_TYPES,
        f"one of {', '.join(sorted(FIELD_TYPES))}",
    ),
    "maxItems": (_is_whole, "a whole number"),
    "extend_edit:row_heights": (_is_shares, "a list of positive numbers"),
    "items": (lambda value: isinstance(value, dict), "an object schema"),
    "extend_edit:page_index": (_is_whole, "a whole number, 0 for the first page"),
    "extend_edit:bbox": (_is_box, "an object with the numbers left, top, right and bottom"),
    "extend_edit:bboxes": (
        lambda value: isinstance(value, list) and all(_is_box(box) for box in value),
        "a list of objects with the numbers left, top, right and bottom",
    ),
    "extend_edit:source_acroform": (lambda value: isinstance(value, dict), "an object, as form detection returned it"),
    "extend_edit:text_edit_options": (
        _is_text_options,
        "an object with fontSize (points), color ([r, g, b]), opacity (0 to 1), combing, maxLength, multiLine",
    ),
}
