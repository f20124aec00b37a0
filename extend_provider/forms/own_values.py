"""The values that a schema has itself, as ``extend_edit:value``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from extend_provider.forms.schema import fields_in, is_group
from extend_provider.redaction import VALUE_KEY

__all__ = ["copied", "spread", "spread_out", "values_held"]


def copied(node: Any) -> Any:
    """Return a copy; not by `deepcopy`, for which two fields that share a description are one, with one value."""
    if isinstance(node, Mapping):
        return {name: copied(item) for name, item in node.items()}
    return [copied(item) for item in node] if isinstance(node, list) else node


def spread(group: dict[str, Any]) -> None:
    """Give the values that the schema has for a whole group to its fields, so that single ones can be replaced."""
    own = group.get(VALUE_KEY)
    if isinstance(own, dict):
        del group[VALUE_KEY]
        for name, field in fields_in(group).items():
            if name in own:
                field.setdefault(VALUE_KEY, own[name])


def spread_out(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a schema in which only fields have values, and no group has one as a whole."""
    result: dict[str, Any] = copied(schema)
    nodes = [result]
    while nodes:
        inner = [field for field in fields_in(nodes.pop()).values() if is_group(field)]
        for group in inner:
            spread(group)
        nodes += inner
    return result


def values_held(definition: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return all values that a form gets, without those that are nothing (``None``).

    :param definition: a schema, or a part of it that has fields; see :func:`spread_out`.
    :param values: in its shape; they win over those that it has.
    """
    held: dict[str, Any] = {}
    for name, field in fields_in(definition).items():
        value = values.get(name, field.get(VALUE_KEY))
        if is_group(field) and isinstance(values.get(name, {}), dict):
            inner = values_held(field, values.get(name, {}))
            value = inner if inner or name in values else None
        if value is not None:
            held[name] = value
    return held
