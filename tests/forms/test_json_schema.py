from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from extend_provider.forms.json_schema import errors_in


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        *(({"multipleOf": 0.01}, amount) for amount in (19.99, 0.29, 1.1, 4.35, -4.35, 0, 7, 1e22, Decimal("19.99"))),
        ({"multipleOf": 5e-324}, 1.7e308),
        ({"multipleOf": 5}, 10.0),
        ({"multipleOf": 0.5}, "text"),
        ({"maximum": 0.3}, Decimal("0.3")),
        ({"minimum": 0.1}, Decimal("0.1")),
        ({"exclusiveMaximum": 0.1}, 0.09),
        ({"properties": {"total": {"multipleOf": 0.01}}}, {"total": 19.99}),
        ({"multipleOf": 0.01}, Decimal("1E+999999")),
    ],
)
def test_numbers_that_fit(schema: dict[str, Any], value: Any) -> None:
    assert errors_in(schema, value) == []


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"multipleOf": 0.01}, 19.999),
        ({"multipleOf": 0.01}, Decimal("0.001")),
        ({"multipleOf": 5}, 11),
        ({"maximum": 0.3}, 0.31),
        ({"exclusiveMaximum": 0.3}, Decimal("0.3")),
        ({"exclusiveMinimum": 0.1}, Decimal("0.1")),
        ({"properties": {"total": {"multipleOf": 0.01}}}, {"total": 19.999}),
    ],
)
def test_numbers_that_do_not(schema: dict[str, Any], value: Any) -> None:
    [error] = errors_in(schema, value)
    # As the schema has it: it is shown.
    assert error.validator_value == (schema.get(error.validator) or 0.01)
    assert not isinstance(error.validator_value, Decimal)


@pytest.mark.parametrize("schema", [{"multipleOf": 0}, {"multipleOf": "x"}, {"pattern": "("}])
def test_what_cannot_be_read_finds_nothing(schema: dict[str, Any]) -> None:
    assert errors_in(schema, 5) == []
