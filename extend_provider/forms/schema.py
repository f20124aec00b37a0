"""
An edit schema, read: which fields a form has, and what each of them takes.

The words are those of the API: a *field* is a property of the schema, with JSON Schema keys for what it may hold and
``extend_edit:*`` keys for the control on the page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.redaction import VALUE_KEY, without_keys

__all__ = ["LIMITS", "edit_schema", "fields_in", "is_group", "is_table", "names_in", "types_of", "without_values"]

# What JSON Schema may say of a single value, beyond its type, its choices and its format.
LIMITS = (
    *("minLength", "pattern", "multipleOf"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
)

_REFERENCES = frozenset({"$ref", "$dynamicRef", "$recursiveRef"})


def edit_schema(schema: Any, origin: str) -> dict[str, Any]:
    """
    Return a schema, once it is sure that it is one.

    :param schema: what somebody gave.
    :param origin: where it is from, for the error.
    :raises ExtendConfigurationError: it is no edit schema.
    """
    if not isinstance(schema, dict) or schema.get("type") != "object" or not isinstance(schema.get("properties"), dict):
        raise ExtendConfigurationError(
            f"The schema of {origin} is no edit schema.",
            hint='It begins with {"type": "object", "properties": {…}}: one property for each field of the form.',
        )
    nodes: list[Any] = [schema]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict) and not _REFERENCES.isdisjoint(node):
            raise ExtendConfigurationError(
                f"The schema of {origin} holds a reference ($ref), which Extend does not know.",
                hint="Of a pydantic model give the class itself; its references are resolved then.",
            )
        nodes += node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
    wrong = [name for name, field in schema["properties"].items() if not isinstance(field, dict)]
    if wrong:
        raise ExtendConfigurationError(f"The schema of {origin} describes {wrong[0]!r} by something that is no object.")
    return schema


def without_values(schema: Any) -> Any:
    """Return a schema without the values that it has: they may be personal data."""
    return without_keys(schema, frozenset({VALUE_KEY}))


def fields_in(definition: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the fields of a form, a group or a row, by name; empty for what has none."""
    properties = definition.get("properties")
    if not isinstance(properties, dict):
        return {}
    return {name: field for name, field in properties.items() if isinstance(field, dict)}


def types_of(definition: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the JSON types that a field allows; empty where it names none, as a choice does."""
    types = definition.get("type")
    if isinstance(types, str):
        return (types,)
    return tuple(name for name in types if isinstance(name, str)) if isinstance(types, list) else ()


def is_group(definition: Mapping[str, Any]) -> bool:
    """Whether a field is an object of further fields."""
    return bool(fields_in(definition)) and "array" not in types_of(definition)


def is_table(definition: Mapping[str, Any]) -> bool:
    """Whether a field is a list of rows."""
    items = definition.get("items")
    return "array" in types_of(definition) and isinstance(items, dict) and bool(fields_in(items))


def names_in(definition: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Yield the names that values may have, those inside of groups with dots."""
    for name, field in fields_in(definition).items():
        yield f"{prefix}{name}"
        if is_group(field):
            yield from names_in(field, f"{prefix}{name}.")
