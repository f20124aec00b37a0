"""Run a task to its end as scheduler, worker and triggerer would together, in one process and without a database."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
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

    def get_first_reschedule_date(self, context: Any) -> datetime:
        return self.started

    def xcom_push(self, key: str, value: Any) -> None:
        assert key not in self.pushed, f"XCom {key} was pushed twice"
        self.pushed[key] = value


@dataclass
class Outcome:
    """What a task left behind."""

    value: Any
    xcom: dict[str, Any]
    trigger_rows: list[tuple[str, dict[str, Any]]]
    events: list[Any]


def run_task(task: Any) -> Outcome:
    """
    Run a task to its end as scheduler, worker and triggerer would together.

    A deferral goes through the trigger's serialized form, because that is what crosses the processes; a reschedule
    starts over.
    """
    from airflow.exceptions import AirflowRescheduleException
    from airflow.providers.common.compat.sdk import TaskDeferred

    context: dict[str, Any] = {"ti": FakeTaskInstance(), "task": task}
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
