"""Ending a run of each kind against the local service: cancelled where that can be done, and never a finished one."""

from __future__ import annotations

import httpx
import pytest

from extend_provider.kinds import RUN_KINDS

TYPES = [{"id": "a", "type": "a", "description": "A form"}]
EXTRAS = {
    "classify": {"config": {"classifications": TYPES}},
    "split": {"config": {"splitClassifications": TYPES}},
    "workflow": {"workflow": {"id": "workflow_w"}},
}
CANCELLABLE = [name for name, kind in RUN_KINDS.items() if kind.cancellable]


@pytest.fixture
def shell(connect_to, extend_local):
    extend_local.add_workflow("W", [{"type": "PARSE"}], id="workflow_w")
    return connect_to(extend_local)


def create(shell, kind, file_id):
    return shell.create_run(kind, {"file": {"id": file_id}, **EXTRAS.get(kind, {})}).id


@pytest.mark.parametrize("kind", CANCELLABLE)
@pytest.mark.extend_local(processing_time=600)
def test_a_running_run_is_cancelled(shell, uploaded_form, kind):
    run_id = create(shell, kind, uploaded_form)
    assert "was cancelled (it is " in shell.end_run(run_id, kind, cancel=True, delete=False)
    status = shell.get_run(run_id, kind).status
    assert status == "CANCELLING" or RUN_KINDS[kind].is_finished(status)


@pytest.mark.parametrize("kind", CANCELLABLE)
@pytest.mark.extend_local(processing_time=600)
def test_a_run_is_left_alone_unless_told_otherwise(shell, uploaded_form, kind):
    run_id = create(shell, kind, uploaded_form)
    assert "left alone" in shell.end_run(run_id, kind, cancel=False, delete=False)
    assert not RUN_KINDS[kind].is_finished(shell.get_run(run_id, kind).status)


@pytest.mark.parametrize("kind", CANCELLABLE)
def test_a_finished_run_keeps_its_result(shell, extend_local, uploaded_form, kind):
    run_id = create(shell, kind, uploaded_form)
    extend_local.finish_run(run_id)
    while not RUN_KINDS[kind].is_finished(shell.get_run(run_id, kind).status):
        pass
    assert shell.end_run(run_id, kind, cancel=True, delete=True) == "had ended as PROCESSED"
    assert shell.get_run(run_id, kind).status == "PROCESSED"


@pytest.mark.extend_local(processing_time=600)
def test_an_edit_run_cannot_be_cancelled(shell, uploaded_form):
    run_id = create(shell, "edit", uploaded_form)
    assert "cannot be cancelled" in shell.end_run(run_id, "edit", cancel=True, delete=False)
    assert shell.end_run(run_id, "edit", cancel=True, delete=True) == "was deleted"


def test_a_run_that_waits_for_a_human_goes_on_and_says_so(shell, extend_local, uploaded_form):
    extend_local.add_workflow("R", [{"type": "PARSE"}, {"type": "HUMAN_REVIEW"}], id="workflow_r")
    run_id = shell.create_run("workflow", {"file": {"id": uploaded_form}, "workflow": {"id": "workflow_r"}}).id
    extend_local.finish_run(run_id)
    while shell.get_run(run_id, "workflow").status != "NEEDS_REVIEW":
        pass
    became = shell.end_run(run_id, "workflow", cancel=True, delete=False)
    assert became.startswith("cannot be cancelled while NEEDS_REVIEW: it goes on")
    assert shell.get_run(run_id, "workflow").status == "NEEDS_REVIEW"
    assert shell.end_run(run_id, "workflow", cancel=True, delete=True) == "was deleted"


# -- what the local service never answers ------------------------------------------------------------------------------


def saying(after_cancel, status="PENDING"):
    """A service that answers to a cancellation with something, and shows the run with a status."""
    refusal = httpx.Response(after_cancel, json={"code": "INVALID", "message": "No."})
    accepted = httpx.Response(200, json={"id": "exr_1", "status": after_cancel})
    shown = httpx.Response(200, json={"id": "exr_1", "status": status})
    return lambda request: shown if request.method != "POST" else accepted if isinstance(after_cancel, str) else refusal


@pytest.mark.parametrize("refused", [400, 404, 409])
@pytest.mark.parametrize(
    ("status", "became"),
    [("PENDING", "cannot be cancelled while PENDING: it goes on"), ("CANCELLED", "had ended as CANCELLED")],
)
def test_why_a_cancellation_was_refused_is_looked_up(connect, refused, status, became):
    shell = connect(saying(refused, status))
    assert shell.end_run("exr_1", "extract", cancel=True, delete=False).startswith(became)


def test_a_cancellation_is_one_request_because_many_may_share_the_pace(connect):
    shell = connect(saying("CANCELLED"))
    assert shell.end_run("exr_1", "extract", cancel=True, delete=False) == "was cancelled (it is CANCELLED)"
    assert shell.paths == ["POST /extract_runs/exr_1/cancel"]


def test_a_run_that_won_the_race_keeps_its_result(connect):
    shell = connect(saying("PROCESSED"))
    assert shell.end_run("exr_1", "extract", cancel=True, delete=True) == "had ended as PROCESSED"
    assert shell.paths == ["POST /extract_runs/exr_1/cancel"]


def test_a_run_that_is_gone(connect):
    shell = connect(httpx.Response(404, json={"code": "NOT_FOUND", "message": "No."}))
    assert shell.end_run("exr_1", "extract", cancel=True, delete=True) == "was deleted already"
