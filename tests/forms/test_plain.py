from __future__ import annotations

from datetime import date, datetime, time, timezone
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel

from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.forms.plain import is_model, plain_values


class Colour(Enum):
    RED = "red"


class Person(BaseModel):
    name: str
    born: date


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ("x", "x"),
        (True, True),
        (None, None),
        (1.5, 1.5),
        (date(2026, 12, 1), "2026-12-01"),
        (datetime(2026, 12, 1, 8, tzinfo=timezone.utc), "2026-12-01T08:00:00+00:00"),
        (time(8, 30), "08:30:00"),
        (Decimal("95.50"), 95.5),
        (Decimal("95.00"), 95),
        (Colour.RED, "red"),
        (UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        (("a", Colour.RED), ["a", "red"]),
        (Person(name="Kim", born=date(2000, 1, 2)), {"name": "Kim", "born": "2000-01-02"}),
        ([{"when": date(2026, 1, 1)}], [{"when": "2026-01-01"}]),
    ],
)
def test_plain(value: Any, plain: Any) -> None:
    assert plain_values({"field": value}) == {"field": plain}


def test_all_that_json_cannot_say_is_named_and_not_quoted() -> None:
    values = {"a": object(), "b": {"c": float("nan")}, "d": [1, b"SECRET"], 5: "x", "e": Decimal("Infinity")}
    with pytest.raises(ExtendConfigurationError) as raised:
        plain_values(values)
    text = str(raised.value)
    for part in ("a (object)", "b.c (float)", "d[1] (bytes)", "a name is not text, but int", "e (Decimal)"):
        assert part in text
    assert "SECRET" not in text


def test_is_model() -> None:
    assert is_model(Person(name="Kim", born=date(2000, 1, 2)))
    assert not any(map(is_model, (Person, {}, "x", None)))
