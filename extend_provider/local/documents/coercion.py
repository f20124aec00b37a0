"""Turning what a document says into what a JSON schema wants."""

from __future__ import annotations

import math
import re
from datetime import datetime
from typing import Any

from extend_provider.local.names import normalise

_TRUE = {"true", "yes", "y", "on", "x", "1", "checked", "☑", "☒", "✓", "✔", "[x]"}
_FALSE = {"false", "no", "n", "off", "0", "unchecked", "☐", "[ ]", "[]"}
_NUMBER = re.compile(r"[-+\u2212]?\s*\d[\d.,'\u2019\u00a0\u202f ]*")
_SYMBOLS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR"}
_CODE = re.compile(r"\b[A-Z]{3}\b")
# Month first where the order cannot be told, as the API's own examples have it.
_DATES = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%m/%d/%Y", "%m-%d-%Y", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%y"),
    *("%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y", "%b. %d, %Y"),
)
_THOUSANDS = 3


def coerce(value: Any, definition: dict[str, Any]) -> Any:
    """
    Turn a value into what a schema wants.

    :param value: what was found: text, number, bool or list of texts.
    :param definition: schema of a single value, or of an array of single values.
    :return: the value; None when it cannot be that.
    """
    if value is None:
        return None
    enum = definition.get("enum")
    if enum is not None:
        return _member(value, enum)
    if "date" in (definition.get("extend:type"), definition.get("format")):
        return _date(value)
    for json_type in types_of(definition):
        converted = _CONVERTERS[json_type](value, definition) if json_type in _CONVERTERS else None
        if converted is not None:
            return converted
    return None


def types_of(definition: dict[str, Any]) -> list[str]:
    """
    Tell the JSON types that a schema allows.

    :param definition: a schema.
    :return: the types without ``null``; any single value when it names none.
    """
    types = definition.get("type", "string")
    allowed = [json_type for json_type in (types if isinstance(types, list) else [types]) if json_type != "null"]
    return allowed or ["string"]


def to_currency(value: Any) -> dict[str, Any] | None:
    """
    Read an amount of money.

    :param value: such as ``40.00 EUR`` or ``$1,200``.
    :return: ``amount`` and ``iso_4217_currency_code`` (None when no currency is named); None for no amount.
    """
    amount = _to_number(value)
    if amount is None:
        return None
    text = str(value)
    code = _CODE.search(text)
    symbol = next((code for sign, code in _SYMBOLS.items() if sign in text), None)
    return {"amount": amount, "iso_4217_currency_code": code[0] if code else symbol}


def _member(value: Any, enum: list[Any]) -> Any:
    if value in enum:
        return value
    words = normalise(_text(value))
    return next((member for member in enum if isinstance(member, str) and normalise(member) == words), None)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _to_number(value: Any, _: dict[str, Any] | None = None) -> float | None:
    if isinstance(value, (bool, list)):
        return None
    if isinstance(value, (int, float)):
        return value
    text = str(value)
    found = _NUMBER.search(text)
    if found is None:
        return None
    number = _parsed(re.sub(r"['\u2019\s\u00a0\u202f]", "", found[0]).replace("\u2212", "-").rstrip(".,"))
    if number is None or not math.isfinite(number):
        return None
    negative = text.strip().startswith("(") and text.strip().endswith(")")
    number = -number if negative else number
    return int(number) if number.is_integer() and "." not in found[0] else number


def _parsed(digits: str) -> float | None:
    """A number with a decimal point or comma, and separators between the thousands."""
    comma, point = digits.rfind(","), digits.rfind(".")
    if comma > point:
        groups = digits[digits.index(",") + 1 :].split(",")
        is_decimal = point >= 0 or (len(groups) == 1 and len(groups[0]) != _THOUSANDS)
        digits = digits.replace(".", "").replace(",", "." if is_decimal else "")
    else:
        digits = digits.replace(",", "")
        if digits.count(".") > 1:
            digits = digits.replace(".", "")
    try:
        return float(digits)
    except ValueError:
        return None


def _to_integer(value: Any, _: dict[str, Any] | None = None) -> int | None:
    number = _to_number(value)
    return int(number) if number is not None and float(number).is_integer() else None


def _to_boolean(value: Any, _: dict[str, Any] | None = None) -> bool | None:
    if isinstance(value, bool):
        return value
    word = _text(value).strip().casefold()
    return True if word in _TRUE else False if word in _FALSE else None


def _to_string(value: Any, _: dict[str, Any] | None = None) -> str | None:
    return _text(value).strip() or None


def _to_list(value: Any, definition: dict[str, Any]) -> list[Any] | None:
    parts = value if isinstance(value, list) else re.split(r"[,;]\s*", _text(value))
    items = [coerce(part, definition.get("items") or {}) for part in parts]
    return [item for item in items if item is not None]


def _date(value: Any) -> str | None:
    text = " ".join(_text(value).split())
    return next((day for form in _DATES if (day := _parsed_date(text, form)) is not None), None)


def _parsed_date(text: str, form: str) -> str | None:
    try:
        return datetime.strptime(text, form).date().isoformat()
    except ValueError:
        return None


_CONVERTERS: dict[str, Any] = {
    "string": _to_string,
    "number": _to_number,
    "integer": _to_integer,
    "boolean": _to_boolean,
    "array": _to_list,
}
