"""The operators over documents: what each argument becomes in the request, and what is refused before it."""

from __future__ import annotations

import json
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from extend_provider.exceptions import ExtendConfigurationError, ExtendError, ExtendFileError
from extend_provider.hooks.extend import ExtendHook
from extend_provider.operators.classify import ExtendCreateClassifyRunOperator
from extend_provider.operators.extract import ExtendCreateExtractRunOperator
from extend_provider.operators.parse import ExtendCreateParseRunOperator
from extend_provider.operators.split import ExtendCreateSplitRunOperator
from extend_provider.operators.workflow import ExtendCreateWorkflowRunOperator
from tests.task_runs import run_task

if TYPE_CHECKING:
    from extend_provider.local import LocalService

CONFIG = {"any": {"thing": 1}}
FILE = {"file": "file_1"}
CASES: list[tuple[type[Any], dict[str, Any], dict[str, Any]]] = [
    (ExtendCreateParseRunOperator, FILE, {}),
    (ExtendCreateParseRunOperator, {**FILE, "config": json.dumps(CONFIG)}, {"config": CONFIG}),
    (ExtendCreateParseRunOperator, {**FILE, "metadata": '{"a": 1}'}, {"metadata": {"a": 1}}),
    (ExtendCreateExtractRunOperator, FILE, {}),
    (ExtendCreateExtractRunOperator, {**FILE, "extractor_id": "None", "priority": ""}, {}),
    (ExtendCreateExtractRunOperator, {**FILE, "extractor_id": " ex_1 "}, {"extractor": {"id": "ex_1"}}),
    (
        ExtendCreateExtractRunOperator,
        {**FILE, "extractor_id": "ex_1", "extractor_version": 2.0, "priority": "7"},
        {"extractor": {"id": "ex_1", "version": "2.0"}, "priority": 7},
    ),
    (ExtendCreateExtractRunOperator, {**FILE, "config": CONFIG}, {"config": CONFIG}),
    (
        ExtendCreateExtractRunOperator,
        {**FILE, "extractor_id": "ex_1", "config": CONFIG},
        {"extractor": {"id": "ex_1", "overrideConfig": CONFIG}},
    ),
    (ExtendCreateClassifyRunOperator, {**FILE, "classifier_id": "cl_1"}, {"classifier": {"id": "cl_1"}}),
    (ExtendCreateClassifyRunOperator, {**FILE, "config": CONFIG}, {"config": CONFIG}),
    (
        ExtendCreateSplitRunOperator,
        {**FILE, "splitter_id": "spl_1", "splitter_version": "draft", "config": CONFIG},
        {"splitter": {"id": "spl_1", "version": "draft", "overrideConfig": CONFIG}},
    ),
    (ExtendCreateWorkflowRunOperator, {**FILE, "workflow_id": "workflow_1"}, {"workflow": {"id": "workflow_1"}}),
    (
        ExtendCreateWorkflowRunOperator,
        {
            **FILE,
            "workflow_id": "workflow_1",
            "workflow_version": "3",
            "secrets": '{"token": "abc"}',
            "outputs": [{"processorId": "ex_1", "output": {}}],
            "priority": 90,
        },
        {
            "workflow": {"id": "workflow_1", "version": "3"},
            "secrets": {"token": "abc"},
            "outputs": [{"processorId": "ex_1", "output": {}}],
            "priority": 90,
        },
    ),
]


@pytest.mark.parametrize(("operator", "arguments", "body"), CASES)
def test_arguments_become_the_body(operator: type[Any], arguments: dict[str, Any], body: dict[str, Any]) -> None:
    order = operator(task_id="t", **arguments).order()
    assert order.body == body
    assert order.kind.name == operator.kind
    assert order.file == "file_1"


def test_files_become_a_package() -> None:
    order = ExtendCreateExtractRunOperator(task_id="t", files=["file_1", {"url": "https://x.example/a.pdf"}]).order()
    assert order.file is None
    assert order.package == ["file_1", {"url": "https://x.example/a.pdf"}]


