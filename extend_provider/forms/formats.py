"""What text has to look like where a field's ``format`` says so."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

__all__ = ["DECIMAL", "WRITTEN_DECIMAL", "format_wanted"]

# Not words of JSON Schema: text that is a number, as pydantic writes a `Decimal`, and as a model writes it in a way of
# its own, "$ 1.50".
DECIMAL = "decimal"
WRITTEN_DECIMAL = "written-decimal"


def format_wanted(field: Mapping[str, Any], text: str) -> str | None:
    """
    Return what a field takes that the text is not; ``None`` where it fits, or the format is not one checked here.

    :param field: the field's schema.
    :param text: what was given.
    """
    name = field.get("format")
    fits, wanted = _FORMATS.get(name, (None, "")) if isinstance(name, str) else (None, "")
    return wanted if fits and not fits(text) else None


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
    """Return a time without what Python 3.10 does not read: a Z, offsets of any form, fractions of any length."""
    text = re.sub(r"(?<=:\d\d:\d\d)[.,]\d+", "", re.sub(r"[Zz]$", "+00:00", text))
    offset = re.search(r"(?<=[T :]\d\d)([+-]\d\d):?(\d\d)?$", text)
    return f"{text[: offset.start()]}{offset[1]}:{offset[2] or '00'}" if offset else text


def _finite(text: str) -> Decimal:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError("not finite")
    return number


_DAY = r"\d{4}-\d{2}-\d{2}"
_FORMATS: dict[str, tuple[Callable[[str], bool], str]] = {
    "date": (_is(date.fromisoformat, f"{_DAY}$"), "a date such as 2026-12-31"),
    "date-time": (
        _is(lambda text: datetime.fromisoformat(_without_trifles(text)), rf"{_DAY}($|[T ]\d{{2}}(?!\d))"),
        "a date and time such as 2026-12-31T08:30:00",
    ),
    "time": (_is(lambda text: time.fromisoformat(_without_trifles(text)), r"\d{2}:\d{2}"), "a time such as 08:30:00"),
    "uuid": (_is(UUID), "a UUID"),
    DECIMAL: (_is(_finite), "a number"),
}
