"""Run kinds."""

from __future__ import annotations

import pytest

from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.kinds import EDIT, RUN_KINDS, run_kind


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


@pytest.mark.parametrize("kind", RUN_KINDS.values(), ids=str)
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