WRONG: list[tuple[type[Any], dict[str, Any], str]] = [
    (ExtendCreateParseRunOperator, {}, "takes a file; none given"),
    (ExtendCreateParseRunOperator, {"file": ""}, "takes a file; none given"),
    (ExtendCreateExtractRunOperator, {"files": []}, "takes one of file and files; none given"),
    (ExtendCreateExtractRunOperator, {**FILE, "files": ["file_2"]}, "takes one of file and files; both given"),
    (ExtendCreateExtractRunOperator, {"files": "file_1"}, "files must be a list; it is text that says none"),
    (ExtendCreateExtractRunOperator, {"files": "{'a': 1}"}, "files must be a list, not dict"),
    (ExtendCreateExtractRunOperator, {"files": {"a": 1}}, "files must be a list, not dict"),
    (ExtendCreateExtractRunOperator, {"files": "None"}, "takes one of file and files; none given"),
    (ExtendCreateExtractRunOperator, {"files": ["file_1", "None"]}, "file is empty"),
    (ExtendCreateParseRunOperator, {"file": "None"}, "file is empty. If it comes from another task's XCom"),
    (ExtendCreateParseRunOperator, {"file": ["file_1", "file_2"]}, r"one file, not a list.*\.expand\(file=\[…\]\)"),
    (ExtendCreateParseRunOperator, {"file": "['file_1']"}, "one file, not a list"),
    (ExtendCreateParseRunOperator, {"file": b"%PDF"}, "must be a URL, a file id, a path or a dict, not bytes"),
    (ExtendCreateParseRunOperator, {**FILE, "metadata": {"airflow": {"a": 1}}}, "metadata have a key 'airflow'"),
    (ExtendCreateParseRunOperator, {**FILE, "result_path": "https://x.example/r.json"}, "is a URL, and here a path"),
    (ExtendCreateParseRunOperator, {**FILE, "result_path": "None"}, "path of a file is empty"),
    (ExtendCreateExtractRunOperator, {**FILE, "extractor_version": "2"}, "no extractor_id that it is of"),
    (ExtendCreateExtractRunOperator, {**FILE, "priority": 0}, "priority must be a whole number"),
    (ExtendCreateExtractRunOperator, {**FILE, "priority": "first"}, "priority must be a whole number"),
    (ExtendCreateExtractRunOperator, {**FILE, "metadata": "[]"}, "metadata must be a dict"),
    (ExtendCreateClassifyRunOperator, FILE, "needs classifier_id, config or both"),
    (ExtendCreateSplitRunOperator, FILE, "needs splitter_id, config or both"),
    (ExtendCreateWorkflowRunOperator, {**FILE, "workflow_id": ""}, "workflow_id is empty"),
    (ExtendCreateWorkflowRunOperator, {**FILE, "workflow_id": "w", "outputs": "x"}, "outputs must be a list"),
    (ExtendCreateWorkflowRunOperator, {**FILE, "workflow_id": "w", "on_review": "maybe"}, "on_review must be one of"),
]


@pytest.mark.parametrize(("operator", "arguments", "message"), WRONG)
def test_what_cannot_work_is_refused_before_anything_is_sent(
    extend_local: LocalService, operator: type[Any], arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ExtendConfigurationError, match=message):
        run_task(operator(task_id="t", **arguments))
    assert extend_local.requests == []


def test_metadata_name_the_task_and_keep_the_users_own(extend_local: LocalService, uploaded_form: str) -> None:
    mine = {"tenant": "northwind", "extend:usage_tags": ["a"]}
    run_task(ExtendCreateParseRunOperator(task_id="t", file=uploaded_form, metadata=mine, wait_for_completion=False))
    sent = extend_local.requests[0].body["metadata"]
    assert sent == {**mine, "airflow": sent["airflow"]}
    assert set(sent["airflow"]) == {"dag_id", "task_id", "run_id", "map_index", "mark"}
    assert (sent["airflow"]["dag_id"], sent["airflow"]["map_index"]) == ("forms", -1)


def test_without_reattaching_the_task_is_named_but_not_marked(extend_local: LocalService, uploaded_form: str) -> None:
    run_task(ExtendCreateParseRunOperator(task_id="t", file=uploaded_form, reattach=False, wait_for_completion=False))
    assert set(extend_local.requests[0].body["metadata"]["airflow"]) == {"dag_id", "task_id", "run_id", "map_index"}


def test_metadata_that_are_too_large_are_refused(extend_local: LocalService, uploaded_form: str) -> None:
    with pytest.raises(ExtendConfigurationError, match=r"metadata have 10,\d+ bytes"):
        run_task(ExtendCreateParseRunOperator(task_id="t", file=uploaded_form, metadata={"a": "x" * 10_100}))
    assert extend_local.requests == []


