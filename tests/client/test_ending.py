"""Ending a run of each kind against the local service: cancelled where that can be done, and never a finished one."""

from __future__ import annotations

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
