"""What the library for JSON Schema finds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["errors_in"]


def errors_in(schema: Mapping[str, Any], value: Any) -> list[Any]:
    """
    Return the errors that the library finds; their own messages quote the value.

    :param schema: JSON Schema; one that cannot be read finds nothing.
    :param value: what is judged.
    """
    import re

    from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
    from jsonschema.exceptions import SchemaError  # type: ignore[import-untyped]

    try:
        Draft202012Validator.check_schema(schema)
        return list(Draft202012Validator(schema).iter_errors(value))
    except (SchemaError, re.error, RecursionError, TypeError):
        # Extend judges its own schema; a rule that cannot be read here is no reason to refuse the values.
        return []
