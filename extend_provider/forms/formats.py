"""What text has to look like where a field's ``format`` says so; and numbers in fields that take them as text."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from extend_provider.forms.decimals import ExactFloat, ExactInt, number_text
from extend_provider.forms.schema import types_of

__all__ = ["DECIMAL", "as_taken", "format_wanted", "is_for_text"]

# Not a word of JSON Schema: text that is a number, as pydantic writes a `Decimal`.
DECIMAL = "decimal"


def format_wanted(field: Mapping[str, Any], text: str) -> str | None:
    """
    Return what a field takes that the text is not; ``None`` where it fits, or the format is not one checked here.

    :param field: the field's schema.
    :param text: what was given.
    """
    name = field.get("format")
    fits, wanted = _FORMATS.get(name, (None, "")) if isinstance(name, str) else (None, "")
    return wanted if fits and not fits(text) else None


def is_for_text(field: Mapping[str, Any], value: Any) -> bool:
    """Whether a value is a number that may be written as text in this field: a decimal is both."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not _takes_text_only(field):
        return False
    return isinstance(value, (ExactInt, ExactFloat)) or field.get("format") == DECIMAL


def as_taken(field: Mapping[str, Any], value: Any) -> Any:
    """
    Return a value as the field takes it: a number as text, where it takes only that.

    :param field: the field's schema.
    :param value: plain JSON, which fits.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    if _takes_text_only(field):
        return number_text(value)
    # Not what remembers its digits, but the number.
    return int(value) if isinstance(value, int) else float(value)


def _takes_text_only(field: Mapping[str, Any]) -> bool:
    types = types_of(field)
    return "string" in types and "number" not in types and "integer" not in types


def _is(parse: Callable[[str], Any], pattern: str = "") -> Callable[[str], bool]:
    """Whether a text can be parsed; Python 3.11 reads more than is meant, which the pattern keeps out."""

    def fits(text: str) -> bool:
        try:
            parse(text)
        except (ValueError, InvalidOperation):
            return False
        return re.match(pattern, text) is not None

    return fits


def _without_trifles(text: str) -> str:
    """Return a time without what Python 3.10 does not read: a Z, and fractions of any length."""
    return re.sub(r"\.\d+", "", re.sub(r"[Zz]$", "+00:00", text))


def _finite(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError("not finite")
    return number


_DAY = r"\d{4}-\d{2}-\d{2}"
_FORMATS: dict[str, tuple[Callable[[str], bool], str]] = {
    "date": (_is(date.fromisoformat, f"{_DAY}$"), "a date such as 2026-12-31"),
    "date-time": (
        _is(lambda text: datetime.fromisoformat(_without_trifles(text)), f"{_DAY}($|[T ])"),
        "a date and time such as 2026-12-31T08:30:00",
    ),
    "time": (_is(lambda text: time.fromisoformat(_without_trifles(text)), r"\d{2}:\d{2}"), "a time such as 08:30:00"),
    "uuid": (_is(UUID), "a UUID"),
    DECIMAL: (_is(_finite), "a number"),
}
