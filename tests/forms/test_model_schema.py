from __future__ import annotations

from datetime import date, datetime, time, timezone
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, Field, RootModel, Secret, SecretStr

from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.forms.filling import filled_schema
from extend_provider.forms.model_schema import as_sent, is_model_class, schema_of_model
from extend_provider.forms.plain import plain_values
from extend_provider.forms.schema import edit_schema


class Colour(str, Enum):
    RED = "red"
    BLUE = "blue"


class Address(BaseModel):
    """Where somebody lives."""

    city: str
    zip: str | None = Field(None, max_length=5, pattern=r"^\d+$")


class Job(BaseModel):
    employer: str
    since: date


class W9(BaseModel):
    """Form W-9."""

    first_name: str = Field(description="As on the tax return", alias="firstName")
    consent: bool = False
    paper: bool | None
    business: Literal["llc", "partnership"]
    colour: Colour | None = None
    colours: list[Colour] = []
    signed_on: date
    children: int = Field(0, ge=0)
    rate: float | None = None
    fee: Decimal = Decimal("1.50")
    address: Address
    second_address: Address | None = None
    jobs: list[Job] = Field(default=[], max_length=3)
    page_two: str = Field("", json_schema_extra={"extend_edit:page_index": 1, "extend_edit:field_type": "text"})


TEXT = {"type": ["string", "null"], "extend_edit:field_type": "text"}
ADDRESS = {
    "type": "object",
    "description": "Where somebody lives.",
    "properties": {"city": TEXT, "zip": {**TEXT, "extend_edit:text_edit_options": {"maxLength": 5}}},
    "required": ["city"],
}


def test_a_model_as_extend_takes_it() -> None:
    assert as_sent(schema_of_model(W9)) == {
        "type": "object",
        "properties": {
            "firstName": {**TEXT, "description": "As on the tax return"},
            "consent": {"type": ["boolean", "null"], "extend_edit:field_type": "checkbox"},
            "paper": {"type": ["boolean", "null"], "extend_edit:field_type": "checkbox"},
            "business": {"enum": ["llc", "partnership"]},
            "colour": {"enum": ["red", "blue"]},
            "colours": {"enum": ["red", "blue"], "extend_edit:field_type": "optionList"},
            "signed_on": TEXT,
            "children": {"type": ["integer", "null"], "extend_edit:field_type": "text"},
            "rate": {"type": ["number", "null"], "extend_edit:field_type": "text"},
            "fee": TEXT,
            "address": ADDRESS,
            "second_address": ADDRESS,
            "jobs": {
                "type": "array",
                "maxItems": 3,
                "extend_edit:field_type": "table",
                "items": {
                    "type": "object",
                    "properties": {"employer": TEXT, "since": TEXT},
                    "required": ["employer", "since"],
                },
            },
            "page_two": {**TEXT, "extend_edit:page_index": 1},
        },
        "required": ["firstName", "business", "signed_on", "address"],
    }


def test_the_schema_is_an_edit_schema() -> None:
    edit_schema(as_sent(schema_of_model(W9)), "the model")


def test_an_instance_fits_its_own_class() -> None:
    person = W9(
        firstName="Jordan",
        paper=None,
        business="llc",
        signed_on=date(2026, 12, 1),
        colour=Colour.RED,
        colours=[Colour.BLUE],
        address=Address(city="Portland"),
        jobs=[Job(employer="A", since=date(2020, 1, 1))],
    )
    properties = filled_schema(schema_of_model(W9), plain_values(person))["properties"]
    found = {name: field.get("extend_edit:value") for name, field in properties.items()}
    assert found["firstName"] == "Jordan"
    assert found["signed_on"] == "2026-12-01"
    assert found["fee"] == "1.50"
    assert found["colours"] == ["blue"]
    assert found["jobs"] == [{"employer": "A", "since": "2020-01-01"}]
    assert properties["address"]["properties"]["city"]["extend_edit:value"] == "Portland"


def test_values_are_checked_more_strictly_than_extend_would() -> None:
    values = {
        "firstName": None,
        "business": "llc",
        "signed_on": "2026-12-01",
        "children": -1,
        "address": {"city": "x", "zip": "abc"},
    }
    with pytest.raises(ExtendConfigurationError) as raised:
        filled_schema(schema_of_model(W9), values)
    assert "firstName: takes text, not null" in str(raised.value)
    assert "children: does not fit the schema's minimum 0" in str(raised.value)
    assert "address.zip: does not fit the schema's pattern" in str(raised.value)


class Node(BaseModel):
    name: str
    children: list[Node] = []


class Weird(BaseModel):
    value: Any


class Mixed(BaseModel):
    value: int | bool


class Words(BaseModel):
    value: list[str]


class Callback(BaseModel):
    value: type


class Rows(RootModel[list[Node]]):
    pass


class Perhaps(RootModel[Address | None]):
    pass