def test_files_of_a_package_are_uploaded(
    extend_local: LocalService, uploaded_form: str, form_pdf: bytes, tmp_path: Path
) -> None:
    (tmp_path / "second.pdf").write_bytes(form_pdf)
    files = [uploaded_form, str(tmp_path / "second.pdf")]
    run_task(ExtendCreateExtractRunOperator(task_id="t", files=files, wait_for_completion=False))
    upload, create = extend_local.requests
    assert upload.path == "/files/upload"
    assert create.body["package"]["files"][0] == {"id": uploaded_form}
    assert len(create.body["package"]["files"]) == 2
    assert "file" not in create.body


def test_a_document_may_be_text(extend_local: LocalService) -> None:
    types = [{"id": "a", "type": "invoice", "description": "An invoice"}]
    task = ExtendCreateClassifyRunOperator(
        task_id="t", file={"text": "This is an invoice"}, config={"classifications": types}, poll_interval=0.05
    )
    assert run_task(task).value["classification"] == "invoice"


def test_secrets_and_documents_are_not_shown() -> None:
    task = ExtendCreateWorkflowRunOperator(
        task_id="t",
        workflow_id="workflow_1",
        files=["https://bucket.example/a.pdf?X-Signature=abcdef", {"text": "{{ diagnosis }}"}],
        secrets={"token": "{{ token }}"},
        outputs=[{"processorId": "ex_1", "output": {"value": {"ssn": "{{ ssn }}"}}}],
    )
    task.render_template_fields({"token": "s3cr3t-t0ken", "ssn": "123-45-6789", "diagnosis": "healthy"})
    shown = json.dumps({name: getattr(task, name) for name in task.template_fields})
    assert "bucket.example" in shown
    assert '"token": "***"' in shown
    for secret in ("s3cr3t", "123-45", "abcdef", "healthy"):
        assert secret not in shown
    order = task.order()
    assert order.body["secrets"] == {"token": "s3cr3t-t0ken"}
    assert order.package[1] == {"text": "healthy"}
    assert "s3cr3t" not in repr(order)


def test_an_exchanged_secret_is_the_same_work() -> None:
    def fingerprint(**arguments: Any) -> str:
        task = ExtendCreateWorkflowRunOperator(task_id="t", workflow_id="w", file="file_1", **arguments)
        return str(task.order().fingerprint("task", "extend_default"))

    assert fingerprint(secrets={"a": "1"}) == fingerprint(secrets={"a": "2"})
    assert fingerprint(workflow_version="1") != fingerprint(workflow_version="2")


# -- results of mapped tasks, and lists as text ------------------------------------------------------------------------


class MappedResults(Sequence[Any]):
    """What Airflow gives for the output of a mapped task: a sequence that is no list."""

    def __init__(self, *results: Any) -> None:
        self._results = results

    def __len__(self) -> int:
        return len(self._results)

    def __getitem__(self, index: Any) -> Any:
        return self._results[index]


OUTPUT = {"processorId": "ex_1", "output": {"value": {"ssn": "123-45-6789"}}}


@pytest.mark.parametrize(
    "written",
    [MappedResults, lambda *items: json.dumps(items), lambda *items: repr(list(items)), lambda *items: items],
)
def test_lists_come_in_several_forms(written: Any) -> None:
    task = ExtendCreateWorkflowRunOperator(
        task_id="t", workflow_id="w", files=written("file_1", {"id": "file_2"}), outputs=written(OUTPUT)
    )
    task.render_template_fields({})
    order = task.order()
    assert order.package == ["file_1", {"id": "file_2"}]
    assert order.body["outputs"] == [OUTPUT]
    assert "123-45" not in repr(task.outputs)


def test_the_airflow_class_is_such_a_sequence() -> None:
    try:
        from airflow.sdk.execution_time.lazy_sequence import LazyXComSequence as Mapped
    except ImportError:  # Airflow 2
        from airflow.utils.db import LazySelectSequence as Mapped  # type: ignore[import-not-found,no-redef]
    assert issubclass(Mapped, Sequence)


# -- what becomes of the result ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("argument", [{"result_path": "/r.json"}, {"markdown_path": "/r.md"}, {"include_output": True}])
def test_a_result_is_not_asked_for_where_nothing_waits(extend_local: LocalService, argument: dict[str, Any]) -> None:
    task = ExtendCreateParseRunOperator(task_id="t", file="file_1", wait_for_completion=False, **argument)
    with pytest.raises(ExtendConfigurationError, match=rf"asked for by {next(iter(argument))}. Give it to the Ext"):
        run_task(task)
    assert extend_local.requests == []


