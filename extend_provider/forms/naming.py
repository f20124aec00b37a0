"""Which field each value is meant for: nested names, dotted names, and names that do not exist."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from extend_provider.forms.nearest import nearest
from extend_provider.forms.schema import fields_in, is_group, is_table, names_in
from extend_provider.forms.unsayable import Unsayable

__all__ = ["assigned", "fields_meant"]

_LONGEST_NAME = 80


def assigned(
    schema: Mapping[str, Any], values: Mapping[str, Any], problems: list[str], prefix: str = ""
) -> dict[str, Any]:
    """
    Return values in the shape of the schema, with dotted names taken apart.

    :param schema: a schema, or a part of it that has fields.
    :param values: what is to be filled in, by name.
    :param problems: gets a line for each name that does not exist or stands there twice.
    :param prefix: where the part is, for those lines.
    :return: only names that exist.
    """
    found: dict[str, Any] = {}
    for name, value in values.items():
        route = _route(schema, name)
        if route:
            _place(found, route, value, problems, prefix)
        else:
            problems += _unknown(schema, name, value, prefix)
    fields = fields_in(schema)
    return {name: _inside(fields[name], value, problems, f"{prefix}{name}") for name, value in found.items()}


def _unknown(schema: Mapping[str, Any], name: str, value: Any, prefix: str) -> list[str]:
    if isinstance(value, Unsayable) and value.is_name:
        return []  # told by itself
    return [f"{prefix}{name[:_LONGEST_NAME]}: there is no such field{_meant(name, names_in(schema))}"]


def fields_meant(schema: Mapping[str, Any], name: str) -> list[str]:
    """
    Return the field of the schema itself that a name leads into, or was probably meant to; empty for none.

    :param schema: a schema.
    :param name: a name, with dots or without.
    """
    near = _route(schema, name) or _route(schema, nearest(name, names_in(schema)) or "")
    return near[:1]


def _inside(field: Mapping[str, Any], value: Any, problems: list[str], path: str) -> Any:
    if is_group(field) and isinstance(value, dict):
        return assigned(field, value, problems, f"{path}.")
    if is_table(field) and isinstance(value, list):
        return [
            assigned(field["items"], row, problems, f"{path}[{index}].") if isinstance(row, dict) else row
            for index, row in enumerate(value)
        ]
    return value


def _route(schema: Mapping[str, Any], name: str) -> list[str]:
    """The names that lead to a field; a field that has the dot in its own name comes first."""
    fields = fields_in(schema)
    if name in fields:
        return [name]
    for dot in (index for index, character in enumerate(name) if character == "."):
        head = fields.get(name[:dot])
        if head is not None and is_group(head) and (rest := _route(head, name[dot + 1 :])):
            return [name[:dot], *rest]
    return []


def _place(found: dict[str, Any], route: list[str], value: Any, problems: list[str], prefix: str) -> None:
    node = found
    for index, name in enumerate(route[:-1]):
        inner = node.setdefault(name, {})
        if not isinstance(inner, dict):
            problems.append(_twice(prefix, route[: index + 1]))
            return
        # A copy: the caller's own dict may stand here.
        node[name] = node = dict(inner)
    last = route[-1]
    if last not in node:
        node[last] = value
    elif isinstance(node[last], dict) and isinstance(value, dict) and node[last].keys().isdisjoint(value):
        node[last] = {**node[last], **value}
    else:
        problems.append(_twice(prefix, route))


def _twice(prefix: str, route: list[str]) -> str:
    return f"{prefix}{'.'.join(route)}: given twice, nested and with a dot"


def _meant(name: str, names: Iterable[str]) -> str:
    near = nearest(name, names)
    return f"; did you mean {near}?" if near else ""