class Pairs(RootModel[dict[str, str]]):
    pass


class Nothing(BaseModel):
    pass


@pytest.mark.parametrize(
    ("model", "text"),
    [
        (Node, r"children\[\] in the model Node holds itself"),
        (Weird, "value in the model Weird has a type that no field of a form can hold"),
        (Mixed, "value in the model Mixed has more than one type"),
        (Words, "value in the model Words is a list of what is no model and no choice"),
        (Callback, "the model Callback|The model Callback cannot be turned into a schema"),
        *((model, f"The model {model.__name__} has no fields with names") for model in (Rows, Perhaps, Pairs, Nothing)),
    ],
)
def test_models_that_are_no_forms(model: type[BaseModel], text: str) -> None:
    with pytest.raises(ExtendConfigurationError, match=text):
        schema_of_model(model)


def test_a_root_may_be_a_model() -> None:
    class Home(RootModel[Address]):
        pass

    assert schema_of_model(Home) == schema_of_model(Address)


def test_classes_are_told_from_the_rest() -> None:
    assert is_model_class(W9)
    assert not any(map(is_model_class, (dict, {}, "W9", None, Job(employer="A", since=date(2020, 1, 1)))))


class Invoice(BaseModel):
    amount: Decimal
    tip: Annotated[Decimal, Field(ge=0, lt=Decimal("99.5"))] | None = None
    due: date
    at: datetime | None = None
    opens: time | None = None
    number: UUID | None = None
    ssn: SecretStr | None = None
    born: Secret[date] | None = None


def invoice(**values: Any) -> dict[str, Any]:
    plain = plain_values({"amount": 1, "due": "2026-12-01", **values})
    properties = filled_schema(schema_of_model(Invoice), plain)["properties"]
    return {name: properties[name]["extend_edit:value"] for name in values}


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (Decimal("95.50"), "95.50"),
        (95.5, "95.5"),
        (95, "95"),
        ("95.50", "95.50"),
        (Decimal("1E+3"), "1000"),
        (1e22, "10000000000000000000000"),
    ],
)
def test_a_decimal_field_takes_all_that_is_a_number(given: Any, text: str) -> None:
    assert invoice(amount=given) == {"amount": text}
    assert invoice(tip=None) == {"tip": None}


def test_an_instance_and_a_dict_give_the_same() -> None:
    values = {"amount": Decimal("95.50"), "due": date(2026, 12, 1), "ssn": SecretStr("123-45-6789")}
    whole = filled_schema(schema_of_model(Invoice), plain_values(Invoice.model_validate(values)))
    assert invoice(**values) == {name: whole["properties"][name]["extend_edit:value"] for name in values}
    assert invoice(**values) == {"amount": "95.50", "due": "2026-12-01", "ssn": "123-45-6789"}


@pytest.mark.parametrize(
    "values",
    [
        {"at": datetime(2026, 12, 1, 8, 30, tzinfo=timezone.utc)},
        {"at": date(2026, 12, 1)},
        {"opens": time(8, 30)},
        {"number": UUID(int=7)},
        {"born": Secret(date(2000, 1, 2))},
    ],
)
def test_values_of_the_fields_own_types_fit(values: dict[str, Any]) -> None:
    [value] = values.values()
    inner = value.get_secret_value() if isinstance(value, Secret) else value
    assert list(invoice(**values).values()) == [inner.isoformat() if hasattr(inner, "isoformat") else str(inner)]


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"amount": "SECRET"}, "amount: takes a number"),
        ({"amount": True}, "amount: takes text, not true or false"),
        ({"tip": -1}, "tip: does not fit the schema's minimum 0"),
        ({"tip": "-0.01"}, "tip: does not fit the schema's minimum 0"),
        ({"tip": Decimal("99.5")}, "tip: does not fit the schema's exclusiveMaximum 99.5"),
        ({"due": "SECRET"}, "due: takes a date such as 2026-12-31"),
        ({"due": datetime(2026, 12, 1)}, "due: takes a date such as 2026-12-31"),
        ({"at": "SECRET"}, "at: takes a date and time such as 2026-12-31T08:30:00"),
        ({"opens": "SECRET"}, "opens: takes a time such as 08:30:00"),
        ({"number": "SECRET"}, "number: takes a UUID"),
        ({"born": SecretStr("SECRET")}, "born: takes a date such as 2026-12-31"),
    ],
)
def test_text_that_is_no_such_thing_is_refused(values: dict[str, Any], line: str) -> None:
    with pytest.raises(ExtendConfigurationError) as raised:
        invoice(**values)
    assert f"- {line}" in str(raised.value)
    assert "1 problem." in str(raised.value)
    assert "SECRET" not in str(raised.value)


def test_formats_are_not_sent() -> None:
    sent = as_sent(schema_of_model(Invoice))["properties"]
    assert sent["amount"] == sent["tip"] == sent["due"] == sent["ssn"] == TEXT
