from __future__ import annotations

import json
from decimal import Decimal

import pytest

from extend_provider.forms.decimals import exact, number_text


@pytest.mark.parametrize(
    ("decimal", "text", "in_json"),
    [
        ("95.50", "95.50", "95.5"),
        ("95.00", "95.00", "95"),
        ("-0.10", "-0.10", "-0.1"),
        ("1E+3", "1000", "1000"),
        ("1E-7", "0.0000001", "1e-07"),
    ],
)
def test_a_decimal_is_a_number_that_knows_its_digits(decimal: str, text: str, in_json: str) -> None:
    number = exact(Decimal(decimal))
    assert number is not None
    assert number_text(number) == text
    assert json.dumps(number) == in_json


@pytest.mark.parametrize("decimal", ["NaN", "Infinity", "1E+301", "1E-301", "0E+999999"])
def test_what_no_number_in_json_can_be(decimal: str) -> None:
    assert exact(Decimal(decimal)) is None


@pytest.mark.parametrize(
    ("number", "text"), [(7, "7"), (95.5, "95.5"), (1e22, "10000000000000000000000"), (2.0, "2.0")]
)
def test_other_numbers(number: float, text: str) -> None:
    assert number_text(number) == text