@pytest.mark.parametrize("argument", ["result_path", "markdown_path"])
@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("{tmp}", "is a folder"),
        ("{tmp}/new/", "is a folder"),
        ("{tmp}/file/r.json", "cannot be written: .*/file takes no files"),
        ("s3://bucket/r.json", r"pip install 'apache-airflow-providers-amazon\[s3fs\]'"),
        ("~nobody-of-this-name/r.json", "cannot be written: RuntimeError"),
        ("{tmp}/" + "x" * 300, "cannot be written: File name too long"),
    ],
)
def test_a_path_that_cannot_be_written_to_costs_nothing(
    extend_local: LocalService, tmp_path: Path, argument: str, path: str, message: str
) -> None:
    (tmp_path / "file").touch()
    given: Any = {argument: path.format(tmp=tmp_path)}
    with pytest.raises(ExtendFileError, match=message):
        run_task(ExtendCreateParseRunOperator(task_id="t", file="file_1", **given))
    assert extend_local.requests == []
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


# -- the input ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "file://", " FILE://"])
@pytest.mark.parametrize(("name", "message"), [("empty.pdf", "empty.pdf is empty"), ("none.pdf", "There is no file")])
def test_files_are_looked_at_before_the_first_is_sent(
    extend_local: LocalService, form_pdf: bytes, tmp_path: Path, prefix: str, name: str, message: str
) -> None:
    (tmp_path / "good.pdf").write_bytes(form_pdf)
    (tmp_path / "empty.pdf").touch()
    files = [f"{tmp_path}/good.pdf", f"{prefix}{tmp_path}/{name}"]
    for arguments in ({"files": files}, {"file": files[1]}):
        with pytest.raises(ExtendFileError, match=message):
            run_task(ExtendCreateExtractRunOperator(task_id="t", **arguments))
    assert extend_local.requests == []


SIGNED = "https://bucket.example/a.pdf?X-Amz-Signature=S3CRET"
LOCKED = {"url": SIGNED, "settings": {"password": "S3CRET"}}
LEAKING = [
    str(LOCKED),
    json.dumps(LOCKED),
    json.dumps(LOCKED)[:-1],
    "{'url': S3CRET}",
    [SIGNED],
    [LOCKED],
    {SIGNED},
    str([SIGNED]),
    b"S3CRET",
    "data:text/plain;base64,S3CRET",
    "name='S3CRET' street='Main St. 1/2'",
    "bucket.example/a.pdf?X-Amz-Signature=S3CRET",
    "Total: 40 for S3CRET",
    "Invoice 1/2\nTotal: 40 for S3CRET",
    "S3CRET is a secret " * 100,
    f"{SIGNED} ",
    f"HTTPS://S3CRET@{SIGNED[8:]}",
]


@pytest.mark.parametrize("file", LEAKING, ids=range(len(LEAKING)))
@pytest.mark.parametrize("several", [False, True])
def test_a_file_that_cannot_be_understood_is_not_quoted(
    extend_local: LocalService, caplog: Any, file: Any, several: bool
) -> None:
    caplog.set_level("DEBUG")
    given: Any = {"files": ["file_1", file]} if several else {"file": file}
    task = ExtendCreateExtractRunOperator(task_id="t", timeout=20, poll_interval=0.05, **given)
    task.render_template_fields({})
    with pytest.raises(ExtendError) as raised:
        run_task(task)
    shown = [repr(getattr(task, name, None)) for name in task.template_fields]
    ours = [record.getMessage() for record in caplog.records if record.name.startswith(("extend_provider", "airflow"))]
    told = "".join(traceback.format_exception(raised.value))
    assert "S3CRET" not in "\n".join([*shown, *ours, told])


@pytest.mark.parametrize("file", [{"url": "{url}"}, {"text": "Total: 40"}])
@pytest.mark.parametrize("written", [str, json.dumps])
def test_a_dict_may_come_from_a_template(file: Any, written: Any) -> None:
    for given in ({"file": written(file)}, {"files": [written(file)]}):
        order = ExtendCreateExtractRunOperator(task_id="t", **given).order()
        assert order.prepare(ExtendHook()) in ({"file": file}, {"package": {"files": [file]}})


def test_urls_in_metadata_and_in_place_of_a_path_are_shown_without_their_signature() -> None:
    task = ExtendCreateParseRunOperator(
        task_id="t", file="file_1", metadata={"of": ["{{ url }}"], "team": "a"}, result_path="{{ url }}"
    )
    task.render_template_fields({"url": SIGNED})
    assert task.metadata == {"of": ["https://bucket.example/a.pdf?***"], "team": "a"}
    assert task.result_path == "https://bucket.example/a.pdf?***"
    task.result_path = None
    assert task.order().body["metadata"]["of"] == [SIGNED]
