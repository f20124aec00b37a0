"""Run a task to its end as scheduler, worker and triggerer would together, in one process and without a database."""

from __future__ import annotations

import asyncio
import importlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any
from unittest import mock


@dataclass
class FakeTaskInstance:
    """Records what a task pushes, and refuses a second push of a key, as Airflow 3.1 does after a deferral."""

    pushed: dict[str, Any] = field(default_factory=dict)
    started: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    try_number: int = 1
    max_tries: int = 0
    dag_id: str = "forms"
    task_id: str = "fill"
    run_id: str = "manual__2026-03-04T10:15:00+00:00"
    map_index: int = -1

    def get_first_reschedule_date(self, context: Any) -> datetime:
        return self.started

    def xcom_push(self, key: str, value: Any) -> None:
        assert key not in self.pushed, f"XCom {key} was pushed twice"
        self.pushed[key] = value


@dataclass
class FakeDagRun:
    """The DAG run, as far as tasks look at it."""

    start_date: datetime = field(default_factory=lambda: datetime.now(timezone.utc))


class FakeStateStore:
    """Airflow's task state store (3.3 and newer), which keeps plain JSON."""

    def __init__(self) -> None:
        self.stored: dict[str, str] = {}

    def get(self, key: str, default: Any = None) -> Any:
        return json.loads(self.stored[key]) if key in self.stored else default

    def set(self, key: str, value: Any) -> None:
        # Airflow refuses what JSON would change, a tuple for example.
        assert value is not None
        assert value == json.loads(json.dumps(value))
        self.stored[key] = json.dumps(value)

    def delete(self, key: str) -> None:
        self.stored.pop(key, None)


@dataclass
class Outcome:
    """What a task left behind."""

    value: Any
    xcom: dict[str, Any]
    trigger_rows: list[tuple[str, dict[str, Any]]]
    events: list[Any]


def task_context(task: Any, *, store: FakeStateStore | None = None, **instance: Any) -> dict[str, Any]:
    """Return the context of a try; without a store it is that of an Airflow below 3.3."""
    context = {"ti": FakeTaskInstance(**instance), "task": task, "dag_run": FakeDagRun()}
    return context if store is None else {**context, "task_state_store": store}


def run_task(task: Any, context: dict[str, Any] | None = None) -> Outcome:
    """
    Run a task to its end as scheduler, worker and triggerer would together.

    A deferral goes through the trigger's serialized form, because that is what crosses the processes; a reschedule
    starts over.
    """
    context = context or task_context(task)
    with reschedules_remembered(context):
        return _to_the_end(task, context)


def _to_the_end(task: Any, context: dict[str, Any]) -> Outcome:
    from airflow.exceptions import AirflowRescheduleException

    from tests.airflow_names import TaskDeferred

    rows, events = [], []
    call: Callable[[], Any] = lambda: task.execute(context)  # noqa: E731
    while True:
        try:
            value = call()
        except TaskDeferred as deferral:
            rows.append(deferral.trigger.serialize())
            event = asyncio.run(first_event(deferral.trigger))
            events.append(event)
            method = getattr(task, deferral.method_name)
            call = lambda method=method, event=event: method(context, event=event)  # noqa: E731
        except AirflowRescheduleException:
            # A task that starts anew finds its XComs cleared.
            context["ti"] = FakeTaskInstance(started=context["ti"].started)
        else:
            return Outcome(value, context["ti"].pushed, rows, events)


@contextmanager
def reschedules_remembered(context: dict[str, Any]) -> Iterator[None]:
    """Let Airflow 2 learn from the task instance, as Airflow 3 does, when a sensor began; it would ask its database."""
    from extend_provider._compat import BaseSensorOperator

    module, name = importlib.import_module(BaseSensorOperator.__module__), "_orig_start_date"
    known = mock.patch.object(module, name, return_value=context["ti"].started)
    with known if hasattr(module, name) else nullcontext():
        yield


async def first_event(trigger: Any, earliest: float = 0.0) -> Any:
    """
    Restore a trigger from its row, and run it until it fires, which it must do exactly once.

    It may fire at once, because there is no scheduler here that an early event could overtake.
    """
    classpath, kwargs = trigger.serialize()
    name = classpath.rpartition(".")[2]
    module = importlib.import_module(classpath.removesuffix(f".{name}"))
    with mock.patch.object(module, "_EARLIEST", earliest):
        events = [event async for event in getattr(module, name)(**kwargs).run()]
    assert len(events) == 1
    return events[0].payload
