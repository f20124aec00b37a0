"""The rules of an edit schema that concern several properties: required ones, and conditional clauses.

The clauses (``if``, ``then``, ``allOf``, ...) are plain JSON Schema, so the jsonschema library judges them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from jsonschema.exceptions import SchemaError, ValidationError  # type: ignore[import-untyped]

from extend_provider.local.pdf.problem import PdfProblem, invalid_options, schema_violation

_CLAUSES = ("dependentRequired", "if", "then", "else", "not", "allOf", "oneOf", "anyOf")
_REFERENCES = {"$ref", "$dynamicRef", "$recursiveRef"}


def check_rules(schema: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Raise ``SCHEMA_VALIDATION_ERROR`` when the values break a rule; a null counts as no value."""
    missing = [name for name in schema.get("required") or [] if name not in values]
    if missing:
        raise _missing(missing)
    clauses = {key: schema[key] for key in _CLAUSES if key in schema}
    if clauses:
        error = _first_error(clauses, dict(values))
        if error is not None:
            raise _broken(error)


def _first_error(clauses: dict[str, Any], values: dict[str, Any]) -> ValidationError | None:
    if _has_reference(clauses):
        raise invalid_options("config.schema: references ($ref) are not supported.")
    try:
        Draft202012Validator.check_schema(clauses)
        return next(iter(Draft202012Validator(clauses).iter_errors(values)), None)
    except (SchemaError, re.error, RecursionError) as error:
        raise invalid_options("config.schema: a conditional clause is not valid JSON Schema.") from error


def _has_reference(clause: Any) -> bool:
    """References could make the validator fetch URLs."""
    if isinstance(clause, dict):
        return any(key in _REFERENCES or _has_reference(value) for key, value in clause.items())
    return isinstance(clause, list) and any(_has_reference(item) for item in clause)


def _broken(error: ValidationError) -> PdfProblem:
    if error.validator in {"required", "dependentRequired"}:
        wanted = error.validator_value
        if isinstance(wanted, dict):
            wanted = [name for trigger, names in wanted.items() if trigger in error.instance for name in names]
        return _missing([name for name in wanted if name not in error.instance])
    if error.absolute_path:
        return schema_violation(f"The value of property {error.absolute_path[0]!r} breaks the rule {error.validator}.")
    return schema_violation(f"The values break the schema's rule {error.validator}.")


def _missing(names: list[str]) -> PdfProblem:
    listed = ", ".join(repr(name) for name in names)
    return schema_violation(
        f"Required properties without a value: {listed}. Give them in extend_edit:value or in the instructions."
    )
