"""One crash test, from an empty folder to the findings."""

from __future__ import annotations

import json
import random
import shutil
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dev.airflow_settings import free_port
from dev.chaos import points
from dev.chaos.audit import Findings, audit, left_overs
from dev.chaos.file_server import FileServer
from dev.chaos.keeper import Keeper
from dev.chaos.observed import TaskRow, Wave, task_rows
from dev.chaos.options import MARKER
from dev.chaos.plan import plan_kills
from dev.chaos.stack import DAG, DISTRIBUTED_MORTALS, MORTALS, TOKENS, airflow_stack
from dev.chaos.tokens import Tokens
from dev.chaos.weather import Weather
from dev.chaos.work import prepare_wave, write_wave
from dev.local_service import LocalServiceProcess
from extend_provider.client import ClientSettings, ExtendClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from dev.airflow_stack import AirflowStack
    from dev.chaos.options import Options
    from dev.chaos.points import Point
    from dev.chaos.work import Item

OUTCOME = "outcome.json"
"""File with the outcome, in the test's folder."""

_SHOW_EVERY = 10.0
_ENOUGH_VICTIMS = 2
"""Tasks that must run, or wait, before Airflow's own components are killed."""
_BEGUN = 0.2
"""Ended tasks, as a share of the fill tasks, from which on scheduler and API server are struck."""
_BETWEEN_BLOWS = 12.0
"""Seconds between two strikes against Airflow's components."""


@dataclass
class Outcome:
    """
    What a test has shown.

    :param seed: of the test.
    :param airflow: version.
    :param seconds: what it took, with the start of Airflow.
    :param waves: DAG runs.
    :param at_once: most tasks that ran or waited at the same time.
    :param kills: name of a point to kills there.
    :param missed: name of a point to planned kills that no task came to.
    :param restarts: Airflow's components that were started again.
    :param weather: name of a fault to requests that it hit.
    :param outages: how often the service was gone.
    :param left_overs: hidden files of killed downloads.
    :param findings: about tasks, runs and files.
    """

    seed: int
    airflow: str = ""
    seconds: float = 0.0
    waves: int = 0
    at_once: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    restarts: Counter[str] = field(default_factory=Counter)
    weather: dict[str, int] = field(default_factory=dict)
    outages: int = 0
    left_overs: int = 0
    findings: Findings = field(default_factory=Findings)

    @property
    def unhit(self) -> list[str]:
        """Points at which nothing was killed."""
        return [point.name for point in points.EVERY_POINT if not self.kills[point.name]]

    def as_json(self) -> str:
        """Write everything down, under the names of the fields."""
        return json.dumps({**vars(self), "findings": vars(self.findings)}, indent=2)


def run_session(options: Options, say: Callable[[str], None]) -> Outcome:
    """
    Run one test.

    :param options: how.
    :param say: called with each line for a person who waits.
    :return: what it has shown, also when its time was over before all tasks had ended.
    :raises AirflowStackError: Airflow does not start, or a part of it ended that nobody killed.
    :raises LocalServiceError: the service does not start.
    """
    began = time.monotonic()
    shutil.rmtree(options.home, ignore_errors=True)
    options.home.mkdir(parents=True)
    (options.home / MARKER).touch()
    service = LocalServiceProcess(
        options.home / "extend.log",
        *("--processing-time", str(options.processing_time), "--allow-private-urls"),
        # It comes back from an outage as what it was.
        *("--port", str(free_port()), "--data-dir", str(options.home / "extend")),
    )
    files = options.home / "files"
    files.mkdir()
    with FileServer(files) as server, service, airflow_stack(options, service) as stack:
        say(f"Airflow {stack.version} is up after {time.monotonic() - began:.0f} s.")
        with ExtendClient(ClientSettings(service.api_key, service.base_url)) as client:
            session = _Session(options, stack, service, say, deadline=began + options.minutes * 60)
            outcome = session.run(lambda wave: prepare_wave(wave, options.sizes, files, server, client), client)
    outcome.seconds = round(time.monotonic() - began, 1)
    (options.home / OUTCOME).write_text(outcome.as_json(), encoding="utf-8")
    return outcome


