"""Values as DAG authors have them, turned into what JSON can say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, time
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.forms.decimals import exact
from extend_provider.forms.model_values import is_model, is_secret, model_values
from extend_provider.forms.unsayable import Unsayable, refuse_unsayable

__all__ = ["marked_values", "plain_values"]

# What data frames have where a value is missing. NaT counts as a date, and calls itself "NaT".
_NULLS = {"NaTType": "NaT", "NAType": "NA"}
# What pydantic writes as JSON in the place of a secret, and reads again as one.
_MASK = "*" * 10
_MASKED = "is nothing but asterisks; XCom, or another dump as JSON, has taken the secret out"
# Of numpy: truth, numbers and text, alone or in arrays. Its dates would come out as nanoseconds.
_NUMPY_KINDS = frozenset("biufUO")


def plain_values(values: Any) -> Any:
    """
    Return values as plain JSON: dates as ISO text, enum members as their values, pydantic models and dataclasses as
    objects, secrets as what they hide.

    :param values: a mapping, or an instance of a pydantic model or of a dataclass.
    :raises ExtendConfigurationError: some values are nothing that JSON can say. All of them are named, none is quoted.
    """
    plain = marked_values(values)
    refuse_unsayable(plain)
    return plain


def marked_values(values: Any) -> Any:
    """
    Return values as :func:`plain_values` does, with a mark (:class:`~extend_provider.forms.unsayable.Unsayable`) in the
    place of what JSON cannot say; the check against the schema tells of it, together with all other problems.

    :param values: a mapping, or an instance of a pydantic model or of a dataclass.
    :raises ExtendConfigurationError: the whole is nothing that JSON can say.
    """
    try:
        plain = _plain(values)
    except RecursionError:
        raise ExtendConfigurationError("The argument values is nested too deeply, or holds itself.") from None
    if isinstance(plain, Unsayable):
        refuse_unsayable(plain)
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return _plain(value.value)
    if is_secret(value):
        return _revealed(value.get_secret_value())
    if type(value).__module__ == "numpy" and getattr(getattr(value, "dtype", None), "kind", "") in _NUMPY_KINDS:
        return _plain(value.tolist())
    if isinstance(value, str):
        return Unsayable(_MASKED) if value == _MASK else value
    if value is None or isinstance(value, int):
        return value
    return _single(value) if isinstance(value, (float, Decimal, date, time, UUID)) else _container(value)


def _single(value: float | Decimal | date | time | UUID) -> Any:
    if isinstance(value, (float, Decimal)):
        return _number(value)
    if isinstance(value, UUID):
        return str(value)
    kind = type(value).__name__
    return _null(_NULLS[kind]) if kind in _NULLS else value.isoformat()


def _revealed(secret: Any) -> Any:
    try:
        return _plain(secret.decode() if isinstance(secret, bytes) else secret)
    except UnicodeDecodeError:
        return Unsayable("hides bytes that are no text")


def _number(value: float | Decimal) -> Any:
    decimal = value if isinstance(value, Decimal) else Decimal(float(value))
    if decimal.is_nan():
        return _null("NaN")
    if decimal.is_infinite():
        return Unsayable("is infinite")
    number = exact(decimal) if value is decimal else float(value)
    return Unsayable("is beyond what a number can be in JSON") if number is None else number


def _null(name: str) -> Unsayable:
    return Unsayable(f"is {name}, which is no value; give None to leave the field empty")


def _container(value: Any) -> Any:
    if is_model(value):
        return _plain(model_values(value))
    if is_dataclass(value) and not isinstance(value, (type, Unsayable)):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return dict(_named(name, item) for name, item in value.items())
    if isinstance(value, (set, frozenset)):
        # In one order, or a retry would not know its own values again.
        return sorted(map(_plain, value), key=repr)
    if isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray, memoryview)):
        return list(map(_plain, value))
    return value if isinstance(value, Unsayable) else _unsayable(value)


def _unsayable(value: Any) -> Unsayable:
    kind = type(value).__name__
    return _null(_NULLS[kind]) if kind in _NULLS else Unsayable(f"cannot be written as JSON ({kind})")


def _named(name: Any, item: Any) -> tuple[str, Any]:
    name = name.value if isinstance(name, Enum) else name
    if isinstance(name, str):
        return str.__str__(name), _plain(item)
    kind = type(name).__name__
    return f"({kind})", Unsayable(f"has a name that is not text, but {kind}", is_name=True)
