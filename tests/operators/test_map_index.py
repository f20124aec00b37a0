"""Mapped tasks are called after their files, on every version of Airflow by the same means: the context."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any

import pytest

from extend_provider.operators.edit import ExtendCreateEditRunOperator
from extend_provider.operators.extract import ExtendCreateExtractRunOperator
from extend_provider.operators.files import ExtendUploadFileOperator
from extend_provider.operators.map_index import file_label
from extend_provider.operators.parse import ExtendCreateParseRunOperator
from tests.airflow_names import DAG

SIGNED = "https://bucket.s3.amazonaws.com/in/w4%20signed.pdf?X-Amz-Signature=abc&name=Jordan"


def rendered_name(
    kind: Any, partial: dict[str, Any], mapped: dict[str, Any], map_index: int = 0, **dag_arguments: Any
) -> str | None:
    """Expand a task by one set of arguments, render it as Airflow's worker does, and return what it is called."""
    with DAG("forms", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=timezone.utc), **dag_arguments) as dag:
        written = kind.partial(task_id="do", **partial).expand_kwargs([mapped])
    task = written.unmap(mapped)
    context: Any = {
        "ti": SimpleNamespace(map_index=map_index, task=task),
        "task": task,
        "dag": dag,
        "params": {"name": "w5.pdf"},
        "map_index_template": written.map_index_template,
    }
    environment = dag.get_template_env()
    task._do_render_template_fields(
        parent=task, template_fields=task.template_fields, context=context, jinja_env=environment, seen_oids=set()
    )
    template = context["map_index_template"]
    return None if template is None else environment.from_string(template).render(context)


@pytest.mark.parametrize("kind", [ExtendCreateParseRunOperator, ExtendUploadFileOperator, ExtendCreateEditRunOperator])
def test_it_is_the_name_of_the_mapped_file(kind: Any) -> None:
    assert rendered_name(kind, {}, {"file": "s3://aws@inbox/2026/w4.pdf"}) == "w4.pdf"


def test_templates_are_rendered_first() -> None:
    assert rendered_name(ExtendCreateParseRunOperator, {}, {"file": "/in/{{ params.name }}"}) == "w5.pdf"


def test_several_files() -> None:
    files = ["file_1", {"id": "file_2"}, SIGNED]
    assert rendered_name(ExtendCreateExtractRunOperator, {"config": {}}, {"files": files}) == "file_1 and 2 more"


def test_a_signature_is_not_shown() -> None:
    assert rendered_name(ExtendCreateParseRunOperator, {}, {"file": SIGNED}) == "w4 signed.pdf"


def test_the_index_stays_where_all_fill_the_same_form() -> None:
    values = {"full_name": "Jordan Avery"}
    assert rendered_name(ExtendCreateEditRunOperator, {"file": "/forms/w4.pdf"}, {"values": values}) is None
    assert rendered_name(ExtendCreateEditRunOperator, {"template_id": "edt_1"}, {"values": values}) is None


def test_a_template_of_the_users_own_wins() -> None:
    own = {"map_index_template": "{{ params.name }}!"}
    assert rendered_name(ExtendCreateParseRunOperator, own, {"file": "/in/w4.pdf"}) == "w5.pdf!"


def test_a_task_that_is_not_mapped_keeps_its_name() -> None:
    assert rendered_name(ExtendCreateParseRunOperator, {}, {"file": "/in/w4.pdf"}, map_index=-1) is None


def test_a_name_is_no_template() -> None:
    assert rendered_name(ExtendCreateParseRunOperator, {}, {"file": {"id": "{{ params.name }}.pdf"}}) == "w5.pdf.pdf"
    hostile = {"file": {"url": "https://example.com/%7B%7B params.name %7D%7D"}}
    assert rendered_name(ExtendCreateParseRunOperator, {}, hostile) == "{{ params.name }}"


@pytest.mark.parametrize(("name", "shown"), [("2026", None), ("w4.pdf", "w4.pdf"), ("[1]", None)])
def test_a_name_that_native_templates_would_not_leave_text(name: str, shown: str | None) -> None:
    mapped = {"file": f"/in/{name}"}
    assert rendered_name(ExtendCreateParseRunOperator, {}, mapped, render_template_as_native_obj=True) == shown


@pytest.mark.parametrize(
    ("file", "label"),
    [
        ("file_abc", "file_abc"),
        ("forms/w9.pdf", "w9.pdf"),
        ("file:///forms/w9.pdf", "w9.pdf"),
        ("https://user:secret@example.com", ""),
        ("data:application/pdf;base64,SmFuZQ==", ""),
        ("https://[", ""),
        ({"url": SIGNED, "name": "signed.pdf"}, "signed.pdf"),
        ({"url": SIGNED}, "w4 signed.pdf"),
        ({"text": "Jordan Avery"}, ""),
        ([], ""),
        (None, ""),
        ("in/a\tb\x1b.pdf", "a b .pdf"),
        ("Invoice 1/2\nTotal: 40 for Jordan.pdf", ""),
        (str({"url": SIGNED}), "w4 signed.pdf"),
        (json.dumps(["/in/a.pdf", "file_1"]), "a.pdf and 1 more"),
        ("{'text': 'Jordan Avery'}", ""),
        ("[draft] w4.pdf", ""),
        ("x" * 300, "x" * 79 + "…"),
    ],
)
def test_label(file: Any, label: str) -> None:
    assert file_label(file) == label
