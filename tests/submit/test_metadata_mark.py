"""Kinds that carry metadata: the mark in them finds the run again, whatever the input is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from extend_provider.exceptions import ExtendOutcomeUnknownError, ExtendRunFailedError
from extend_provider.hooks.extend import ExtendHook
from extend_provider.operators.classify import ExtendCreateClassifyRunOperator
from extend_provider.operators.extract import ExtendCreateExtractRunOperator
from extend_provider.operators.parse import ExtendCreateParseRunOperator
from extend_provider.operators.split import ExtendCreateSplitRunOperator
from extend_provider.operators.workflow import ExtendCreateWorkflowRunOperator
from extend_provider.submit import search
from tests.task_runs import FakeStateStore, run_task, task_context

if TYPE_CHECKING:
    from extend_provider.local import LocalService

TYPES = [{"id": "a", "type": "a", "description": "A form"}]
OPERATORS: dict[str, tuple[type[Any], dict[str, Any]]] = {
    "parse": (ExtendCreateParseRunOperator, {}),
    "extract": (ExtendCreateExtractRunOperator, {}),
    "classify": (ExtendCreateClassifyRunOperator, {"config": {"classifications": TYPES}}),
    "split": (ExtendCreateSplitRunOperator, {"config": {"splitClassifications": TYPES}}),
    "workflow": (ExtendCreateWorkflowRunOperator, {"workflow_id": "workflow_w"}),
}
INPUTS = [(kind, given) for kind in OPERATORS for given in ("id", "path")] + [
    (kind, given) for kind in ("extract", "workflow") for given in ("files", "text")
]


@pytest.fixture(autouse=True)
def workflow(extend_local: LocalService) -> None:
    extend_local.add_workflow("W", [{"type": "PARSE"}], id="workflow_w")


@pytest.fixture(params=["Airflow 3.3", "below 3.3"])
def store(request: pytest.FixtureRequest) -> FakeStateStore | None:
    return FakeStateStore() if request.param == "Airflow 3.3" else None


@pytest.fixture(params=INPUTS, ids="-".join)
def work(request: pytest.FixtureRequest, uploaded_form: str, form_pdf: bytes, tmp_path: Path) -> dict[str, Any]:
    """A kind, and the input in one of the ways it can be given."""
    kind, given = request.param
    (tmp_path / "form.pdf").write_bytes(form_pdf)
    inputs: dict[str, dict[str, Any]] = {
        "id": {"file": uploaded_form},
        "path": {"file": str(tmp_path / "form.pdf")},
        "files": {"files": [uploaded_form, str(tmp_path / "form.pdf")]},
        "text": {"file": {"text": "Full name: Jordan"}},
    }
    return {"kind": kind, **inputs[given]}


def attempt(work: dict[str, Any], store: FakeStateStore | None, try_number: int = 1, max_tries: int = 3) -> str:
    operator, arguments = OPERATORS[work["kind"]]
    given = {name: value for name, value in work.items() if name != "kind"}
    task = operator(
        task_id="t", retries=3, **{"wait_for_completion": False, "poll_interval": 0.05, **arguments, **given}
    )
    value = run_task(task, task_context(task, store=store, try_number=try_number, max_tries=max_tries)).value
    return value if isinstance(value, str) else str(value["run_id"])


def test_a_retry_takes_the_run_of_the_try_before(
    extend_local: LocalService, work: dict[str, Any], store: FakeStateStore | None
) -> None:
    first = attempt(work, store)
    assert [attempt(work, store, number) for number in (2, 3)] == [first, first]
    assert extend_local.runs_created == 1


def test_a_clear_makes_a_new_run_and_its_retries_find_that(
    extend_local: LocalService, work: dict[str, Any], store: FakeStateStore | None
) -> None:
    before = attempt(work, store)
    cleared = attempt(work, store, try_number=2, max_tries=4)
    assert cleared != before
    assert attempt(work, store, try_number=3, max_tries=4) == cleared
    assert extend_local.runs_created == 2


def test_a_run_whose_answer_was_lost_is_found_in_the_same_try(
    extend_local: LocalService, work: dict[str, Any], store: FakeStateStore | None
) -> None:
    extend_local.inject("cut_after", method="POST", path=f"/{work['kind']}_runs", times=1)
    run_id = attempt(work, store)
    assert attempt(work, store, 2) == run_id
    assert extend_local.runs_created == 1


def test_two_tasks_over_the_same_file_have_a_run_each(extend_local: LocalService, uploaded_form: str) -> None:
    work = {"kind": "parse", "file": uploaded_form}
    first, second = attempt(work, None), attempt({**work, "config": {"target": "spatial"}}, None)
    assert attempt(work, None, 2) == first
    assert attempt({**work, "config": {"target": "spatial"}}, None, 2) == second
    assert extend_local.runs_created == 2


def test_names_tell_whose_a_file_is_where_metadata_tell_whose_a_run_is(
    extend_local: LocalService, form_pdf: bytes, tmp_path: Path
) -> None:
    (tmp_path / "invoice.pdf").write_bytes(form_pdf)
    run_id = attempt({"kind": "extract", "file": str(tmp_path / "invoice.pdf")}, None)
    with ExtendHook() as hook:
        run = hook.get_run(run_id, "extract")
    assert run.file.name == f"invoice-{run.metadata['airflow']['mark']}.pdf"  # type: ignore[union-attr,index]


@pytest.mark.extend_local(processing_time=600)
def test_a_run_that_somebody_cancelled_is_not_replaced(
    extend_local: LocalService, uploaded_form: str, store: FakeStateStore | None
) -> None:
    work = {"kind": "extract", "file": uploaded_form}
    run_id = attempt(work, store)
    with ExtendHook() as hook:
        hook.get_conn().cancel_run(run_id, "extract")
    with pytest.raises(ExtendRunFailedError, match="CANCELLED"):
        attempt({**work, "wait_for_completion": True}, store, 2)
    assert extend_local.runs_created == 1


def test_a_failed_run_is_replaced(extend_local: LocalService, uploaded_form: str, store: FakeStateStore | None) -> None:
    work = {"kind": "extract", "file": uploaded_form, "wait_for_completion": True}
    extend_local.inject("fail", times=1, reason="INTERNAL_ERROR")
    with pytest.raises(ExtendRunFailedError):
        attempt(work, store)
    attempt(work, store, 2)
    assert extend_local.runs_created == 2


@pytest.mark.parametrize("kind", ["parse", "extract"])
def test_too_many_runs_to_look_at_are_an_unknown_outcome(
    extend_local: LocalService, uploaded_form: str, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    with ExtendHook() as hook:
        for _ in range(4):
            hook.create_run(kind, {"file": {"id": uploaded_form}})
    monkeypatch.setattr(search, "_MOST_LISTED", 3)
    with pytest.raises(ExtendOutcomeUnknownError, match="not among the newest 3 runs"):
        attempt({"kind": kind, "file": uploaded_form}, None, 2)


def test_of_a_list_without_metadata_only_runs_of_the_same_files_are_looked_at(
    extend_local: LocalService, uploaded_form: str, form_pdf: bytes
) -> None:
    other = extend_local.add_file("form.pdf", form_pdf)
    attempt({"kind": "workflow", "file": other}, None)
    mine = attempt({"kind": "workflow", "file": uploaded_form}, None)
    seen = len(extend_local.requests)
    assert attempt({"kind": "workflow", "file": uploaded_form}, None, 2) == mine
    looks = [request.path for request in extend_local.requests[seen:]]
    assert looks == ["/workflow_runs", f"/workflow_runs/{mine}", f"/workflow_runs/{mine}"]


def test_a_text_is_found_by_its_name_where_metadata_are_not_listed(extend_local: LocalService) -> None:
    run_id = attempt({"kind": "workflow", "file": {"text": "Full name: Jordan"}}, None)
    assert attempt({"kind": "workflow", "file": {"text": "Full name: Jordan"}}, None, 2) == run_id
    [listed] = [
        request.query for request in extend_local.requests if request.path == "/workflow_runs" and request.query
    ]
    assert listed["fileNameContains"].startswith("airflow-")
    assert listed["workflowId"] == "workflow_w"
    assert extend_local.requests[0].body["file"]["name"] == f"text-{listed['fileNameContains']}.txt"


def test_too_many_runs_to_compare_are_an_unknown_outcome(
    extend_local: LocalService, uploaded_form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = {"kind": "workflow", "file": uploaded_form}
    for _ in range(3):
        attempt({**work, "reattach": False}, None)
    monkeypatch.setattr(search, "_MOST_COMPARED", 2)
    with pytest.raises(ExtendOutcomeUnknownError, match="3 runs of such files are too many to compare"):
        attempt(work, None, 2)


def test_a_list_without_order_is_narrowed_down_by_the_files_own_name(
    extend_local: LocalService, uploaded_form: str
) -> None:
    work = {"kind": "parse", "file": uploaded_form}
    attempt(work, None)
    attempt(work, None, 2)
    lists = [
        request.query for request in extend_local.requests if request.path == "/parse_runs" and request.method == "GET"
    ]
    assert lists == [{"fileNameContains": "form.pdf", "maxPageSize": "100"}]
