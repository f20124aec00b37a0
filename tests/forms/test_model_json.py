from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import pytest
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PydanticDeprecatedSince20,
    SerializerFunctionWrapHandler,
    computed_field,
    field_serializer,
    model_serializer,
)

from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.forms.filling import filled_schema
from extend_provider.forms.model_schema import schema_of_model
from extend_provider.forms.plain import plain_values


def filled(model: Any, values: Any) -> dict[str, Any]:
    properties = filled_schema(schema_of_model(model), plain_values(values))["properties"]
    return {name: field.get("extend_edit:value") for name, field in properties.items()}


class InAmerica(BaseModel):
    day: date
    other: date | None = None

    @field_serializer("day", "other")
    def in_american(self, day):  # type: ignore[no-untyped-def]
        return day and f"{day:%m/%d/%Y}"


class ByAnnotation(BaseModel):
    day: Annotated[date, PlainSerializer(lambda day: f"{day:%m/%d/%Y}")]
    other: Annotated[date | None, PlainSerializer(lambda day: f"{day:%m/%d/%Y}", when_used="json-unless-none")] = None


class AsAWhole(BaseModel):
    day: date
    other: date | None = None

    @model_serializer(mode="wrap")
    def in_american(self, whole: SerializerFunctionWrapHandler):  # type: ignore[no-untyped-def]
        return {**whole(self), "day": f"{self.day:%m/%d/%Y}", "other": self.other and f"{self.other:%m/%d/%Y}"}


# `json_encoders` are deprecated, and much used.
with pytest.warns(PydanticDeprecatedSince20):

    class Encoded(BaseModel):
        model_config = ConfigDict(json_encoders={date: lambda day: f"{day:%m/%d/%Y}"})

        day: date
        other: date | None = None


@pytest.mark.parametrize("model", [InAmerica, ByAnnotation, AsAWhole, Encoded])
def test_an_instance_writes_dates_in_its_own_way(model: Any) -> None:
    day = date(2026, 1, 2)
    assert filled(model, model(day=day)) == {"day": "01/02/2026", "other": None}
    assert filled(model, model(day=day, other=day)) == {"day": "01/02/2026", "other": "01/02/2026"}
    assert filled(model, {"day": "01/02/2026"})["day"] == "01/02/2026"

    class Outer(BaseModel):
        inner: model
        again: model

    outer = Outer(inner=model(day=day), again=model(day=day))
    properties = filled_schema(schema_of_model(Outer), plain_values(outer))["properties"]
    assert properties["again"]["properties"]["day"]["extend_edit:value"] == "01/02/2026"


def test_a_serializer_of_one_field_leaves_the_others_checked() -> None:
    class Form(InAmerica):
        signed_on: date

    values = {"day": "01/02/2026", "signed_on": "01/02/2026"}
    with pytest.raises(ExtendConfigurationError) as raised:
        filled(Form, values)
    assert "signed_on: takes a date such as 2026-12-31" in str(raised.value)
    assert "1 problem" in str(raised.value)


@pytest.mark.parametrize(("encoder", "text"), [(float, "1.5"), (lambda price: f"$ {price}", "$ 1.50")])
def test_an_instance_writes_decimals_in_its_own_way(encoder: Any, text: str) -> None:
    with pytest.warns(PydanticDeprecatedSince20):

        class Price(BaseModel):
            model_config = ConfigDict(json_encoders={Decimal: encoder})

            price: Decimal = Field(ge=0)
            tip: Decimal | None = None

    assert filled(Price, Price(price=Decimal("1.50"))) == {"price": text, "tip": None}
    assert filled(Price, {"price": Decimal("1.50"), "tip": 2.5}) == {"price": "1.50", "tip": "2.5"}


def test_limits_are_of_the_value_and_not_of_what_a_serializer_makes_of_it() -> None:
    class Form(BaseModel):
        ssn: str = Field(pattern=r"^\d{9}$")

        @field_serializer("ssn")
        def with_dashes(self, ssn):  # type: ignore[no-untyped-def]
            return f"{ssn[:3]}-{ssn[3:5]}-{ssn[5:]}"

    assert filled(Form, Form(ssn="123456789")) == {"ssn": "123-45-6789"}


class Named(BaseModel):
    first: str
    last: str

    @computed_field(alias="fullName")
    def full_name(self) -> str:
        return f"{self.first} {self.last}"


def test_what_a_model_computes_is_not_missing_in_a_dict() -> None:
    names = {"first": "Jordan", "last": "Avery"}
    assert filled(Named, names) == {**names, "fullName": None}
    assert filled(Named, {**names, "fullName": "J. Avery"}) == {**names, "fullName": "J. Avery"}
    assert filled(Named, Named(**names)) == {**names, "fullName": "Jordan Avery"}
    assert schema_of_model(Named)["required"] == ["first", "last"]


def test_what_the_models_inside_compute_is_not_missing_either() -> None:
    class Form(BaseModel):
        owner: Named
        others: list[Named]

    values = {"first": "Jordan", "last": "Avery"}
    assert filled(Form, {"owner": values, "others": [values]})["others"] == [values]
