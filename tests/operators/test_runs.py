"""Deleting a run of any kind with what it leaves behind, and nothing else."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from extend_provider.exceptions import (
    ExtendApiError,
    ExtendConfigurationError,
    ExtendNotFoundError,
    ExtendRunFailedError,
    ExtendRunTimeoutError,
)
from extend_provider.hooks.extend import ExtendHook
from extend_provider.kinds import RUN_KINDS
from extend_provider.operators.classify import ExtendCreateClassifyRunOperator
from extend_provider.operators.edit import (
    ExtendCreateEditRunOperator,
    ExtendDeleteEditRunOperator,
    ExtendDetectFormOperator,
)
from extend_provider.operators.extract import ExtendCreateExtractRunOperator
from extend_provider.operators.parse import ExtendCreateParseRunOperator
from extend_provider.operators.runs import ExtendDeleteRunOperator
from extend_provider.operators.split import ExtendCreateSplitRunOperator
from extend_provider.operators.workflow import ExtendCreateWorkflowRunOperator
from tests.airflow_names import DAG
from tests.task_runs import FakeStateStore, run_task, task_context

if TYPE_CHECKING:
    from extend_provider.local import LocalService

NAME = {"type": "object", "properties": {"full_name": {"type": ["string", "null"]}}}
TYPES = [
    {"id": "form", "type": "form", "description": "A form with a full name"},
    {"id": "other", "type": "other", "description": "Anything else"},
]
OPERATORS: dict[str, tuple[Any, dict[str, Any]]] = {
    "edit": (ExtendCreateEditRunOperator, {"config": {"instructions": "full_name: Jordan Avery"}}),
    "parse": (ExtendCreateParseRunOperator, {}),
    "extract": (ExtendCreateExtractRunOperator, {"config": {"schema": NAME}}),
    "classify": (ExtendCreateClassifyRunOperator, {"config": {"classifications": TYPES}}),
    "split": (ExtendCreateSplitRunOperator, {"config": {"splitClassifications": TYPES}}),
    "workflow": (ExtendCreateWorkflowRunOperator, {"workflow_id": "workflow_read"}),
    "form_detection": (ExtendDetectFormOperator, {}),
}
DELETABLE = [name for name, kind in RUN_KINDS.items() if kind.deletable]
MARK = "airflow-0123456789abcdef"


@pytest.fixture(autouse=True)
def workflow(extend_local: LocalService) -> None:
    extend_local.add_workflow("Read", [{"type": "PARSE"}], id="workflow_read")


@pytest.fixture
def path(form_pdf: bytes, tmp_path: Path) -> str:
    (tmp_path / "w9.pdf").write_bytes(form_pdf)
    return str(tmp_path / "w9.pdf")


def create(kind: str, file: Any, name: str = "work", **arguments: Any) -> dict[str, Any]:
    operator, own = OPERATORS[kind]
    task = operator(task_id=name, file=file, poll_interval=0.05, **{**own, **arguments})
    result = run_task(task, task_context(task, task_id=name)).value
    return {"run_id": result} if isinstance(result, str) else result


def delete(run_id: Any, **arguments: Any) -> Any:
    return run_task(ExtendDeleteRunOperator(task_id="delete", run_id=run_id, **arguments)).value


def upload(path: str, mark: str | None = None) -> str:
    with ExtendHook() as hook:
        return hook.upload_file(path, mark=mark).id


def start(kind: str, body: dict[str, Any], mark: Any = None) -> str:
    """Create a run as the operator of the kind does; with a mark in its metadata."""
    own = {"workflow": {"id": "workflow_read"}} if kind == "workflow" else OPERATORS[kind][1]
    metadata = {"metadata": {"airflow": {"mark": mark}}} if mark else {}
    with ExtendHook() as hook:
        return hook.create_run(kind, {**own, **body, **metadata}).id


def input_of(run_id: str, kind: str) -> str:
    with ExtendHook() as hook:
        [file] = hook.get_run(run_id, kind).input_files
    return file.id


def mark_of(run_id: str, kind: str) -> str:
    with ExtendHook() as hook:
        [file] = hook.get_run(run_id, kind).input_files
    return str(file.name).removeprefix("w9-").removesuffix(".pdf")


def files() -> set[str]:
    with ExtendHook() as hook:
        return {file.id for file in hook.get_conn().list_files()}


def is_there(run_id: str, kind: str) -> bool:
    with ExtendHook() as hook:
        try:
            hook.get_run(run_id, kind)
        except ExtendNotFoundError:
            return False
    return True


@pytest.mark.parametrize("kind", DELETABLE)
@pytest.mark.parametrize("given", [True, False])
def test_the_run_alone(extend_local: LocalService, uploaded_form: str, kind: str, given: bool) -> None:
    run_id = create(kind, uploaded_form)["run_id"]
    arguments = {"kind": kind} if given else {}
    assert delete(run_id, **arguments) is True
    assert not is_there(run_id, kind)
    assert uploaded_form in files()
    assert delete(run_id, **arguments) is False
    with pytest.raises(ExtendNotFoundError, match=run_id):
        delete(run_id, missing_ok=False, **arguments)


@pytest.mark.parametrize("kind", DELETABLE)
def test_with_its_upload_and_its_output(extend_local: LocalService, path: str, uploaded_form: str, kind: str) -> None:
    run_id = create(kind, path)["run_id"]
    assert files() >= {uploaded_form, input_of(run_id, kind)}
    assert delete(run_id, delete_files=True) is True
    assert files() == {uploaded_form}
    assert not is_there(run_id, kind)
    assert delete(run_id, delete_files=True) is False


@pytest.mark.parametrize("kind", DELETABLE)
def test_a_file_given_by_id_stays(
    extend_local: LocalService, uploaded_form: str, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    run_id = create(kind, uploaded_form)["run_id"]
    assert delete(run_id, delete_files=True) is True
    assert f"Extend file {uploaded_form}, an input, stays: nothing tells that it was made for" in caplog.text
    assert files() == {uploaded_form}
    assert not is_there(run_id, kind)


@pytest.mark.parametrize("kind", [name for name in DELETABLE if RUN_KINDS[name].takes_metadata])
@pytest.mark.parametrize(
    ("in_name", "in_metadata", "goes"),
    [
        (MARK, MARK, True),
        (MARK, "airflow-fedcba9876543210", False),  # made by another task, and given by its id
        (MARK, None, False),
        (None, MARK, False),
        (MARK, "airflow", False),  # no mark, but in the name
        (MARK, 5, False),
    ],
)
def test_metadata_tell_whose_a_marked_file_is(
    extend_local: LocalService, path: str, kind: str, in_name: str | None, in_metadata: Any, goes: bool
) -> None:
    file_id = upload(path, mark=in_name)
    run_id = start(kind, {"file": {"id": file_id}}, in_metadata)
    assert delete(run_id, delete_files=True) is True
    assert files() == (set() if goes else {file_id})


def test_of_several_files_those_that_were_uploaded(extend_local: LocalService, path: str, uploaded_form: str) -> None:
    uploads = [upload(path, mark=MARK) for _ in range(2)]
    package = {"files": [{"id": file_id} for file_id in (*uploads, uploaded_form)]}
    run_id = start("extract", {"package": package}, MARK)
    assert delete(run_id, delete_files=True) is True
    assert files() == {uploaded_form}


@pytest.mark.parametrize("kind", DELETABLE)
def test_copies_of_earlier_tries_go_too(extend_local: LocalService, path: str, uploaded_form: str, kind: str) -> None:
    first = create(kind, path)["run_id"]
    mark = mark_of(first, kind)
    assert delete(first, delete_files=True) is True
    copies = {upload(path, mark=mark) for _ in range(2)}
    run_id = create(kind, path)["run_id"]
    assert mark_of(run_id, kind) == mark
    others = {uploaded_form, upload(path), upload(path, mark=MARK), upload(path, mark=f"{mark}-2")}
    # What is younger than the run, somebody has made of its input.
    others.add(upload(path, mark=mark))
    assert files() >= copies | others
    assert delete(run_id, delete_files=True) is True
    assert files() == others


def give_up_once(kind: str, store: FakeStateStore, file: Any, name: str = "work", **arguments: Any) -> list[str]:
    """A task whose first try's run fails, so that the second creates another: the ids of both."""
    operator, own = OPERATORS[kind]
    run_ids = []
    for number in (1, 2):
        task = operator(task_id=name, file=file, retries=1, poll_interval=0.05, **{**own, **arguments})
        context = task_context(task, store=store, task_id=name, try_number=number, max_tries=1)
        with pytest.raises(ExtendRunFailedError) if number == 1 else nullcontext():
            run_task(task, context)
        run_ids.append(context["ti"].pushed["run_id"])
    return run_ids


