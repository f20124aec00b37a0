"""Values as their fields take them: a decimal is a number in some and text in others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from extend_provider.forms.decimals import ExactFloat, ExactInt, number_text
from extend_provider.forms.formats import DECIMAL, WRITTEN_DECIMAL
from extend_provider.forms.schema import fields_in, is_group, types_of

__all__ = ["as_taken", "values_taken"]


def values_taken(definition: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return values as they will stand in the schema; all that judges them judges these.

    :param definition: a schema, or a part of it that has fields.
    :param values: in its shape, see :func:`extend_provider.forms.naming.assigned`.
    """
    fields = fields_in(definition)
    return {name: as_taken(fields.get(name, {}), value) for name, value in values.items()}


def as_taken(field: Mapping[str, Any], value: Any) -> Any:
    """
    Return a value as a field takes it: a decimal as text, where the field takes only that, else as a plain number.

    :param field: the field's schema.
    :param value: plain JSON, with marks for what that cannot say; whether it fits does not matter.
    """
    if isinstance(value, dict):
        return values_taken(field if is_group(field) else {}, value)
    if isinstance(value, list):
        return [as_taken(_of_items(field), item) for item in value]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    if _takes_text_only(field):
        return number_text(value) if _may_be_text(field, value) else value
    # Not what remembers its digits, but the number.
    return int(value) if isinstance(value, int) else float(value)


def _of_items(field: Mapping[str, Any]) -> Mapping[str, Any]:
    """What each item of a list has to fit: the choices of an option list stand in the field itself."""
    items = field.get("items")
    return items if isinstance(items, dict) else {"enum": field.get("enum")}


def _may_be_text(field: Mapping[str, Any], number: float) -> bool:
    return isinstance(number, (ExactInt, ExactFloat)) or field.get("format") in (DECIMAL, WRITTEN_DECIMAL)


def _takes_text_only(field: Mapping[str, Any]) -> bool:
    types, choices = types_of(field), field.get("enum")
    if types or not isinstance(choices, list):
        return "string" in types and "number" not in types and "integer" not in types
    some = [choice for choice in choices if choice is not None]
    return bool(some) and all(isinstance(choice, str) for choice in some)
