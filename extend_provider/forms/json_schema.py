"""What the library for JSON Schema finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Context, Decimal, InvalidOperation, localcontext
from functools import lru_cache
from typing import Any

__all__ = ["errors_in"]

_LIMITS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
# Enough for the largest float in steps of the smallest.
_DIGITS = 700


def errors_in(schema: Mapping[str, Any], value: Any) -> list[Any]:
    """
    Return the errors that the library finds; their own messages quote the value.

    :param schema: JSON Schema; one that cannot be read finds nothing.
    :param value: what is judged.
    """
    import re

    from jsonschema.exceptions import SchemaError  # type: ignore[import-untyped]

    validator = _validator()
    try:
        validator.check_schema(schema)
        return list(validator(schema).iter_errors(value))
    except (SchemaError, re.error, RecursionError, TypeError):
        # Extend judges its own schema; a rule that cannot be read here is no reason to refuse the values.
        return []


@lru_cache(maxsize=1)
def _validator() -> Any:
    from jsonschema import Draft202012Validator, validators  # type: ignore[import-untyped]

    # By binary fractions 19.99 is no multiple of 0.01, and 0.3 as a decimal is more than 0.3.
    return validators.extend(
        Draft202012Validator, {name: _in_decimals(Draft202012Validator.VALIDATORS[name]) for name in _LIMITS}
    )


def _in_decimals(judge: Callable[..., Iterable[Any] | None]) -> Callable[..., list[Any]]:
    def judged(validator: Any, limit: Any, value: Any, schema: Any) -> list[Any]:
        if not validator.is_type(value, "number"):
            return []
        with localcontext(Context(prec=_DIGITS)):
            try:
                return list(judge(validator, _as_written(limit), _as_written(value), schema) or ())
            except InvalidOperation:
                return []  # beyond all digits

    return judged


def _as_written(number: Any) -> Any:
    return Decimal(float.__repr__(number)) if isinstance(number, float) else number
