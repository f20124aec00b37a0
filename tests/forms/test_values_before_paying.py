"""Values as they reach the form, or are refused: through the operator, with what is paid counted."""

from __future__ import annotations

import json
import logging
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel, SecretStr

from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.operators.edit import ExtendCreateEditRunOperator
from tests.task_runs import Outcome, run_task

if TYPE_CHECKING:
    from extend_provider.local import LocalService

SECRET = "123-45-6789-Secret"
TEXT = {"type": ["string", "null"], "extend_edit:field_type": "text"}
SCHEMA = {"type": "object", "properties": {"full_name": TEXT}, "required": ["full_name"]}


class Secretive(BaseModel):
    """A form."""

    full_name: SecretStr


class Price(BaseModel):
    """A form."""

    full_name: Decimal


class Day(BaseModel):
    """A form."""

    full_name: date


def fill(file: str, **arguments: Any) -> Outcome:
    return run_task(ExtendCreateEditRunOperator(task_id="fill", file=file, poll_interval=0.05, **arguments))


def paid(service: LocalService) -> list[str]:
    return [r.path for r in service.requests if r.method == "POST" and r.path != "/files/upload"]


@pytest.mark.parametrize("schema", [Secretive, SCHEMA, None], ids=["model", "dict", "detected"])
@pytest.mark.parametrize(
    "values", [Secretive(full_name=SecretStr(SECRET)), {"full_name": SecretStr(SECRET)}], ids=["instance", "dict"]
)
def test_a_secret_is_what_stands_on_the_form(
    extend_local: LocalService, uploaded_form: str, values: Any, schema: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    source = {} if schema is None else {"schema": schema}
    task = ExtendCreateEditRunOperator(
        task_id="fill", file=uploaded_form, poll_interval=0.05, values=values, include_filled_values=True, **source
    )
    task.render_template_fields({})
    assert SECRET not in repr([getattr(task, name) for name in task.template_fields])
    assert run_task(task).value["filled_values"]["full_name"] == SECRET
    assert SECRET not in caplog.text
    assert paid(extend_local)[-1] == "/edit_runs"


@pytest.mark.parametrize(("given", "text"), [(Decimal("95.50"), "95.50"), (95.5, "95.5"), ("95.50", "95.50")])
def test_a_models_decimal(extend_local: LocalService, uploaded_form: str, given: Any, text: str) -> None:
    outcome = fill(uploaded_form, schema=Price, values={"full_name": given}, include_filled_values=True)
    assert outcome.value["filled_values"] == {"full_name": text}
    [body] = [r.body for r in extend_local.requests if r.path == "/edit_runs" and r.method == "POST"]
    assert "format" not in json.dumps(body)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ({"schema": SCHEMA, "values": {"full_name": None}}, "full_name: is required"),
        (
            {"config": {"schema": SCHEMA, "instructions": "x"}, "values": {"full_name": None}},
            "full_name: is required",
        ),
        ({"schema": Day, "values": {"full_name": SECRET}}, "full_name: takes a date such as 2026-12-31"),
        ({"schema": Price, "values": {"full_name": SECRET}}, "full_name: takes a number"),
        ({"schema": SCHEMA, "values": {"full_name": float("nan")}}, "full_name: is NaN"),
        (
            {"schema": SCHEMA, "values": Secretive(full_name=SecretStr(SECRET)).model_dump_json()},
            "full_name: is nothing but asterisks",
        ),
        (
            {"values": Secretive(full_name=SecretStr(SECRET)).model_dump(mode="json")},
            "full_name: is nothing but asterisks",
        ),
        ({"values": {"full_name": SECRET.encode()}}, "full_name: cannot be written as JSON (bytes)"),
    ],
)
def test_refused_before_anything_is_paid_for(
    extend_local: LocalService,
    uploaded_form: str,
    arguments: dict[str, Any],
    line: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ExtendConfigurationError) as raised:
        fill(uploaded_form, **arguments)
    assert line in str(raised.value)
    assert SECRET not in str(raised.value) + caplog.text
    assert paid(extend_local) == []


def test_what_json_cannot_say_comes_with_wrong_names_and_missing_fields(
    extend_local: LocalService, uploaded_form: str, form_pdf: bytes
) -> None:
    template = extend_local.add_template("Form", form_pdf, {"schema": SCHEMA})
    values = {"fullname": "x", "t": timedelta(1)}
    sources: list[dict[str, Any]] = [
        {"file": uploaded_form, "schema": SCHEMA},
        {"file": uploaded_form, "config": {"schema": SCHEMA}},
        {"template_id": template},
    ]
    for source in sources:
        with pytest.raises(ExtendConfigurationError) as raised:
            run_task(ExtendCreateEditRunOperator(task_id="fill", values=values, **source))
        text = str(raised.value)
        assert "fullname: there is no such field; did you mean full_name?" in text
        assert "t: cannot be written as JSON (timedelta)" in text
        assert "full_name: is required" in text
    assert paid(extend_local) == []