@pytest.mark.parametrize("kind", DELETABLE)
def test_runs_of_earlier_tries_go_too(extend_local: LocalService, path: str, kind: str) -> None:
    extend_local.inject("fail", times=1, reason="INTERNAL_ERROR")
    failed, run_id = give_up_once(kind, FakeStateStore(), path)
    assert failed != run_id
    assert is_there(failed, kind)
    assert delete(run_id, delete_files=True) is True
    assert not is_there(failed, kind)
    assert files() == set()


@pytest.mark.parametrize("kind", ["parse", "extract", "classify", "split"])
def test_metadata_tell_runs_of_earlier_tries_of_a_file_given_by_id(
    extend_local: LocalService, uploaded_form: str, kind: str
) -> None:
    others = [create(kind, uploaded_form, name=f"other_{number}")["run_id"] for number in range(2)]
    before = files()
    extend_local.inject("fail", times=1, reason="INTERNAL_ERROR")
    failed, run_id = give_up_once(kind, FakeStateStore(), uploaded_form)
    assert delete(run_id, delete_files=True) is True
    assert not is_there(failed, kind)
    assert [is_there(other, kind) for other in others] == [True, True]
    assert files() == before


@pytest.mark.parametrize("kind", ["edit", "workflow"])
def test_nothing_tells_runs_of_earlier_tries_of_a_file_given_by_id(
    extend_local: LocalService, uploaded_form: str, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    extend_local.inject("fail", times=1, reason="INTERNAL_ERROR")
    failed, run_id = give_up_once(kind, FakeStateStore(), uploaded_form)
    assert delete(run_id, delete_files=True) is True
    assert is_there(failed, kind)
    assert "Earlier tries' runs, if any, stay: " in caplog.text


@pytest.mark.parametrize("kind", ["edit", "split"])
def test_a_later_try_loses_nothing(extend_local: LocalService, path: str, kind: str) -> None:
    extend_local.inject("fail", times=1, reason="INTERNAL_ERROR")
    failed, run_id = give_up_once(kind, FakeStateStore(), path)
    assert delete(failed, delete_files=True) is True
    assert is_there(run_id, kind)
    with ExtendHook() as hook:
        assert set(hook.get_run(run_id, kind).output_file_ids) <= files()


@pytest.mark.extend_local(processing_time=600)
def test_a_run_of_an_earlier_try_that_goes_on_stays(
    extend_local: LocalService, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    goes_on = create("parse", path, wait_for_completion=False)["run_id"]
    run_id = create("parse", path, wait_for_completion=False)["run_id"]
    assert mark_of(goes_on, "parse") == mark_of(run_id, "parse")
    with ExtendHook() as hook:
        hook.get_conn().cancel_run(run_id, "parse")
    assert delete(run_id, delete_files=True) is True
    assert is_there(goes_on, "parse")
    assert f"Extend parse run {goes_on} of an earlier try stays: it is P" in caplog.text


@pytest.mark.parametrize("owner", ["edit", "parse", "extract", "classify", "split", "workflow"])
@pytest.mark.parametrize("kind", ["edit", "form_detection"])
def test_a_file_that_another_task_has_uploaded_stays(
    extend_local: LocalService, path: str, kind: str, owner: str, caplog: pytest.LogCaptureFixture
) -> None:
    """An edit or form detection run has no metadata, and the file's name is that of the other run's input."""
    owned = create(owner, path, name="owner")["run_id"]
    file_id = input_of(owned, owner)
    run_id = create(kind, file_id, name="borrower")["run_id"]
    delete(run_id, delete_files=True)
    assert file_id in files()
    assert is_there(owned, owner)
    assert f"Extend file {file_id}, an input of {kind} run {run_id}, stays" in caplog.text
    assert f"{owner} run {owned} has it" in caplog.text
    assert delete(owned, delete_files=True) is True
    assert files() == set()


@pytest.mark.parametrize("kind", ["edit", "parse"])
def test_where_runs_cannot_be_listed_an_input_stays_unless_metadata_tell_whose_it_is(
    extend_local: LocalService, path: str, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    run_id = create(kind, path)["run_id"]
    extend_local.inject("list_missing", times=None)
    file_id = input_of(run_id, kind)
    assert delete(run_id, delete_files=True) is True
    assert not is_there(run_id, kind)
    assert files() == ({file_id} if kind == "edit" else set())
    assert "stay" in caplog.text
    assert "the list of runs cannot be read" in caplog.text


def test_copies_are_found_when_an_earlier_try_has_deleted_the_input(extend_local: LocalService, path: str) -> None:
    run_id = create("parse", path)["run_id"]
    extend_local.inject("permission", method="DELETE", path="/parse_runs/*", times=None)
    with pytest.raises(ExtendApiError):
        delete(run_id, delete_files=True)
    extend_local.clear_faults()
    assert files() == set()
    assert delete(run_id, delete_files=True) is True
    assert not is_there(run_id, "parse")


@pytest.mark.extend_local(processing_time=600)
@pytest.mark.parametrize("kind", ["parse", "workflow"])
def test_a_running_run_is_waited_for(extend_local: LocalService, uploaded_form: str, kind: str) -> None:
    run_id = create(kind, uploaded_form, wait_for_completion=False)["run_id"]
    with pytest.raises(ExtendRunTimeoutError):
        delete(run_id, delete_files=True, timeout=0.2)
    assert is_there(run_id, kind)
    assert delete(run_id) is True


def test_a_run_that_waits_for_a_human_is_not_waited_for(extend_local: LocalService, path: str) -> None:
    extend_local.add_workflow("Reviewed", [{"type": "PARSE"}, {"type": "HUMAN_REVIEW"}], id="workflow_reviewed")
    run_id = create("workflow", path, workflow_id="workflow_reviewed", on_review="succeed")["run_id"]
    assert delete(run_id, delete_files=True, timeout=0.2) is True
    assert files() == set()


def test_failed_run(extend_local: LocalService, path: str) -> None:
    extend_local.inject("fail", reason="CORRUPT_FILE", times=None)
    run_id = create("parse", path, wait_for_completion=False)["run_id"]
    assert delete(run_id, delete_files=True) is True
    assert files() == set()


class TestAnotherKind:
    """In another collection, a run is never found, and would seem to be gone."""

    @pytest.mark.parametrize("delete_files", [False, True])
    @pytest.mark.parametrize("kind", [name for name in RUN_KINDS if name != "edit"])
    def test_is_refused_for_edit_runs(self, extend_local: LocalService, kind: str, delete_files: bool) -> None:
        run_id = f"{RUN_KINDS[kind].id_prefix}x1"
        operator = ExtendDeleteEditRunOperator(task_id="delete", run_id=run_id, delete_files=delete_files)
        with pytest.raises(ExtendConfigurationError, match=f"'{run_id}' is not the id of .* edit run.* kind {kind}"):
            run_task(operator)
        assert extend_local.requests == []

    def test_is_refused_where_the_kind_is_given(self, extend_local: LocalService) -> None:
        with pytest.raises(
            ExtendConfigurationError, match=r"is not the id of an Extend split run, but of one of kind parse"
        ):
            delete("pr_x1", kind="split")
        assert extend_local.requests == []

    def test_an_id_of_a_new_form_needs_the_kind(self, extend_local: LocalService) -> None:
        with pytest.raises(ExtendConfigurationError, match="does not tell the kind of the run"):
            delete("0f8fad5b")
        assert extend_local.requests == []
        assert delete("0f8fad5b", kind="parse") is False
        assert [request.path for request in extend_local.requests] == ["/parse_runs/0f8fad5b"]

    def test_unknown_kind(self, extend_local: LocalService) -> None:
        with pytest.raises(ExtendConfigurationError, match="Unknown run kind 'invoice'"):
            delete("pr_x1", kind="invoice")


class TestFormDetection:
    """Extend deletes no form detection run."""

    def test_is_refused(self, extend_local: LocalService) -> None:
        with pytest.raises(ExtendConfigurationError, match="cannot delete form_detection runs"):
            delete("sgr_x1")
        assert extend_local.requests == []

    def test_its_upload_goes(self, extend_local: LocalService, path: str) -> None:
        run_id = create("form_detection", path)["run_id"]
        assert len(files()) == 1
        assert delete(run_id, delete_files=True) is False
        assert files() == set()
        assert is_there(run_id, "form_detection")


@pytest.mark.parametrize("run_id", [None, "", "None"])
def test_nothing_to_delete(extend_local: LocalService, run_id: Any) -> None:
    assert delete(run_id) is False
    assert extend_local.requests == []
    with pytest.raises(ExtendConfigurationError, match="run_id is empty"):
        delete(run_id, missing_ok=False)


@pytest.mark.parametrize("kind", ["", "None", " parse "])
def test_kind_from_a_template(extend_local: LocalService, uploaded_form: str, kind: str) -> None:
    assert delete(create("parse", uploaded_form)["run_id"], kind=kind) is True


def test_as_a_teardown_of_mapped_tasks() -> None:
    with DAG("retention", schedule=None):
        parse = ExtendCreateParseRunOperator.partial(task_id="parse").expand(file=["file_1", "file_2"])
        remove = ExtendDeleteRunOperator.partial(task_id="delete", delete_files=True).expand(run_id=["pr_1", "pr_2"])
        remove.as_teardown(setups=parse.as_setup())
    assert remove.upstream_task_ids == {"parse"}
