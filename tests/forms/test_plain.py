from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel, Secret, SecretBytes, SecretStr

from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.forms.plain import marked_values, plain_values
from extend_provider.forms.unsayable import Unsayable


class Colour(Enum):
    RED = "red"


class Name(str, Enum):
    FIRST = "first_name"


@dataclass
class Address:
    street: str
    zip: SecretStr


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
        (range(2), [0, 1]),
        (Address("12 Harbour Street", SecretStr("97201")), {"street": "12 Harbour Street", "zip": "97201"}),
        (SecretStr("123-45-6789"), "123-45-6789"),
        (SecretBytes(b"caf\xc3\xa9"), "café"),
        (Secret(date(2000, 1, 2)), "2000-01-02"),
        (Person(name="Kim", born=date(2000, 1, 2)), {"name": "Kim", "born": "2000-01-02"}),
        ([{"when": date(2026, 1, 1)}], [{"when": "2026-01-01"}]),
    ],
)
def test_plain(value: Any, plain: Any) -> None:
    assert plain_values({"field": value}) == {"field": plain}


def test_a_set_has_one_order() -> None:
    # By hash, the order of text differs from one process to the next, and a retry would not know its own values.
    assert plain_values({"field": frozenset({"b", "c", "a"})}) == {"field": ["a", "b", "c"]}


def test_names_may_be_members_of_an_enum() -> None:
    assert plain_values({Name.FIRST: "x"}) == {"first_name": "x"}


class FakeNumpy:
    """What all of numpy's scalars and arrays have."""

    def __init__(self, kind: str, value: Any) -> None:
        self.dtype = SimpleNamespace(kind=kind)
        self.tolist = lambda: value


FakeNumpy.__module__ = "numpy"


@pytest.mark.parametrize(("kind", "value"), [("i", 7), ("f", 0.5), ("b", True), ("U", "x"), ("O", ["a", None])])
def test_numpy(kind: str, value: Any) -> None:
    assert plain_values({"field": FakeNumpy(kind, value)}) == {"field": value}


class NaTType(datetime):
    """What pandas has for a date that is missing: a datetime that says "NaT"."""

    def isoformat(self, *_: Any, **__: Any) -> str:
        return "NaT"


class NAType:
    """What pandas has for anything that is missing."""


class Pin(BaseModel):
    pin: SecretStr


MASKED = "is nothing but asterisks; XCom, or another dump as JSON, has taken the secret out"
EMPTY = "which is no value; give None to leave the field empty"


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"a": object()}, "a: cannot be written as JSON (object)"),
        ({"a": timedelta(1)}, "a: cannot be written as JSON (timedelta)"),
        ({"a": [1, b"SECRET"]}, "a[1]: cannot be written as JSON (bytes)"),
        ({"a": Path("SECRET")}, f"a: cannot be written as JSON ({type(Path()).__name__})"),
        ({"a": FakeNumpy("M", 1767225600)}, "a: cannot be written as JSON (FakeNumpy)"),
        ({"a": {"b": float("nan")}}, f"a.b: is NaN, {EMPTY}"),
        ({"a": FakeNumpy("f", float("nan"))}, f"a: is NaN, {EMPTY}"),
        ({"a": Decimal("sNaN")}, f"a: is NaN, {EMPTY}"),
        ({"a": NaTType(2026, 1, 1)}, f"a: is NaT, {EMPTY}"),
        ({"a": NAType()}, f"a: is NA, {EMPTY}"),
        ({"a": float("-inf")}, "a: is infinite"),
        ({"a": Decimal("Infinity")}, "a: is infinite"),
        ({"a": Decimal("1E+999999")}, "a: is beyond what a number can be in JSON"),
        ({"a": SecretBytes(b"\xff")}, "a: hides bytes that are no text"),
        ({"a": SecretStr(str(SecretStr("SECRET")))}, f"a: {MASKED}"),
        (Address("x", SecretStr("**********")), f"zip: {MASKED}"),
        ({"a": SecretBytes(str(SecretStr("SECRET")).encode())}, f"a: {MASKED}"),
        (Pin.model_validate(Pin(pin="SECRET").model_dump(mode="json")), f"pin: {MASKED}"),
        (Pin(pin="SECRET").model_dump(mode="json"), f"pin: {MASKED}"),
        ([json.loads(Pin(pin="SECRET").model_dump_json())], f"[0].pin: {MASKED}"),
        ({"a": {5: "SECRET"}}, "a: has a name that is not text, but int"),
        ({("SECRET",): 1}, "the whole: has a name that is not text, but tuple"),
        (object(), "the whole: cannot be written as JSON (object)"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_json_cannot_say(values: Any, line: str) -> None:
    with pytest.raises(ExtendConfigurationError) as raised:
        plain_values(values)
    assert f"- {line}\n" in str(raised.value)
    assert "SECRET" not in str(raised.value)


def test_all_of_it_is_named_at_once() -> None:
    values = {"a": object(), "b": {"c": float("nan")}, "d": [1, b"SECRET"], 5: "x"}
    with pytest.raises(ExtendConfigurationError) as raised:
        plain_values(values)
    assert str(raised.value).count("\n- ") == 4
    assert "SECRET" not in str(raised.value)


def test_values_that_hold_themselves() -> None:
    values: dict[str, Any] = {}
    values["a"] = [values]
    with pytest.raises(ExtendConfigurationError, match="holds itself"):
        plain_values(values)


def test_marks_stand_where_json_cannot_say_it() -> None:
    marked = marked_values({"a": "x", "b": b"SECRET"})
    assert marked == {"a": "x", "b": Unsayable("cannot be written as JSON (bytes)")}
    with pytest.raises(ExtendConfigurationError):
        marked_values(b"SECRET")
