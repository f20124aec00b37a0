"""A service whose list is up to date at once, so that nothing has to settle; inputs and stores of all sorts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from extend_provider.hooks.extend import ExtendHook
from extend_provider.submit import search
from tests.submit.tries import CONFIG, Arguments
from tests.task_runs import FakeStateStore

if TYPE_CHECKING:
    from extend_provider.local import LocalService


@pytest.fixture(autouse=True)
def nothing_settles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_SETTLE", 0.0)


@pytest.fixture(params=["Airflow 3.3", "below 3.3"])
def store(request: pytest.FixtureRequest) -> FakeStateStore | None:
    return FakeStateStore() if request.param == "Airflow 3.3" else None


@pytest.fixture(params=["path", "url", "id", "template"])
def arguments(request: pytest.FixtureRequest, extend_local: LocalService, form_pdf: bytes, tmp_path: Path) -> Arguments:
    """The input of the run, in each of the ways it can be given."""
    if request.param == "template":
        return {"template_id": extend_local.add_template("Onboarding", form_pdf), "config": CONFIG}
    if request.param == "path":
        (tmp_path / "form.pdf").write_bytes(form_pdf)
        return {"file": str(tmp_path / "form.pdf"), "config": CONFIG}
    file_id = extend_local.add_file("form.pdf", form_pdf)
    if request.param == "id":
        return {"file": file_id, "config": CONFIG}
    with ExtendHook() as hook:
        return {"file": hook.get_conn().get_file(file_id).presigned_url, "config": CONFIG}
