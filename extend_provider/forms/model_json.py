"""A pydantic model's JSON Schema, which still tells decimals from other text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from extend_provider.forms.formats import DECIMAL

__all__ = ["model_json_schema"]

_LIMITS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}


def model_json_schema(model: Any) -> dict[str, Any]:
    """
    Return what instances of the model look like in JSON: a ``Decimal`` is text there, computed fields are there too.

    :param model: the class.
    :raises Exception: pydantic, or the model, knows no schema for one of its fields.
    """
    schema: dict[str, Any] = model.model_json_schema(
        by_alias=True, mode="serialization", schema_generator=_WithDecimals
    )
    return schema


class _WithDecimals(GenerateJsonSchema):
    def decimal_schema(self, schema: Mapping[str, Any]) -> JsonSchemaValue:
        """Return the schema of a ``Decimal``, with the limits that pydantic leaves off text."""
        limits = {_LIMITS[key]: _number(limit) for key, limit in schema.items() if key in _LIMITS}
        return {"type": "string", "format": DECIMAL, **limits}


def _number(limit: Any) -> float:
    return int(limit) if limit == int(limit) else float(limit)
