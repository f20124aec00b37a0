"""A retry that looks for the run of the try before, while somebody hostile answers."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any
from unittest import mock

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from extend_provider.client import ClientSettings, ExtendClient
from extend_provider.exceptions import ExtendError, restore
from extend_provider.hooks.extend import ExtendHook
from extend_provider.operators.edit import ExtendCreateEditRunOperator
from extend_provider.operators.extract import ExtendCreateExtractRunOperator
from extend_provider.operators.workflow import ExtendCreateWorkflowRunOperator
from extend_provider.submit import search
from tests.airflow_names import AirflowFailException, TaskDeferred
from tests.client.conftest import World
from tests.hostile.answers import API, FILE, FLAWED, KEY, LIMIT, RUN, SCRIPTS, TEMPLATE, HostileService, Recipe
from tests.hostile.judging import judge_error, storable
from tests.task_runs import FakeStateStore, task_context

URL = "https://storage.test/w9.pdf"
CONFIG = {"instructions": "name: Jordan"}
TIMEOUT = 60.0

# One of each way of finding a run again: by a name, by file and configuration, in metadata, in metadata not listed.
TASKS: dict[str, Callable[..., Any]] = {
    "edit, url": lambda **how: ExtendCreateEditRunOperator(file=URL, config=CONFIG, **how),
    "edit, file id": lambda **how: ExtendCreateEditRunOperator(file="file_1", config=CONFIG, **how),
    "edit, template": lambda **how: ExtendCreateEditRunOperator(template_id="edt_1", config=CONFIG, **how),
    "extract, url": lambda **how: ExtendCreateExtractRunOperator(file=URL, extractor_id="ex_1", **how),
    "workflow, file id": lambda **how: ExtendCreateWorkflowRunOperator(file="file_1", workflow_id="workflow_1", **how),
}
# Where the try before was interrupted: it noted the run; it noted that it asks for one; nothing is ever noted.
NOTES = ["run", "request", "nothing"]
MOMENTS = st.sampled_from(
    [
        *("2026-03-04T10:15:00", "2026-03-04 10:15", "2026-03-04", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59"),
        *("9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00", "0001-01-01T00:00:00+14:00", "2999-12-31T23:59:59Z"),
        *("1999-12-31T23:59:59Z", "2026-13-45T99:99:99Z", "soon", "", None, 0, -1, 1e300, 2**63, True, [], {}),
    ]
) | st.datetimes().map(str)
PROFILE = settings(
    derandomize="HOSTILE_EXAMPLES" not in os.environ,
    max_examples=int(os.environ.get("HOSTILE_EXAMPLES", "10")),
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
)


class Extend:
    """The right answers: it knows one run, as the first request described it."""

    def __init__(self) -> None:
        self.runs: list[dict[str, Any]] = []

    def __call__(self, request: httpx.Request) -> dict[str, Any]:
        collection = request.url.path.split("/")[1]
        if request.method == "POST":
            self.runs.append(self._made(json.loads(request.content)))
            return self.runs[-1]
        if collection in {"files", "edit_templates"}:
            return FILE if collection == "files" else TEMPLATE
        is_list = request.url.path.count("/") == 1
        return {"object": "list", "data": self.runs, "nextPageToken": None} if is_list else self.runs[0]

    def _made(self, body: dict[str, Any]) -> dict[str, Any]:
        file = {**FILE, "name": body.get("file", {}).get("name", FILE["name"])}
        now = datetime.now(timezone.utc).isoformat()
        own = {"id": f"edr_{len(self.runs) + 1}", "file": file, "files": [file], "createdAt": now, "updatedAt": now}
        return {**RUN, **own, "config": body.get("config"), "metadata": body.get("metadata")}


def attempt(task: Any, service: Any, store: FakeStateStore | None, try_number: int) -> Any:
    """One try of a task: what it returns, the exception that it ends with, or its deferral."""
    chosen = ClientSettings(KEY, f"https://{API}", retry_for=20.0, max_body_bytes=LIMIT, requests_per_second=1000.0)
    world = World(started=datetime.now(timezone.utc))
    client = ExtendClient(chosen, transport=httpx.MockTransport(service), core=world.core(chosen))
    client._sleep = world.sleep
    context = task_context(task, store=store, try_number=try_number, max_tries=3)
    with (
        mock.patch.object(ExtendHook, "get_conn", return_value=client),
        mock.patch.object(search, "_SETTLE", 0.0),
        client,
    ):
        try:
            return task.execute(context)
        except (Exception, TaskDeferred) as error:
            return error


def first_try(name: str, note: str, extend: Extend) -> FakeStateStore | None:
    """A try that creates the run, and is interrupted then."""
    store = None if note == "nothing" else FakeStateStore()
    task = TASKS[name](task_id="fill", retries=3, wait_for_completion=False)
    service = httpx_answers(extend)
    assert attempt(task, service, store, 1) == "edr_1"
    if store and note == "request":
        store.set("extend_run", {**store.get("extend_run"), "run_id": None})
    return store


def httpx_answers(extend: Extend) -> Callable[[httpx.Request], httpx.Response]:
    return lambda request: httpx.Response(200, json=extend(request))


def judge(outcome: Any) -> None:
    """Fail unless it is a result that can be stored, a typed error, or a wait with a deadline that makes sense."""
    if isinstance(outcome, TaskDeferred):
        _, row = outcome.trigger.serialize()
        storable(row)
        assert datetime.fromisoformat(row["deadline"]) <= datetime.now(timezone.utc) + timedelta(seconds=TIMEOUT)
    elif isinstance(outcome, AirflowFailException) and isinstance(outcome, ExtendError):
        # The same error, made Airflow's too: see `failing_at_once`.
        judge_error(restore(type(outcome).__bases__[0], vars(outcome)))
    elif isinstance(outcome, BaseException):
        judge_error(outcome)
    else:
        storable(outcome)


@pytest.mark.parametrize("deferrable", [False, True], ids=["on a worker", "deferrable"])
@pytest.mark.parametrize("note", NOTES)
@pytest.mark.parametrize("name", TASKS)
@PROFILE
@given(recipes=SCRIPTS | st.lists(FLAWED, min_size=1, max_size=6))
def test_a_retry_ends_with_a_result_or_a_typed_error(
    name: str, note: str, deferrable: bool, recipes: list[Recipe]
) -> None:
    extend = Extend()
    store = first_try(name, note, extend)
    task = TASKS[name](task_id="fill", retries=3, deferrable=deferrable, timeout=TIMEOUT)

    judge(attempt(task, HostileService(recipes, most_requests=2000, right=extend), store, 2))


@pytest.mark.parametrize("deferrable", [False, True], ids=["on a worker", "deferrable"])
@pytest.mark.parametrize(
    ("name", "note"), [("edit, url", "nothing"), ("edit, url", "request"), ("edit, file id", "run")]
)
@PROFILE
@given(moment=MOMENTS)
def test_no_moment_hides_the_run(name: str, note: str, deferrable: bool, moment: Any) -> None:
    extend = Extend()
    store = first_try(name, note, extend)
    extend.runs[0] |= {"createdAt": moment, "updatedAt": moment, "status": "PROCESSING"}
    task = TASKS[name](task_id="fill", retries=3, deferrable=deferrable, timeout=TIMEOUT)

    outcome = attempt(task, httpx_answers(extend), store, 2)

    judge(outcome)
    assert len(extend.runs) == 1
    # Found, and not yet ended: by its id, it is waited for.
    assert (outcome.trigger if isinstance(outcome, TaskDeferred) else outcome).run_id == "edr_1"
