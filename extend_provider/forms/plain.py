"""Values as DAG authors have them, turned into what JSON can say."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from extend_provider.exceptions import ExtendConfigurationError

__all__ = ["is_model", "plain_values"]


def is_model(value: Any) -> bool:
    """Whether a value is an instance of a pydantic model; does not import pydantic to tell."""
    return not isinstance(value, type) and hasattr(type(value), "model_fields") and hasattr(value, "model_dump")


def plain_values(values: Any) -> Any:
    """
    Return values as plain JSON: dates as ISO text, enum members as their values, pydantic models as objects.

    :param values: a mapping, or an instance of a pydantic model.
    :raises ExtendConfigurationError: some values are nothing that JSON can say. All of them are named, none is quoted.
    """
    problems: list[str] = []
    plain = _plain(values, "", problems)
    if problems:
        raise ExtendConfigurationError(
            f"Some of values cannot be written as JSON: {', '.join(problems)}.",
            hint="Give text, numbers, true and false, dates, lists and dicts.",
        )
    return plain


def _plain(value: Any, path: str, problems: list[str]) -> Any:
    if isinstance(value, Enum):
        return _plain(value.value, path, problems)
    if isinstance(value, Decimal) and value.is_finite():
        return int(value) if value == value.to_integral_value() else float(value)
    if value is None or isinstance(value, (str, int)) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return _plain_container(value, path, problems)


def _plain_container(value: Any, path: str, problems: list[str]) -> Any:
    if is_model(value):
        return _plain(value.model_dump(mode="json", by_alias=True), path, problems)
    if isinstance(value, Mapping):
        return {
            _name(name, path, problems): _plain(item, f"{path}.{name}".lstrip("."), problems)
            for name, item in value.items()
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item, f"{path}[{index}]", problems) for index, item in enumerate(value)]
    problems.append(f"{path or 'the whole'} ({type(value).__name__})")
    return None


def _name(name: Any, path: str, problems: list[str]) -> str:
    if not isinstance(name, str):
        problems.append(f"{path or 'the whole'} (a name is not text, but {type(name).__name__})")
    return str(name)
