"""Answers and files that are not what they seem: a gateway's 404, a refusal, a file that cannot be read."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from extend_provider.exceptions import ExtendError, ExtendFileError, ExtendOutcomeUnknownError
from extend_provider.operators.extract import ExtendCreateExtractRunOperator
from tests.hooks.strangers import answering
from tests.submit.tries import CONFIG, Arguments, attempt
from tests.task_runs import FakeStateStore, run_task, task_context

if TYPE_CHECKING:
    from extend_provider.local import LocalService

CONNECTION = "AIRFLOW_CONN_EXTEND_DEFAULT"


@contextmanager
def instead_of(base_url: str) -> Iterator[None]:
    """Let the connection lead to another server."""
    connection = json.loads(os.environ[CONNECTION])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CONNECTION, json.dumps({**connection, "host": base_url, "port": None}))
        yield


pytestmark = pytest.mark.extend_local(allow_private_urls=True)


def test_a_gateways_404_means_no_deleted_run(
    extend_local: LocalService, arguments: Arguments, store: FakeStateStore | None
) -> None:
    run_id = attempt(arguments, store)
    with answering(404) as gateway, instead_of(gateway), pytest.raises(ExtendOutcomeUnknownError) as raised:
        attempt(arguments, store, 2)
    assert not store or run_id in str(raised.value)
    assert attempt(arguments, store, 3) == run_id
    assert extend_local.runs_created == 1


def test_a_refused_request_leaves_the_note_of_before(extend_local: LocalService, uploaded_form: str) -> None:
    store, arguments = FakeStateStore(), {"file": uploaded_form, "config": CONFIG}
    run_id = attempt(arguments, store)
    extend_local.inject("credits", method="POST", path="/edit_runs", times=1)
    with pytest.raises(ExtendError):
        attempt({**arguments, "config": {"instructions": "another one"}}, store, 2)
    assert attempt(arguments, store, 3) == run_id
    assert extend_local.runs_created == 1


def test_a_file_that_cannot_be_read_may_be_another_document_by_now(
    extend_local: LocalService, form_pdf: bytes, tmp_path: Path
) -> None:
    path, store = tmp_path / "form.pdf", FakeStateStore()
    path.write_bytes(form_pdf)
    run_id = attempt({"file": str(path), "config": CONFIG}, store)
    path.unlink()
    path.symlink_to(path)  # what its storage says is not that it is gone
    with pytest.raises(ExtendFileError, match=run_id):
        attempt({"file": str(path), "config": CONFIG}, store, 2)
    path.unlink()
    assert attempt({"file": str(path), "config": CONFIG}, store, 3) == run_id
    assert extend_local.runs_created == 1


def test_metadata_and_priority_are_no_input(
    extend_local: LocalService, uploaded_form: str, store: FakeStateStore | None
) -> None:
    def extract(try_number: int, priority: int) -> Any:
        task = ExtendCreateExtractRunOperator(
            task_id="extract",
            file=uploaded_form,
            config={"schema": {"type": "object", "properties": {}}},
            metadata={"try": try_number},
            priority=priority,
            wait_for_completion=False,
            retries=3,
        )
        return run_task(task, task_context(task, store=store, try_number=try_number, max_tries=3)).value

    assert extract(1, 50) == extract(2, 1) == extract(3, 1)
    assert extend_local.runs_created == 1
