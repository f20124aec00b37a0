from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.forms.decimals import exact
from extend_provider.forms.filling import filled_schema
from extend_provider.forms.plain import plain_values
from extend_provider.forms.taken import as_taken, values_taken

TEXT = {"type": ["string", "null"]}
PRICE = exact(Decimal("95.50"))


@pytest.mark.parametrize(
    ("field", "value", "taken"),
    [
        (TEXT, PRICE, "95.50"),
        (TEXT, 95.5, 95.5),
        (TEXT, True, True),
        ({**TEXT, "format": "decimal"}, 95.5, "95.5"),
        ({**TEXT, "format": "decimal"}, True, True),
        ({"type": "number"}, PRICE, 95.5),
        ({"type": "integer"}, exact(Decimal("2.00")), 2),
        ({"type": ["string", "number"]}, PRICE, 95.5),
        ({}, PRICE, 95.5),
        ({"enum": ["95.50", "2"]}, PRICE, "95.50"),
        ({"enum": ["95.50", None]}, PRICE, "95.50"),
        ({"enum": ["95.50"]}, 95.5, 95.5),
        ({"enum": [95.5, "other"]}, PRICE, 95.5),
        ({"enum": []}, PRICE, 95.5),
        ({**TEXT, "enum": ["95.50"]}, PRICE, "95.50"),
        ({"enum": ["95.50"], "extend_edit:field_type": "optionList"}, [PRICE], ["95.50"]),
        ({"enum": [95.5], "extend_edit:field_type": "optionList"}, [PRICE], [95.5]),
        ({"type": "array", "items": TEXT}, [PRICE, None], ["95.50", None]),
        ({"type": "array", "items": {"type": "object", "properties": {"a": TEXT}}}, [{"a": PRICE}], [{"a": "95.50"}]),
        ({"type": "object", "properties": {"a": TEXT}}, {"a": PRICE, "b": PRICE}, {"a": "95.50", "b": 95.5}),
    ],
)
def test_a_value_as_its_field_takes_it(field: dict[str, Any], value: Any, taken: Any) -> None:
    found = as_taken(field, value)
    assert found == taken
    assert type(found) is type(taken)
    assert values_taken({"properties": {"field": field}}, {"field": value}) == {"field": taken}


def test_a_decimal_is_judged_as_it_is_filled_in() -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {"rate": TEXT, "kind": TEXT, "step": {"enum": ["1.50", "2"]}},
        "if": {"properties": {"rate": {"const": "95.50"}}, "required": ["rate"]},
        "then": {"required": ["kind"]},
    }
    values = {"rate": Decimal("95.50"), "step": Decimal("1.50")}
    with pytest.raises(ExtendConfigurationError, match="rule required: kind"):
        filled_schema(schema, plain_values(values))
    properties = filled_schema(schema, plain_values({**values, "rate": Decimal("95.5")}))["properties"]
    assert properties["rate"]["extend_edit:value"] == "95.5"
    assert properties["step"]["extend_edit:value"] == "1.50"