class _Session:
    """The test, once service and Airflow are up."""

    def __init__(
        self,
        options: Options,
        stack: AirflowStack,
        service: LocalServiceProcess,
        say: Callable[[str], None],
        deadline: float,
    ) -> None:
        self._options = options
        self._stack = stack
        self._service = service
        self._say = say
        self._deadline = deadline
        self._tokens = Tokens(options.home / TOKENS)
        self._keeper = Keeper(stack, DISTRIBUTED_MORTALS if options.distributed else MORTALS)
        self._waves: list[Wave] = []
        self._outcome = Outcome(options.seed, stack.version)
        self._began = self._shown = self._next_blow = time.monotonic()

    def run(self, prepare: Callable[[int], list[Item]], client: ExtendClient) -> Outcome:
        self._keeper.start()
        outcome = self._outcome
        while self._goes_on():
            number = len(self._waves) + 1
            self._wave(number, prepare(number))
        outcome.waves = len(self._waves)
        outcome.kills += self._keeper.kills
        outcome.restarts = self._keeper.restarts
        outcome.left_overs = len(list(left_overs(self._options.home / "files")))
        outcome.findings = audit(self._stack, client, self._waves, self._service.runs())
        return outcome

    def _goes_on(self) -> bool:
        if time.monotonic() >= self._deadline:
            return False
        attempts = sum(row.tries for wave in self._waves for row in task_rows(self._stack, wave.run_id))
        missing = self._options.every_point and set(self._outcome.unhit) - set(self._keeper.kills)
        return not self._waves or attempts < self._options.attempts or bool(missing)

    def _wave(self, number: int, items: list[Item]) -> None:
        rng = random.Random(f"{self._options.seed}/{number}")
        path = self._options.home / f"wave-{number}.json"
        write_wave(items, path)
        kills = plan_kills(items, rng)
        for kill in kills:
            self._tokens.plan(kill)
        wave = Wave(self._stack.trigger_dag(DAG, {"input": str(path)}), items)
        self._waves.append(wave)
        self._say(f"Wave {number}: {2 * len(items)} tasks, {len(kills)} kills planned.")
        with Weather(self._service, f"{self._options.seed}/{number}/weather") as weather:
            of_airflow = points.OF_AIRFLOW + (points.OF_CELERY if self._options.distributed else ())
            self._watch(wave, weather, rng.sample(of_airflow, len(of_airflow)))
        self._keeper.thaw()
        if weather.error is not None:
            raise weather.error
        self._take_stock(weather)

    def _watch(self, wave: Wave, weather: Weather, to_strike: list[Point]) -> None:
        """Keep Airflow alive until the wave has ended, or time is over."""
        while time.monotonic() < self._deadline:
            self._keeper.look()
            rows = task_rows(self._stack, wave.run_id)
            in_work = sum(row.is_in_work for row in rows)
            self._outcome.at_once = max(self._outcome.at_once, in_work)
            weather.force = min(1.0, in_work / self._options.tasks)
            self._show(rows)
            if self._stack.dag_run_state(DAG, wave.run_id) in {"success", "failed"}:
                return
            due = [point for point in to_strike if self._is_due(point, rows)]
            if due and time.monotonic() >= self._next_blow and self._keeper.strike(due[0]):
                to_strike.remove(due[0])
                self._next_blow = time.monotonic() + _BETWEEN_BLOWS
                self._say(f"{self._time()}  struck: {due[0].name}")

    def _is_due(self, point: Point, rows: list[TaskRow]) -> bool:
        """Whether there is something to strike: tasks that wait, or tasks that run when some have ended already."""
        has_begun = sum(row.has_ended for row in rows) >= _BEGUN * self._options.tasks
        if point in {points.SCHEDULER, points.API_SERVER, points.WORKER}:
            return has_begun and sum(row.state == "running" for row in rows) >= _ENOUGH_VICTIMS
        return sum(row.state == "deferred" for row in rows) >= _ENOUGH_VICTIMS

    def _take_stock(self, weather: Weather) -> None:
        done, left = self._tokens.collect()
        self._outcome.kills.update(done)
        self._outcome.missed.update(left)
        self._outcome.outages += weather.outages
        for name, times in weather.struck().items():
            self._outcome.weather[name] = self._outcome.weather.get(name, 0) + times

    def _show(self, rows: list[TaskRow]) -> None:
        if time.monotonic() - self._shown >= _SHOW_EVERY:
            self._shown = time.monotonic()
            states = Counter(str(row.state) for row in rows)
            tries = sum(row.tries for row in rows)
            self._say(f"{self._time()}  {tries} attempts; {', '.join(f'{n} {state}' for state, n in states.items())}")

    def _time(self) -> str:
        return f"{time.monotonic() - self._began:6.0f} s"
