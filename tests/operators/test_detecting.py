"""A task that is killed while it waits for a form detection, and not yet for its own run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from extend_provider.hooks.extend import ExtendHook
from extend_provider.operators.edit import ExtendCreateEditRunOperator
from tests.task_runs import run_task, task_context

if TYPE_CHECKING:
    from pytest_mock import MockerFixture

    from extend_provider.local import LocalService

VALUES = {"full_name": "Jordan Avery", "agree": True}


class Timeout(BaseException):
    """As Airflow's task timeout, which is raised in the middle of the work, and after which it calls on_kill."""


def killed(task: Any, kind: str, mocker: MockerFixture) -> str:
    """Have a task killed by a user while it waits for a run of a kind; the id of that run."""
    mocker.patch("extend_provider.killing.task_state_on_worker", return_value="failed")
    waited_for: list[str] = []
    really_wait = ExtendHook.wait_for_run

    def wait(self: ExtendHook, wait: Any) -> Any:
        if wait.kind.name != kind:
            return really_wait(self, wait)
        waited_for.append(wait.run_id)
        task.on_kill()
        raise Timeout

    mocker.patch.object(ExtendHook, "wait_for_run", wait)
    with pytest.raises(Timeout):
        run_task(task, task_context(task))
    return waited_for[0]


@pytest.mark.parametrize("asked", [{}, {"delete_on_kill": True}])
def test_the_detection_is_named(
    extend_local: LocalService,
    uploaded_form: str,
    mocker: MockerFixture,
    caplog: pytest.LogCaptureFixture,
    asked: dict[str, bool],
) -> None:
    task = ExtendCreateEditRunOperator(task_id="fill", file=uploaded_form, values=VALUES, **asked)

    run_id = killed(task, "form_detection", mocker)

    told = f"The task was killed. Its Extend form_detection run {run_id} cannot be cancelled: it goes on"
    assert caplog.text.count(told) == 1
    task.on_kill()
    assert caplog.text.count(told) == 2


def test_after_the_detection_the_edit_run_is_named(
    extend_local: LocalService, uploaded_form: str, mocker: MockerFixture, caplog: pytest.LogCaptureFixture
) -> None:
    task = ExtendCreateEditRunOperator(task_id="fill", file=uploaded_form, values=VALUES)

    run_id = killed(task, "edit", mocker)

    assert f"Its Extend edit run {run_id} cannot be cancelled: it goes on" in caplog.text
    assert "Its Extend form_detection run" not in caplog.text


def test_between_the_two_nothing_is_said(
    extend_local: LocalService, uploaded_form: str, mocker: MockerFixture, caplog: pytest.LogCaptureFixture
) -> None:
    """The detection has ended, and of the edit run nobody knows whether it exists."""
    mocker.patch("extend_provider.killing.task_state_on_worker", return_value="failed")
    task = ExtendCreateEditRunOperator(task_id="fill", file=uploaded_form, values=VALUES)
    really_create = ExtendHook.create_run

    def create(self: ExtendHook, kind: str, body: Any) -> Any:
        if kind == "edit":
            task.on_kill()
        return really_create(self, kind, body)

    mocker.patch.object(ExtendHook, "create_run", create)
    run_task(task, task_context(task))

    assert "The task was killed" not in caplog.text
