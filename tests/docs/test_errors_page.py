"""docs/errors.md: its tree and tables equal the code, its example happens."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from extend_provider import exceptions
from extend_provider.exceptions import ExtendRunFailedError
from extend_provider.failure_reasons import FAILURE_REASONS
from extend_provider.hooks.extend import ExtendHook
from extend_provider.operators.edit import ExtendCreateEditRunOperator
from tests.docs.claims import PAGES, the_block
from tests.docs.python_blocks import class_names
from tests.docs.tables import rows
from tests.task_runs import run_task, task_context

if TYPE_CHECKING:
    from extend_provider.local import LocalService

NAME = "docs/errors.md"
PAGE = PAGES[NAME]
MESSAGE = the_block(NAME, "ExtendRunFailedError: ").code
TREE = the_block(NAME, "ExtendError\n").code
OWN_CLIENT = the_block(NAME, "from dataclasses import replace").code
CALLBACK = the_block(NAME, "from extend_provider.exceptions import ExtendRunFailedError").code


def test_the_message_is_what_a_failed_run_says(extend_local: LocalService, uploaded_form: str) -> None:
    extend_local.inject("fail", reason="CORRUPT_FILE", message="The PDF is damaged and cannot be read.")

    with pytest.raises(ExtendRunFailedError) as failed:
        run_task(ExtendCreateEditRunOperator(task_id="fill", file=uploaded_form))

    assert f"ExtendRunFailedError: {failed.value}" == re.sub(
        r"edr_\w+…", str(failed.value.run_id), " ".join(MESSAGE.split())
    )


def test_the_callback_tells_somebody(
    extend_local: LocalService, form_pdf: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    template = extend_local.add_template("Form", form_pdf)
    names: dict[str, Any] = class_names()
    exec(CALLBACK.replace("edt_x1y2", template), names)
    context = task_context(names["fill"])
    extend_local.inject("fail", reason="OUT_OF_CREDITS")

    with pytest.raises(ExtendRunFailedError) as failed:
        run_task(names["fill"], context)
    callbacks = names["fill"].on_failure_callback
    for callback in callbacks if isinstance(callbacks, (list, tuple)) else [callbacks]:
        callback({**context, "exception": failed.value})

    assert capsys.readouterr().out.endswith(f"Top up Extend: {failed.value.run_id}\n")


def test_a_client_of_ones_own_reads_more(extend_local: LocalService, uploaded_form: str) -> None:
    extend_local.add_workflow("W", [{"type": "PARSE"}], id="workflow_w")
    with ExtendHook() as hook:
        run = hook.create_run("workflow", {"file": {"id": uploaded_form}, "workflow": {"id": "workflow_w"}})
        assert "64 MB" in PAGE
        assert hook.settings().max_body_bytes == 64 * 1024 * 1024
    names: dict[str, Any] = {}

    exec(OWN_CLIENT.replace("workflow_run_x1y2", run.id), names)

    assert names["run"].id == run.id
    assert names["client"].settings.max_body_bytes > 64 * 1024 * 1024


def test_the_tree_is_that_of_the_classes() -> None:
    parents: list[str] = []
    for line in TREE.splitlines():
        depth, name = line.index("Extend") // 4, line[line.index("Extend") :]
        parents[depth:] = [name]
        assert getattr(exceptions, name).__base__.__name__ == (parents[depth - 1] if depth else "Exception")
    assert sorted(re.findall(r"\w+", TREE)) == sorted(exceptions.__all__)


def test_every_error_is_explained() -> None:
    explained = {row[0] for row in rows(PAGE, "error")}
    assert explained == set(exceptions.__all__) - {"ExtendError", "ExtendRunError"}


def test_the_attributes_are_there() -> None:
    for attributes, classes, _ in rows(PAGE, "attribute"):
        for cls in classes.replace("all", "ExtendError").split(", "):
            assert all(hasattr(getattr(exceptions, cls), name) for name in attributes.split(", "))


def test_the_advice_is_that_of_the_code() -> None:
    expected = {name: ["yes" if advice.retryable else "no", advice.remedy] for name, advice in FAILURE_REASONS.items()}
    assert {row[0]: row[1:] for row in rows(PAGE, "reason")} == expected
