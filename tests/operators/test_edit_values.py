"""Values in: from whatever schema, checked before anything is paid for, never shown."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel, Field

from extend_provider.exceptions import ExtendConfigurationError, ExtendFileError, ExtendOutcomeUnknownError
from extend_provider.hooks.extend import ExtendHook
from extend_provider.operators.edit import ExtendCreateEditRunOperator
from tests.task_runs import FakeStateStore, Outcome, run_task, task_context

if TYPE_CHECKING:
    from extend_provider.local import LocalService

SECRET = "Jordan Avery-Secret"
VALUES = {"full_name": SECRET, "agree": True}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "full_name": {"type": ["string", "null"], "extend_edit:field_type": "text"},
        "agree": {"type": ["boolean", "null"], "extend_edit:field_type": "checkbox"},
    },
    "required": ["full_name"],
}


class Form(BaseModel):
    """A form."""

    full_name: str = Field(min_length=2)
    agree: bool = False


def fill(context: dict[str, Any] | None = None, **arguments: Any) -> Outcome:
    """Fill a form, and expect what went in to come out."""
    given = {"task_id": "fill", "poll_interval": 0.05, "include_filled_values": True, **arguments}
    return run_task(ExtendCreateEditRunOperator(**given), context)


def paid(service: LocalService) -> list[str]:
    return [r.path for r in service.requests if r.method == "POST" and r.path != "/files/upload"]


def sent_schema(service: LocalService) -> dict[str, Any]:
    [body] = [r.body for r in service.requests if r.method == "POST" and r.path == "/edit_runs"]
    schema: dict[str, Any] = body["config"]["schema"]
    return schema


@pytest.mark.parametrize(
    "schema",
    [
        lambda folder: SCHEMA,
        lambda folder: json.dumps(SCHEMA),
        lambda folder: repr(SCHEMA),  # what Jinja makes of a dict from XCom
        lambda folder: f"{folder}/form.json",
        lambda folder: f"file://{folder}/form.json",
        lambda folder: Form,
    ],
    ids=["dict", "JSON", "Python", "file", "URI", "model"],
)
def test_schema_from_anywhere(
    extend_local: LocalService, uploaded_form: str, tmp_path: Path, schema: Callable[[Path], Any]
) -> None:
    (tmp_path / "form.json").write_text(json.dumps(SCHEMA))
    outcome = fill(file=uploaded_form, schema=schema(tmp_path), values=VALUES)
    assert outcome.value["filled_values"] == VALUES
    assert paid(extend_local) == ["/edit_runs"]
    assert sent_schema(extend_local)["properties"]["full_name"]["type"] == ["string", "null"]


@pytest.mark.parametrize(
    "values", [VALUES, json.dumps(VALUES), repr(VALUES), Form(full_name=SECRET, agree=True)], ids=type
)
def test_values_of_any_kind(extend_local: LocalService, uploaded_form: str, values: Any) -> None:
    assert fill(file=uploaded_form, config={"schema": SCHEMA}, values=values).value["filled_values"] == VALUES


def test_templates_schema(extend_local: LocalService, form_pdf: bytes) -> None:
    template = extend_local.add_template("Form", form_pdf, {"schema": SCHEMA, "advancedOptions": {"flattenPdf": False}})
    assert fill(template_id=template, values=VALUES).value["filled_values"] == VALUES
    assert paid(extend_local) == ["/edit_runs"]


def test_template_without_a_schema(extend_local: LocalService, form_pdf: bytes) -> None:
    template = extend_local.add_template("Form", form_pdf, {})
    assert fill(template_id=template, values=VALUES).value["filled_values"] == VALUES
    assert paid(extend_local) == ["/form_detection_runs", "/edit_runs"]


@pytest.mark.parametrize("deferrable", [False, True])
def test_detected_schema(extend_local: LocalService, form_pdf: bytes, tmp_path: Path, deferrable: bool) -> None:
    (tmp_path / "form.pdf").write_bytes(form_pdf)
    outcome = fill(file=str(tmp_path / "form.pdf"), values=VALUES, deferrable=deferrable, poll_interval=None)
    assert outcome.value["filled_values"] == VALUES
    assert set(outcome.xcom) == {"run_id", "output_file_ids"}
    assert paid(extend_local) == ["/form_detection_runs", "/edit_runs"]
    assert [row["kind"] for _, row in outcome.trigger_rows] == (["form_detection", "edit"] if deferrable else [])
    assert sum(request.path == "/files/upload" for request in extend_local.requests) == 1
    assert SECRET not in json.dumps([outcome.trigger_rows, outcome.events])


def test_detection_takes_over_what_concerns_it(extend_local: LocalService, uploaded_form: str) -> None:
    config = {
        "schemaGenerationInstructions": "Use short names.",
        "advancedOptions": {"flattenPdf": False, "radioEnumsEnabled": False},
    }
    fill(file=uploaded_form, values=VALUES, config=config)
    [body] = [r.body for r in extend_local.requests if r.path == "/form_detection_runs"]
    assert body["config"] == {"instructions": "Use short names.", "advancedOptions": {"radioEnumsEnabled": False}}


def test_values_win_over_the_schema_and_instructions(extend_local: LocalService, uploaded_form: str) -> None:
    preset = {
        **SCHEMA,
        "properties": {name: {**field, "extend_edit:value": None} for name, field in SCHEMA["properties"].items()},
    }
    config = {"schema": preset, "instructions": "full_name: Kim Lee\nagree: yes"}
    outcome = fill(file=uploaded_form, config=config, values={"full_name": SECRET})
    assert outcome.value["filled_values"]["full_name"] == SECRET


def test_schema_without_values(extend_local: LocalService, uploaded_form: str) -> None:
    outcome = fill(file=uploaded_form, schema=Form, config={"instructions": f"full_name: {SECRET}"})
    assert outcome.value["filled_values"] == {"full_name": SECRET}
    assert "minLength" not in json.dumps(sent_schema(extend_local))


WRONG = {"fullname": "SECRET-1", "agree": "SECRET-2"}


@pytest.mark.parametrize(
    "source",
    [{"schema": SCHEMA}, {"config": {"schema": SCHEMA}}, {"schema": Form}, {}],
    ids=["schema", "config", "model", "detected"],
)
def test_wrong_values_in_one_error(
    extend_local: LocalService, uploaded_form: str, source: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ExtendConfigurationError) as raised:
        fill(file=uploaded_form, values=WRONG, **source)
    text = str(raised.value)
    assert "fullname: there is no such field; did you mean full_name?" in text
    assert "agree: takes true or false, not text" in text
    assert ("full_name: is required" in text) == bool(source)
    assert "SECRET" not in text + caplog.text
    assert paid(extend_local) == ([] if source else ["/form_detection_runs"])


def test_wrong_values_for_a_template(extend_local: LocalService, form_pdf: bytes) -> None:
    template = extend_local.add_template("Form", form_pdf, {"schema": SCHEMA})
    with pytest.raises(ExtendConfigurationError, match="3 problems"):
        fill(template_id=template, values=WRONG)
    assert paid(extend_local) == []


def test_the_templates_instructions_may_hold_what_is_missing(extend_local: LocalService, form_pdf: bytes) -> None:
    saved = {"schema": SCHEMA, "instructions": f"full_name: {SECRET}"}
    template = extend_local.add_template("Form", form_pdf, saved)
    assert fill(template_id=template, values={"agree": True}).value["filled_values"] == VALUES
    assert fill(template_id=template, schema=SCHEMA, values={"agree": True}).value["filled_values"] == VALUES


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"values": " "}, "values is empty"),
        ({"values": "None"}, "values is empty"),
        ({"values": "Jordan"}, "values is text, but not JSON"),
        ({"values": [1]}, "values must be a dict"),
        ({"values": {"full_name": object()}}, r"full_name: cannot be written as JSON \(object\)"),
        ({"schema": "", "values": {}}, "schema is empty"),
        ({"schema": {"properties": {}}, "values": {}}, "no edit schema"),
        ({"schema": SCHEMA, "config": {"schema": SCHEMA}}, "given twice"),
        ({"schema": int, "values": {}}, "schema must be|There is no file"),
    ],
)
def test_wrong_arguments_send_nothing(extend_local: LocalService, arguments: dict[str, Any], text: str) -> None:
    with pytest.raises((ExtendConfigurationError, ExtendFileError), match=text):
        fill(file="file_1", **arguments)
    assert extend_local.requests == []


@pytest.mark.parametrize("name", ["values", "schema"])
def test_rendered_to_nothing_is_no_reason_to_pay(extend_local: LocalService, name: str) -> None:
    task = ExtendCreateEditRunOperator(task_id="fill", file="file_1", **{name: {"a": 1}})
    setattr(task, name, None)  # what an XComArg of a task without XCom becomes
    with pytest.raises(ExtendConfigurationError, match=f"{name} is empty"):
        run_task(task)
    assert extend_local.requests == []


def test_values_are_hidden_on_the_rendered_template_page() -> None:
    nested = {"full_name": "{{ name }}", "address": {"city": "{{ name }}"}, "jobs": [{"employer": "{{ name }}"}]}
    schema = {"type": "object", "properties": {"a": {"extend_edit:value": "{{ name }}"}}}
    task = ExtendCreateEditRunOperator(task_id="fill", file="file_1", values=nested, schema=schema)
    task.render_template_fields({"name": SECRET})
    assert task.values == {"full_name": "***", "address": {"city": "***"}, "jobs": [{"employer": "***"}]}
    assert task.schema == {"type": "object", "properties": {"a": {"extend_edit:value": "***"}}}
    assert task.rendered("values")["address"] == {"city": SECRET}
    for hidden in (json.dumps(VALUES), repr(VALUES), Form(full_name=SECRET), SECRET):
        task = ExtendCreateEditRunOperator(task_id="fill", file="file_1", values=hidden, schema="s3://b/s.json?sig=x")
        task.render_template_fields({})
        assert SECRET not in str(task.values)
        assert task.schema == "s3://b/s.json?***"


RETRIED = SimpleNamespace(retries=2)


def test_a_model_class_is_not_called_when_templates_are_rendered(
    extend_local: LocalService, uploaded_form: str
) -> None:
    task = ExtendCreateEditRunOperator(
        task_id="fill", file=uploaded_form, schema=Form, values={"full_name": "{{ name }}"}, poll_interval=0.05
    )
    for _ in range(2):
        task.render_template_fields({"name": SECRET})
    assert task.schema is Form
    assert run_task(task).value["filled_fields"] == ["full_name"]


class TestRetries:
    """A detection is paid for once, as the edit run is."""

    def form(self, folder: Path, pdf: bytes) -> str:
        (folder / "form.pdf").write_bytes(pdf)
        return str(folder / "form.pdf")

    def test_reuses_the_detection(self, extend_local: LocalService, form_pdf: bytes, tmp_path: Path) -> None:
        store, file = FakeStateStore(), self.form(tmp_path, form_pdf)
        with pytest.raises(ExtendConfigurationError):
            fill(task_context(RETRIED, store=store, max_tries=2), file=file, values=WRONG)
        second = task_context(RETRIED, store=store, max_tries=2, try_number=2)
        assert fill(second, file=file, values=VALUES).value["filled_values"] == VALUES
        assert paid(extend_local) == ["/form_detection_runs", "/edit_runs"]

    def test_reuses_the_detections_file(self, extend_local: LocalService, form_pdf: bytes, tmp_path: Path) -> None:
        store, file = FakeStateStore(), self.form(tmp_path, form_pdf)
        first = fill(task_context(RETRIED, store=store, max_tries=2), file=file, values=VALUES)
        with ExtendHook() as hook:
            hook.delete_run(first.value["run_id"])
        second = task_context(RETRIED, store=store, max_tries=2, try_number=2)
        fill(second, file=file, values=VALUES)
        assert paid(extend_local) == ["/form_detection_runs", "/edit_runs", "/edit_runs"]
        assert sum(request.path == "/files/upload" for request in extend_local.requests) == 1

    def test_reuses_the_edit_run_too(self, extend_local: LocalService, form_pdf: bytes, tmp_path: Path) -> None:
        store, file = FakeStateStore(), self.form(tmp_path, form_pdf)
        first = fill(task_context(RETRIED, store=store, max_tries=2), file=file, values=VALUES)
        second = task_context(RETRIED, store=store, max_tries=2, try_number=2)
        assert fill(second, file=file, values=VALUES).value["run_id"] == first.value["run_id"]
        assert extend_local.runs_created == 2

    def test_a_clear_fills_anew_with_the_fields_of_before(
        self, extend_local: LocalService, form_pdf: bytes, tmp_path: Path
    ) -> None:
        store, file = FakeStateStore(), self.form(tmp_path, form_pdf)
        first = fill(task_context(RETRIED, store=store, max_tries=2), file=file, values=VALUES)
        cleared = task_context(RETRIED, store=store, max_tries=4, try_number=2)
        second = fill(cleared, file=file, values=VALUES)
        assert second.value["run_id"] != first.value["run_id"]
        assert paid(extend_local) == ["/form_detection_runs", "/edit_runs", "/edit_runs"]
        # Each run has an input of its own, because it is found by its input's name.
        inputs = [r.body["file"]["id"] for r in extend_local.requests if r.path == "/edit_runs" and r.method == "POST"]
        assert len(set(inputs)) == 2

    def test_another_form_is_detected_anew(self, extend_local: LocalService, form_pdf: bytes, tmp_path: Path) -> None:
        store, file = FakeStateStore(), self.form(tmp_path, form_pdf)
        fill(task_context(RETRIED, store=store, max_tries=2), file=file, values=VALUES)
        self.form(tmp_path, form_pdf + b"\n")
        fill(task_context(RETRIED, store=store, max_tries=4, try_number=2), file=file, values=VALUES)
        assert paid(extend_local).count("/form_detection_runs") == 2

    def test_below_airflow_3_3_finds_the_edit_run_without_a_detection(
        self, extend_local: LocalService, form_pdf: bytes, tmp_path: Path
    ) -> None:
        file = self.form(tmp_path, form_pdf)
        first = fill(task_context(RETRIED, max_tries=2), file=file, values=VALUES)
        second = task_context(RETRIED, max_tries=2, try_number=2)
        assert fill(second, file=file, values=VALUES).value["run_id"] == first.value["run_id"]
        assert extend_local.runs_created == 2

    def test_below_airflow_3_3_tells_values_apart(self, extend_local: LocalService, uploaded_form: str) -> None:
        other = fill(
            task_context(RETRIED, max_tries=2, map_index=1), file=uploaded_form, values={"full_name": "Kim Lee"}
        )
        own = fill(task_context(RETRIED, max_tries=2), file=uploaded_form, values=VALUES)
        second = task_context(RETRIED, max_tries=2, try_number=2)
        second["dag_run"].start_date = second["dag_run"].start_date.replace(year=2020)
        assert fill(second, file=uploaded_form, values=VALUES).value["run_id"] == own.value["run_id"]
        assert other.value["run_id"] != own.value["run_id"]

    @pytest.mark.parametrize("reattach", [True, False])
    def test_an_unknown_detection_is_not_paid_for_again(
        self,
        extend_local: LocalService,
        form_pdf: bytes,
        tmp_path: Path,
        reattach: bool,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("extend_provider.submit.search._SETTLE", 0.0)
        file = self.form(tmp_path, form_pdf)
        with pytest.raises(ExtendConfigurationError):
            fill(task_context(RETRIED, max_tries=2), file=file, values=WRONG)
        second = task_context(RETRIED, max_tries=2, try_number=2)
        if reattach:
            with pytest.raises(ExtendOutcomeUnknownError, match=r"does not list such runs.*Clear the task"):
                fill(second, file=file, values=VALUES)
        else:
            fill(second, file=file, values=VALUES, reattach=False)
        assert paid(extend_local).count("/form_detection_runs") == (1 if reattach else 2)


class TestInput:
    @pytest.mark.parametrize(
        ("content", "text"), [(b"", "is empty"), (b"<html>", "is no PDF"), (b"x" * 1024 + b"%PDF-1.7", "is no PDF")]
    )
    @pytest.mark.parametrize("values", [None, VALUES])
    def test_no_pdf(self, extend_local: LocalService, tmp_path: Path, content: bytes, text: str, values: Any) -> None:
        (tmp_path / "form.pdf").write_bytes(content)
        with pytest.raises(ExtendFileError, match=text):
            fill(file=f"file://{tmp_path}/form.pdf", values=values)
        assert extend_local.requests == []

    def test_something_before_the_pdf(self, extend_local: LocalService, tmp_path: Path, form_pdf: bytes) -> None:
        (tmp_path / "form.pdf").write_bytes(b"\r\n" * 100 + form_pdf)
        assert fill(file=str(tmp_path / "form.pdf"), schema=SCHEMA, values=VALUES).value["status"] == "PROCESSED"
