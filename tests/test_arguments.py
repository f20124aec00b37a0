from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from extend_provider.arguments import json_object, required_text, seconds
from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.operators import classify, edit, extract, files, parse, runs, split, workflow
from extend_provider.operators.edit import ExtendCreateEditRunOperator
from extend_provider.sensors import run
from tests.airflow_names import DAG
from tests.task_runs import FakeTaskInstance

if TYPE_CHECKING:
    from extend_provider.local import LocalService

CONFIG = {
    "instructions": "full_name: {{ name }}",
    "schema": {"type": "object", "properties": {"ssn": {"extend_edit:value": "{{ ssn }}"}}},
    "advancedOptions": {"flattenPdf": False},
}
URL = "https://bucket.example.com/form.pdf?X-Signature=abcdef"


def operator(**arguments: Any) -> ExtendCreateEditRunOperator:
    return ExtendCreateEditRunOperator(task_id="fill", **{"file": "{{ url }}", "config": CONFIG, **arguments})


def test_rendered_fields_show_names_but_no_values() -> None:
    task = operator()

    task.render_template_fields({"name": "Jordan Avery", "ssn": "123-45-6789", "url": URL})

    shown = json.dumps({name: getattr(task, name) for name in task.template_fields}, default=str)
    assert "ssn" in shown
    assert "flattenPdf" in shown
    assert "https://bucket.example.com/form.pdf?***" in shown
    for secret in ("Jordan", "123-45", "abcdef"):
        assert secret not in shown
    assert task.rendered("file") == URL
    assert task.rendered("config")["schema"]["properties"]["ssn"]["extend_edit:value"] == "123-45-6789"


def test_rendering_twice_starts_from_the_values() -> None:
    task = operator()
    for _ in range(2):
        task.render_template_fields({"name": "Jordan Avery", "ssn": "123-45-6789", "url": URL})
    assert task.rendered("config")["instructions"] == "full_name: Jordan Avery"
    assert task.config["instructions"] == "***"


def test_a_model_is_not_asked_for_its_values(recwarn: pytest.WarningsRecorder) -> None:
    """Its serializers are the user's code; what they raise, and what pydantic warns of, quotes the value."""
    from pydantic import BaseModel, field_serializer

    class Person(BaseModel):
        name: str
        age: int
        ssn: str

        @field_serializer("ssn")
        def with_dashes(self, ssn: str) -> str:
            raise ValueError(f"no dashes in {ssn}")

    person = Person(name="Jordan", age=7, ssn="123456789")
    object.__setattr__(person, "age", "of a hundred")
    task = operator(values=person)
    task.render_template_fields({"url": URL})
    assert task.values == {"name": "***", "age": "***", "ssn": "***"}
    assert task.rendered("values") is person
    assert [str(warning.message) for warning in recwarn if "hundred" in str(warning.message)] == []


def test_config_as_json_text_is_hidden_too() -> None:
    task = operator(config="{{ config }}")
    task.render_template_fields({"config": json.dumps({"instructions": "ssn: 123-45-6789"}), "url": "file_1"})
    assert task.config == '{"instructions": "***"}'
    assert json.loads(task.rendered("config")) == {"instructions": "ssn: 123-45-6789"}


def test_what_was_rendered_is_what_is_sent(extend_local: LocalService, uploaded_form: str) -> None:
    task = operator(file="{{ file_id }}", config={"instructions": "full_name: {{ name }}"}, wait_for_completion=False)
    task.render_template_fields({"file_id": uploaded_form, "name": "Jordan Avery"})
    context: Any = {"ti": FakeTaskInstance()}
    task.execute(context)
    assert extend_local.requests[0].body == {
        "file": {"id": uploaded_form},
        "config": {"instructions": "full_name: Jordan Avery"},
    }


def test_mapped_task_is_hidden_too() -> None:
    with DAG("d", schedule=None):
        mapped = ExtendCreateEditRunOperator.partial(task_id="fill", config=CONFIG).expand(file=["file_1", URL])
    task: Any = mapped.unmap({"file": URL})
    # The one method that Airflow calls for ordinary and for mapped tasks.
    task._do_render_template_fields(
        task, task.template_fields, {"name": "Jordan", "ssn": "1"}, task.get_template_env(), set()
    )
    assert task.file == "https://bucket.example.com/form.pdf?***"
    assert task.rendered("file") == URL


OPERATORS = [
    value
    for module in (edit, files, parse, extract, classify, split, workflow, runs, run)
    for name in module.__all__
    if hasattr(value := getattr(module, name), "template_fields")
]


@pytest.mark.parametrize("cls", OPERATORS, ids=lambda cls: cls.__name__)
def test_every_user_value_is_a_template_field(cls: Any) -> None:
    import inspect

    switches = {
        "cancel_on_kill",
        "deferrable",
        "delete_files",
        "delete_on_kill",
        "include_config",
        "include_filled_values",
        "include_output",
        "missing_ok",
        "reattach",
        "wait_for_completion",
    }
    ours = {
        parameter.name
        for ancestor in cls.__mro__
        if ancestor.__module__.startswith("extend_provider")
        for parameter in inspect.signature(ancestor.__init__).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY
    }
    fixed = {"kind"} if cls in {run.ExtendEditRunSensor, edit.ExtendDeleteEditRunOperator} else set()
    assert set(cls.template_fields) == ours - switches - fixed


@pytest.mark.parametrize("cls", OPERATORS, ids=lambda cls: cls.__name__)
def test_constructor_only_assigns(cls: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("network"))
    monkeypatch.setattr("extend_provider.hooks.extend.ExtendHook.get_connection", lambda *_: pytest.fail("look-up"))
    unrendered = dict.fromkeys(cls.template_fields, "{{ nothing }}")
    task = cls(task_id="t", **unrendered)
    assert {name: getattr(task, name) for name in unrendered} == unrendered


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (5, 5.0),
        ("2.5", 2.5),
        (timedelta(minutes=1), 60.0),
        (timedelta(days=3650), 315_360_000.0),
        (None, None),
        ("", None),
    ],
)
def test_seconds(value: Any, expected: float | None) -> None:
    assert seconds(value, "timeout") == expected


@pytest.mark.parametrize(
    "value", [0, -1, "soon", "nan", "inf", [], timedelta(0), 1e12, timedelta.max, pytest.param(10**400, id="huge")]
)
def test_no_seconds(value: Any) -> None:
    with pytest.raises(ExtendConfigurationError, match="timeout must be a number of seconds above zero"):
        seconds(value, "timeout")


def test_json_object() -> None:
    assert json_object('{"a": 1}', "config") == {"a": 1}
    assert json_object(" ", "config") is None
    with pytest.raises(ExtendConfigurationError, match="config must be a dict"):
        json_object("[1]", "config")


def test_required_text() -> None:
    assert required_text(" edr_1 ", "run_id") == "edr_1"
    with pytest.raises(ExtendConfigurationError, match="run_id is empty"):
        required_text("None", "run_id")
