"""
Decimals, which are a number in some fields and text in others.

Which of both, only the schema says, and ``95.50`` has lost its zero by then if it is a ``float``.
"""

from __future__ import annotations

from decimal import Decimal

__all__ = ["ExactFloat", "ExactInt", "exact", "number_text"]

# Of what a float can hold; a few bytes of exponent would be gigabytes of digits.
_LARGEST_EXPONENT = 300


class ExactInt(int):
    """A whole decimal; JSON takes it for the number that it is."""

    text: str


class ExactFloat(float):
    """A decimal with a fraction; JSON takes it for the number that it is."""

    text: str


def exact(value: Decimal) -> ExactInt | ExactFloat | None:
    """
    Return a decimal as a number that still knows its digits; ``None`` for one beyond what a number can be in JSON.

    :param value: the decimal.
    """
    if not value.is_finite() or abs(value.adjusted()) > _LARGEST_EXPONENT:
        return None
    number = ExactInt(value) if value == value.to_integral_value() else ExactFloat(value)
    number.text = format(value, "f")
    return number


def number_text(number: float) -> str:
    """
    Return a number as it is written on a form: all digits, no exponent.

    :param number: a finite number.
    """
    if isinstance(number, (ExactInt, ExactFloat)):
        return number.text
    return str(number) if isinstance(number, int) else format(Decimal(float.__repr__(number)), "f")
