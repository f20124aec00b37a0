"""A pydantic model's JSON Schema, which tells decimals from other text, and what only the model's own code knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from extend_provider.forms.formats import DECIMAL, WRITTEN_DECIMAL
from extend_provider.forms.schema import LIMITS

__all__ = ["model_json_schema"]

_LIMITS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}


def model_json_schema(model: Any) -> dict[str, Any]:
    """
    Return what instances of the model look like in JSON: a ``Decimal`` is text there, computed fields are there too.

    :param model: the class.
    :raises Exception: pydantic, or the model, knows no schema for one of its fields.
    """
    schema: dict[str, Any] = model.model_json_schema(by_alias=True, mode="serialization", schema_generator=_AsWritten)
    return schema


class _AsWritten(GenerateJsonSchema):
    def generate_inner(self, schema: Any) -> JsonSchemaValue:
        """Return the schema of anything; where a serializer writes it, without what that may write differently."""
        plain = super().generate_inner(schema)
        return _freed(plain) if _is_written_somehow(schema) else plain

    def model_schema(self, schema: Any) -> JsonSchemaValue:
        """Return the schema of a model, likewise; elsewhere there is only a reference to it."""
        plain = super().model_schema(schema)
        return _freed(plain) if _is_written_somehow(schema) else plain

    def decimal_schema(self, schema: Mapping[str, Any]) -> JsonSchemaValue:
        """Return the schema of a ``Decimal``, with the limits that pydantic leaves off text."""
        limits = {_LIMITS[key]: _number(limit) for key, limit in schema.items() if key in _LIMITS}
        return {"type": "string", "format": DECIMAL, **limits}


def _number(limit: Any) -> float:
    return int(limit) if limit == int(limit) else float(limit)


def _is_written_somehow(schema: Mapping[str, Any]) -> bool:
    """Whether a function of the user's writes it that does not say what it returns, such as one of `json_encoders`."""
    how = schema.get("serialization") or {}
    if how.get("type") not in {"function-plain", "function-wrap"} or how.get("return_schema") is not None:
        return False
    # pydantic's own, such as that of `Secret[…]`, write what the schema says.
    return not str(getattr(how["function"], "__module__", "")).startswith("pydantic.")


def _freed(plain: Mapping[str, Any]) -> JsonSchemaValue:
    """Return a schema without what it says of the look of text: a date may be written as 12/31/2026."""
    freed = {key: part for key, part in plain.items() if key not in {*LIMITS, "format"}}
    if plain.get("format") == DECIMAL:
        freed["format"] = WRITTEN_DECIMAL
    for key in {"anyOf", "oneOf", "allOf"} & plain.keys():
        freed[key] = [_freed(part) for part in plain[key]]
    if "properties" in plain:
        freed["properties"] = {name: _freed(part) for name, part in plain["properties"].items()}
    return freed
