"""Starts again what was killed, as a service manager would; strikes Airflow's components, which no task can reach."""

from __future__ import annotations

import signal
import time
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil  # type: ignore[import-untyped]

from dev.chaos import points
from dev.chaos.observed import busiest_triggerer_since
from dev.chaos.stack import MORTALS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dev.airflow_stack import AirflowStack

_STEP = 0.5
_DOWNTIME = 1.0
"""Seconds from the end of a component to its new start."""
_FROZEN = 16.0
"""Seconds that a triggerer stands still: longer than its health check threshold, so that the other takes over."""

_VICTIMS = {
    points.SCHEDULER: "scheduler",
    points.API_SERVER: "api-server",
    points.BOTH_TRIGGERERS: "triggerer",
    points.FROZEN_TRIGGERER: "triggerer",
    points.WORKER: "worker",
}


class Keeper:
    """
    Keeps Airflow's components running.

    :param stack: the stack.
    :param mortals: name to component of the processes that may die.

    ``kills`` counts what it struck itself, by name of point; ``restarts`` what it started again, by component.
    """

    def __init__(self, stack: AirflowStack, mortals: Mapping[str, str] = MORTALS) -> None:
        self.kills: Counter[str] = Counter()
        self.restarts: Counter[str] = Counter()
        self._stack = stack
        self._mortals = mortals
        self._down_since: dict[str, float] = {}
        self._frozen: list[psutil.Process] = []
        self._thaw_at = 0.0

    def start(self) -> None:
        """Start what the stack does not start by itself; from now on, any of the mortals may die."""
        self._stack.expect_crashes(*self._mortals)
        for name, component in self._mortals.items():
            if name not in self._stack.pids:
                self._stack.start_component(component, name)

    def look(self) -> None:
        """Let half a second pass, and start again what has been down for long enough."""
        self._stack.pause(_STEP)
        if time.monotonic() >= self._thaw_at:
            self.thaw()
        running, now = self._stack.pids, time.monotonic()
        for name, component in self._mortals.items():
            if name in running:
                self._down_since.pop(name, None)
            elif now - self._down_since.setdefault(name, now) >= _DOWNTIME:
                self._stack.start_component(component, name, wait=False)
                self.restarts[component] += 1

    def strike(self, point: points.Point) -> bool:
        """
        Kill components of Airflow, or let one stand still.

        :param point: one of :data:`dev.chaos.points.OF_AIRFLOW` or ``OF_CELERY``.
        :return: false when one of them is down already; try again later.
        """
        names = self._names_of(_VICTIMS[point])
        if self._frozen or not set(names) <= set(self._stack.pids):
            return False
        if point is points.FROZEN_TRIGGERER:
            self._freeze()
        else:
            for name in names[:1] if point is points.WORKER else names:
                self._stack.kill(name)
        self.kills[point.name] += 1
        return True

    def thaw(self) -> None:
        """Let go on what stands still."""
        for process in self._frozen:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGCONT)
        self._frozen.clear()

    def _names_of(self, component: str) -> list[str]:
        return [name for name, its_component in self._mortals.items() if its_component == component]

    def _freeze(self) -> None:
        since = busiest_triggerer_since(self._stack)
        triggerers = [psutil.Process(self._stack.pids[name]) for name in self._names_of("triggerer")]
        chosen = min(triggerers, key=lambda process: abs(process.create_time() - since))
        self._frozen = [chosen, *chosen.children(recursive=True)]
        for process in self._frozen:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGSTOP)
        self._thaw_at = time.monotonic() + _FROZEN
