"""
A real Airflow in a folder: scheduler with its workers, DAG processor, API server and triggerer, on SQLite.

::

    with AirflowStack(Path(".demo"), Path("example_dags")) as stack:
        run_id = stack.trigger_dag("fill_w9")
        stack.wait_for_dag("fill_w9", run_id, timeout=60)
        print(stack.xcoms("fill_w9", run_id, "fill"))

Airflow runs in processes of its own; this one reads its database and logs, and on Airflow 3 calls its REST API.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime, timezone
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from dev.airflow_api import AirflowApi
from dev.airflow_components import AirflowComponents
from dev.airflow_database import task_key
from dev.airflow_deployment import LocalDeployment
from dev.airflow_logs import readable, task_log_files
from dev.airflow_processes import AirflowStackError
from dev.airflow_settings import StackSettings
from dev.loopback import ExchangeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path
    from types import TracebackType

    from dev.airflow_deployment import Connection, Deployment

_PARSE_TIMEOUT = 180.0
"""Seconds. Airflow 2 reads DAG files one by one on SQLite, each in a process of its own."""
_REPORTED_LINES = 30
_FINAL_STATES = ("success", "failed")


class AirflowStack:
    """
    Context manager that starts Airflow on entry and leaves no process behind on exit.

    :param home: ``AIRFLOW_HOME``; created if absent. Database, configuration and logs stay in it.
    :param dags_folder: folder with the DAG files.
    :param connections: connection id to URI or JSON.
    :param env: more environment variables for Airflow's processes.
    :param parallelism: number of tasks that run at once.
    :param python: interpreter with Airflow installed; default: variable ``AIRFLOW_STACK_PYTHON``, else this one.
    :param fresh: True to start with an empty database even if ``home`` has one.
    :param warm: True to fork the components from one process that has imported Airflow; False to start each by itself,
        which takes longer, and is the default where forks of a process with loaded libraries are unsafe (macOS).
    :param start_timeout: seconds in which everything has to be up.
    :param deployment: what Airflow runs on; default: SQLite, and workers as children of the scheduler. Where it runs a
        component more than once, the component's name stands for all of its processes.
    :raises AirflowStackError: (all methods) if a process ends unasked or something does not happen in time.
    """

    def __init__(
        self,
        home: Path,
        dags_folder: Path,
        *,
        connections: Mapping[str, str] | None = None,
        env: Mapping[str, str] | None = None,
        parallelism: int = 4,
        python: str | None = None,
        fresh: bool = False,
        warm: bool = sys.platform == "linux",
        start_timeout: float = 180.0,
        deployment: Deployment | None = None,
    ) -> None:
        self._settings = StackSettings(
            home=home.resolve(),
            dags_folder=dags_folder.resolve(),
            connections=dict(connections or {}),
            env=dict(env or {}),
            parallelism=parallelism,
            python=python or os.environ.get("AIRFLOW_STACK_PYTHON") or sys.executable,
            fresh=fresh,
            warm=warm,
            start_timeout=start_timeout,
        )
        self._deployment = deployment or LocalDeployment()
        self._components = AirflowComponents(self._settings, self._deployment)

    def __enter__(self) -> AirflowStack:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def timings(self) -> dict[str, float]:
        """Seconds from the beginning of :meth:`start` to the end of each of its steps."""
        return self._components.timings

    @property
    def version(self) -> str:
        """Version of Airflow; empty before the first start."""
        return self._components.version

    @property
    def api(self) -> AirflowApi:
        """REST API of Airflow 3; its ``base_url`` is also that of the web interface."""
        return self._components.api

    @property
    def base_url(self) -> str:
        """Of the web interface: the API server's, or that of a ``webserver`` started on Airflow 2."""
        return self._components.base_url

    @property
    def pids(self) -> dict[str, int]:
        """Process id of every running component, by name."""
        return dict(self._components.processes.running)

    def start(self) -> None:
        """Migrate the database if it needs it, start every component and wait until all of them work."""
        self._components.start()

    def stop(self) -> None:
        """Stop everything. Does nothing if nothing runs; also called when the interpreter exits."""
        self._components.stop()

    def start_component(self, component: str, name: str | None = None, *, wait: bool = True) -> None:
        """
        Start a component and wait until it works.

        :param component: ``scheduler``, ``triggerer``, ``dag-processor``, ``api-server``, or Airflow 2's ``webserver``.
        :param name: of the process; default: the component. Another name starts a second one of the same kind.
        :param wait: False to wait for the process only, not for its work.
        """
        names = (name,) if name else self._components.names_of(component)
        self._components.start_component(component, *names, wait=wait)

    def expect_crashes(self, *names: str) -> None:
        """
        Take the end of components for granted from now on; :attr:`pids` tells who still runs.

        :param names: of the processes.
        """
        for name in names:
            self._components.processes.may_crash.update(self._components.names_of(name))

    def pause(self, seconds: float) -> None:
        """
        Let time pass, and notice what becomes of the processes.

        :param seconds: how long.
        """
        self._components.pause(seconds)

    def kill(self, component: str) -> None:
        """
        Kill a component with everything that it has started (SIGKILL), as a crash of its machine would.

        :param component: or the name of a second one.
        """
        self._components.stop_component(*self._components.names_of(component), grace=0)

    def stop_component(self, component: str) -> None:
        """
        Stop a component in order (SIGTERM), and wait for its end.

        :param component: or the name of a second one.
        """
        self._components.stop_component(*self._components.names_of(component))

    def restart_triggerer(self, *, kill: bool = False, downtime: float = 0) -> None:
        """
        Stop the triggerer and start a new one.

        :param kill: True for SIGKILL, False to let it stop in order.
        :param downtime: seconds between the two.
        """
        if kill:
            self.kill("triggerer")
        else:
            self.stop_component("triggerer")
        self._components.pause(downtime)
        self.start_component("triggerer")

    def command(self, *arguments: str) -> str:
        """
        Run an ``airflow`` command to its end.

        :param arguments: of the command, for example ``"dags", "list"``.
        :return: what it printed.
        """
        return self._components.command(*arguments)

    def trigger_dag(self, dag_id: str, conf: Mapping[str, Any] | None = None) -> str:
        """
        Start a run, as soon as the DAG has been parsed.

        :param dag_id: of the DAG.
        :param conf: configuration of the run.
        :return: id of the run.
        :raises ExchangeError: if Airflow refuses the run.
        """
        self._wait_until_parsed(dag_id)
        run_id = f"stack_{datetime.now(timezone.utc):%Y%m%dT%H%M%S.%f}"
        if self._components.release.has_api:
            self._trigger_by_api(dag_id, run_id, dict(conf or {}))
        else:
            self.command("dags", "trigger", dag_id, "--run-id", run_id, "--conf", json.dumps(dict(conf or {})))
        return run_id

    def dag_run_state(self, dag_id: str, run_id: str) -> str | None:
        """Read the state of a run; None if there is no such run."""
        return self._components.database.dag_run_state(dag_id, run_id)

    def task_states(self, dag_id: str, run_id: str) -> dict[str, str | None]:
        """
        Read the states of all task instances of a run.

        :return: task id to state; ``task[0]``, ``task[1]``, … for the instances of a mapped task.
        """
        return self._components.database.task_states(dag_id, run_id)

    def wait_for_dag(
        self,
        dag_id: str,
        run_id: str,
        timeout: float,
        on_change: Callable[[str, str | None], None] | None = None,
    ) -> str:
        """
        Wait for the end of a run.

        :param dag_id: of the DAG.
        :param run_id: of the run.
        :param timeout: seconds to wait.
        :param on_change: called with task and state for every change of state that was seen.
        :return: ``success`` or ``failed``.
        """
        known: dict[str, str | None] = {}

        def finished() -> bool:
            # The run first: its final state is only set when those of its tasks are
            state = self.dag_run_state(dag_id, run_id)
            for task, task_state in self.task_states(dag_id, run_id).items():
                if on_change and known.get(task) != task_state:
                    on_change(task, task_state)
                known[task] = task_state
            return state in _FINAL_STATES

        self._components.processes.until(
            finished, f"the end of {dag_id}, run {run_id}", timeout, seen=lambda: f"Tasks: {known}."
        )
        return str(self.dag_run_state(dag_id, run_id))

    def wait_for_task_state(self, dag_id: str, run_id: str, task: str, state: str, timeout: float) -> None:
        """
        Wait until a task has a state.

        :param dag_id: of the DAG.
        :param run_id: of the run.
        :param task: task id, ``task[0]`` for an instance of a mapped task.
        :param state: for example ``deferred``.
        :param timeout: seconds to wait.
        """
        self._components.processes.until(
            lambda: self.task_states(dag_id, run_id).get(task) == state,
            f"{dag_id}.{task}, run {run_id}, to be {state}",
            timeout,
            seen=lambda: f"Tasks: {self.task_states(dag_id, run_id)}.",
        )

    def wait_for_triggerer(self, dag_id: str, run_id: str, task_id: str, timeout: float, map_index: int = -1) -> int:
        """
        Wait until a triggerer has taken a task; between its deferral and this, no triggerer knows of it.

        :param dag_id: of the DAG.
        :param run_id: of the run.
        :param task_id: of the task.
        :param timeout: seconds to wait.
        :param map_index: of an instance of a mapped task.
        :return: job id of the triggerer.
        """
        taken_by: list[int] = []

        def taken() -> bool:
            triggerer = self._components.database.triggerer_of(dag_id, run_id, task_id, map_index)
            if triggerer is not None:
                taken_by.append(triggerer)
            return bool(taken_by)

        self._components.processes.until(
            taken,
            f"a triggerer to take {dag_id}.{task_key(task_id, map_index)}, run {run_id}",
            timeout,
            seen=lambda: f"Tasks: {self.task_states(dag_id, run_id)}.",
        )
        return taken_by[0]

    def xcoms(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> dict[str, Any]:
        """
        Read what a task instance pushed.

        :return: key to value.
        """
        return self._components.database.xcoms(dag_id, run_id, task_id, map_index)

    def task_logs(self, dag_id: str, run_id: str, task_id: str, try_number: int = 1, map_index: int = -1) -> str:
        """
        Read what a try of a task instance logged, in the worker and in the triggerer.

        :return: the content of the files; JSON lines on Airflow 3.
        """
        files = task_log_files(self._settings.logs, dag_id, run_id, task_id, try_number, map_index)
        return "".join(file.read_text(errors="replace") for file in files)

    def failure_report(self, dag_id: str, run_id: str) -> str:
        """
        Explain why a run failed.

        :return: states of all tasks, and the ends of the logs of the failed ones.
        """
        parts = [f"{dag_id}, run {run_id}: {self.task_states(dag_id, run_id)}"]
        for task_id, map_index, try_number in self._components.database.failed_tasks(dag_id, run_id):
            log = readable(self.task_logs(dag_id, run_id, task_id, try_number, map_index))
            parts += [f"--- {task_key(task_id, map_index)}, try {try_number}", *log.splitlines()[-_REPORTED_LINES:]]
        return "\n".join(parts)

    def database(self, *, to_write: bool = False) -> AbstractContextManager[Connection]:
        """
        Open a connection to the metadata database, for ``with``; its rows can be read by column name.

        :param to_write: True for one that may change it, behind Airflow's back; what it did is committed on leaving.
        """
        return self._deployment.connect(to_write=to_write)

    def log_files(self) -> Iterator[Path]:
        """Walk over every log file: of tasks, triggers, DAG parsing and of the components themselves."""
        return (path for path in self._settings.logs.rglob("*") if path.is_file())

    def _trigger_by_api(self, dag_id: str, run_id: str, conf: dict[str, Any]) -> None:
        body = {"dag_run_id": run_id, "logical_date": None, "conf": conf}
        try:
            self.api.request("POST", f"/dags/{dag_id}/dagRuns", body)
        except ExchangeError as error:
            # The id is new, so a run of that name comes from a first request whose answer was lost.
            if error.status != HTTPStatus.CONFLICT:
                raise

    def _wait_until_parsed(self, dag_id: str) -> None:
        database, since = self._components.database, self._components.started_at

        def parsed() -> bool:
            if database.parsed_since(dag_id, since):
                return True
            for name, traceback in database.import_errors(since).items():
                if dag_id in (self._settings.dags_folder / name).read_text(errors="replace"):
                    raise AirflowStackError(f"{name} cannot be imported:\n{traceback}")
            return False

        self._components.processes.until(
            parsed,
            f"DAG {dag_id} to be parsed",
            _PARSE_TIMEOUT,
            seen=lambda: f"Import errors: {database.import_errors(since)}.",
        )
