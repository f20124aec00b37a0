"""Tries of a task that creates an edit run, and what may happen to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from extend_provider.operators.edit import ExtendCreateEditRunOperator
from tests.task_runs import FakeStateStore, run_task, task_context

CONFIG = {"instructions": "full_name: Jordan Avery"}
# All tries are of one DAG run, which began before any of them.
BEGUN = datetime.now(timezone.utc) - timedelta(seconds=1)
Arguments = dict[str, Any]
Killed = KeyboardInterrupt  # What no code catches, as nothing catches SIGKILL.


def attempt(arguments: Arguments, store: FakeStateStore | None, try_number: int = 1, **instance: Any) -> str:
    """One try of a task with three retries; returns the run's id."""
    task = ExtendCreateEditRunOperator(
        task_id="fill", **{"retries": 3, "wait_for_completion": False, "poll_interval": 0.05, **arguments}
    )
    context = task_context(task, store=store, try_number=try_number, **{"max_tries": 3, **instance})
    context["dag_run"].start_date = BEGUN
    value = run_task(task, context).value
    return value if isinstance(value, str) else str(value["run_id"])


@contextmanager
def killed_after(owner: Any, name: str) -> Iterator[None]:
    """Kill the process right after a function has done its work for the first time."""
    original: Callable[..., Any] = getattr(owner, name)

    def function(*args: Any, **kwargs: Any) -> Any:
        original(*args, **kwargs)
        raise Killed

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):  # noqa: PT012 - it raises in what it wraps
        patch.setattr(owner, name, function)
        yield
