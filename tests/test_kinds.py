"""Run kinds."""

from __future__ import annotations

import pytest

from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.kinds import EDIT, RUN_KINDS, guess_kind, run_kind


@pytest.mark.parametrize("name", RUN_KINDS)
def test_a_kind_is_found_by_its_name(name):
    assert run_kind(name).name == name
    assert run_kind(name).path.startswith("/")


@pytest.mark.parametrize("name", ["", "Edit", "edit_run", "parse ", None])
def test_an_unknown_kind_names_the_known_ones(name):
    with pytest.raises(ExtendConfigurationError, match="edit") as caught:
        run_kind(name)

    assert repr(name) in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize("kind", RUN_KINDS.values(), ids=RUN_KINDS)
def test_each_status_means_one_thing(kind):
    assert kind.running
    assert kind.succeeded
    assert kind.failed
    assert not kind.running & kind.succeeded
    assert not kind.running & kind.failed
    assert not kind.succeeded & kind.failed
    for status in kind.running:
        assert kind.is_known(status)
        assert not kind.is_finished(status)
    for status in kind.succeeded | kind.failed:
        assert kind.is_known(status)
        assert kind.is_finished(status)


@pytest.mark.parametrize("status", ["QUEUED_FOR_GPU", "", "processed", "CANCELLED"])
def test_an_unknown_status_is_not_an_end(status):
    assert not EDIT.is_known(status)
    assert not EDIT.is_finished(status)


def test_edit_runs_cannot_be_cancelled():
    assert EDIT.cancellable is False
    assert EDIT.path == "/edit_runs"


@pytest.mark.parametrize(
    ("run_id", "name"),
    [
        ("edr_1", "edit"),
        ("pr_1", "parse"),
        ("exr_1", "extract"),
        ("clr_1", "classify"),
        ("splr_1", "split"),
        ("workflow_run_1", "workflow"),
        ("sgr_1", "form_detection"),
    ],
)
def test_an_id_tells_its_kind(run_id, name):
    assert guess_kind(run_id).name == name


@pytest.mark.parametrize("run_id", ["x_1", "", "workflow_1", "exv_1", "0f8fad5b"])
def test_an_id_that_tells_no_kind_asks_for_it(run_id):
    with pytest.raises(ExtendConfigurationError, match="does not tell the kind") as caught:
        guess_kind(run_id)

    assert "workflow" in caught.value.hint


def test_no_prefix_is_the_beginning_of_another():
    prefixes = [kind.id_prefix for kind in RUN_KINDS.values()]
    assert not [(one, other) for one in prefixes for other in prefixes if one != other and other.startswith(one)]


def test_only_a_failure_that_nobody_decided_is_worth_another_run():
    assert EDIT.is_worth_another("FAILED")
    for status in ("CANCELLED", "REJECTED", "PROCESSED", "PROCESSING", "NEEDS_REVIEW"):
        assert not run_kind("workflow").is_worth_another(status)
    for kind in RUN_KINDS.values():
        assert kind.decided < kind.failed


@pytest.mark.parametrize("on_review", ["succeed", "skip", "fail"])
def test_a_review_ends_the_wait_of_those_who_do_not_wait_for_a_human(on_review):
    waiting, other = run_kind("workflow"), run_kind("workflow", on_review)

    assert waiting.is_known("NEEDS_REVIEW")
    assert not waiting.is_finished("NEEDS_REVIEW")
    assert other.is_finished("NEEDS_REVIEW")
    assert other is run_kind("workflow", "skip")
    assert (other.name, other.path) == (waiting.name, waiting.path)
    assert run_kind("edit", on_review) is EDIT
