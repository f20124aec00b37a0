from __future__ import annotations

import warnings
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    RootModel,
    Secret,
    SecretBytes,
    SecretStr,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    field_serializer,
    model_serializer,
)

from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.forms.model_values import is_model, is_secret
from extend_provider.forms.plain import plain_values


class Inner(BaseModel):
    pin: SecretStr


class SecretDate(Secret[date]):
    """As pydantic's documentation shows it: with asterisks of its own."""

    def _display(self) -> str:
        return "****/**/**"


class Person(BaseModel):
    ssn: SecretStr = Field(alias="SSN")
    key: SecretBytes
    born: SecretDate
    empty: SecretStr = SecretStr("")
    fee: Secret[Decimal] = Secret(Decimal("95.50"))
    inner: Inner
    rows: list[Inner]
    by_name: dict[str, SecretStr]
    some: set[SecretStr]
    skills: set[str]
    name: str


def person() -> Person:
    return Person(
        SSN="123-45-6789",
        key=b"k",
        born=SecretDate(date(2000, 1, 2)),
        inner=Inner(pin="1"),
        rows=[Inner(pin="2"), Inner(pin="3")],
        by_name={"a": "4"},
        some={"6", "5"},
        skills={"SQL", "Airflow", "Python"},
        name="**",
    )


def test_secrets_are_meant_for_the_form() -> None:
    assert plain_values(person()) == {
        "SSN": "123-45-6789",
        "key": "k",
        "born": "2000-01-02",
        "empty": "",
        "fee": 95.5,
        "inner": {"pin": "1"},
        "rows": [{"pin": "2"}, {"pin": "3"}],
        "by_name": {"a": "4"},
        "some": ["5", "6"],
        "skills": ["Airflow", "Python", "SQL"],
        "name": "**",
    }


def test_a_root_may_be_a_secret() -> None:
    class Pin(RootModel[SecretStr]):
        pass

    assert plain_values({"pin": Pin("1234")}) == {"pin": "1234"}


def test_serializers_of_the_users_own_are_heard() -> None:
    class Form(BaseModel):
        ssn: SecretStr
        day: date

        @field_serializer("ssn", when_used="json")
        def last_digits(self, ssn: SecretStr) -> str:
            return ssn.get_secret_value()[-4:]

        @field_serializer("day", when_used="json")
        def as_in_america(self, day: date) -> str:
            return f"{day:%m/%d/%Y}"

    assert plain_values(Form(ssn="123-45-6789", day=date(2026, 12, 1))) == {"ssn": "6789", "day": "12/01/2026"}


class Sorted(BaseModel):
    ssn: SecretStr
    account: SecretStr
    by_number: dict[int, SecretStr] = {}
    name: str

    @model_serializer(mode="wrap")
    def in_order(self, whole: SerializerFunctionWrapHandler, info: SerializationInfo) -> dict[str, Any]:
        values: dict[str, Any] = whole(self)
        return {"kind": "x", **dict(sorted(values.items()))} if info.mode == "json" else values


def test_names_may_stand_in_another_order_in_json() -> None:
    form = Sorted(ssn="123-45-6789", account="42", by_number={2: "b", 1: "a"}, name="Jordan")
    assert plain_values(form) == {
        "kind": "x",
        "account": "42",
        "by_number": {"2": "b", "1": "a"},
        "name": "Jordan",
        "ssn": "123-45-6789",
    }


def test_a_secret_without_a_counterpart_is_refused_and_no_other_takes_its_place() -> None:
    class Renamed(BaseModel):
        ssn: SecretStr
        account: SecretStr

        @model_serializer(mode="wrap")
        def renamed(self, whole: SerializerFunctionWrapHandler, info: SerializationInfo) -> dict[str, Any]:
            values: dict[str, Any] = whole(self)
            renamed = {"a": values["account"], "s": values["ssn"]}
            return renamed if info.mode == "json" else values

    with pytest.raises(ExtendConfigurationError) as raised:
        plain_values(Renamed(ssn="SECRET-1", account="SECRET-2"))
    assert "- a: is nothing but asterisks" in str(raised.value)
    assert "- s: is nothing but asterisks" in str(raised.value)
    assert "SECRET" not in str(raised.value)


class Opaque:
    """Nothing that pydantic knows."""


class Odd(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)

    fine: SecretStr = SecretStr("SECRET")
    raw: bytes = Field(b"SECRET\xff", alias="Raw")
    thing: Opaque = Opaque()


def test_what_a_model_cannot_write_is_named_and_not_quoted() -> None:
    with pytest.raises(ExtendConfigurationError) as raised:
        plain_values({"odd": Odd()})
    text = str(raised.value)
    assert "- odd.Raw: cannot be written as JSON by the model Odd" in text
    assert "- odd.thing: cannot be written as JSON by the model Odd" in text
    assert "fine" not in text
    assert "SECRET" not in text


def test_a_whole_that_a_model_cannot_write() -> None:
    class Raw(RootModel[bytes]):
        pass

    class Form(BaseModel):
        name: str

        @model_serializer
        def broken(self) -> str:
            raise ValueError("SECRET")

    with pytest.raises(ExtendConfigurationError) as raised:
        plain_values({"raw": Raw(b"SECRET\xff"), "form": Form(name="SECRET")})
    assert "- raw" in str(raised.value)
    assert "- form" in str(raised.value)
    assert "SECRET" not in str(raised.value)


def test_a_model_with_values_of_wrong_types_warns_of_none() -> None:
    class Form(BaseModel):
        age: int

    with warnings.catch_warnings():
        # pydantic's warning quotes the value.
        warnings.simplefilter("error")
        assert plain_values(Form.model_construct(age="SECRET")) == {"age": "SECRET"}


def test_models_and_secrets_are_told_from_the_rest() -> None:
    assert is_model(person())
    assert not any(map(is_model, (Person, {}, "x", None)))
    assert is_secret(SecretStr("x"))
    others: tuple[Any, ...] = (SecretStr, "x", None)
    assert not any(map(is_secret, others))
