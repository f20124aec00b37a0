"""Starts the components of a stack as early as possible, restarts and stops them."""

from __future__ import annotations

import atexit
import time
from datetime import datetime, timezone
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from dev.airflow_api import AirflowApi
from dev.airflow_database import AirflowDatabase
from dev.airflow_processes import AirflowStackError, Processes
from dev.airflow_release import Release, release_of
from dev.airflow_settings import StackSettings, environment, free_port, write_airflow_cfg
from dev.airflow_template import DatabaseTemplate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

STOP_GRACE = 30.0
"""Seconds that a single component gets to stop in order before it is killed."""

_COMMAND_TIMEOUT = 120.0


class AirflowComponents:
    """
    The components of one stack, from start to stop.

    :param settings: where and how to run them.
    :raises AirflowStackError: (all methods) if a process ends unasked, or what is waited for does not happen in time.

    ``version`` is that of Airflow, ``started_at`` the moment of the last start, and ``timings`` maps each step of it to
    the seconds from there to its end.
    """

    def __init__(self, settings: StackSettings) -> None:
        self.database = AirflowDatabase(settings.database)
        self.version = ""
        self.started_at = datetime.now(timezone.utc)
        self.timings: dict[str, float] = {}
        self._settings = settings
        self._began = 0.0
        self._port = 0
        self._processes: Processes | None = None
        self._release: Release | None = None
        self._api: AirflowApi | None = None
        self._births: dict[str, datetime] = {}
        self._command_numbers = count(1)

    @property
    def processes(self) -> Processes:
        """The running processes."""
        if self._processes is None:
            raise AirflowStackError("This stack is not running: start() it first.")
        return self._processes

    @property
    def release(self) -> Release:
        """What is special about the installed line of Airflow."""
        if self._release is None:
            raise AirflowStackError("This stack has not been started: start() it first.")
        return self._release

    @property
    def api(self) -> AirflowApi:
        """The REST API of Airflow 3."""
        if self._api is None or not self.release.has_api:
            raise AirflowStackError("This stack serves no REST API; only one of Airflow 3 does, after start().")
        return self._api

    def start(self) -> None:
        """Migrate the database if it needs it, start every component and wait until all of them work."""
        if self._processes is not None:
            raise AirflowStackError("This stack is running already.")
        atexit.register(self.stop)
        try:
            self._launch_supervisor()
            self._bring_up()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop everything and leave no process behind. Does nothing if nothing runs."""
        atexit.unregister(self.stop)
        processes, self._processes = self._processes, None
        if processes is not None:
            processes.end()

    def start_component(self, component: str, name: str, *, wait: bool = True) -> None:
        """
        Start a component and wait until it works.

        :param component: ``scheduler``, ``triggerer``, ``dag-processor`` or ``api-server``.
        :param name: of the process.
        :param wait: False to wait for the process only.
        """
        if name in self.processes.running:
            raise AirflowStackError(f"{name} is running already.")
        self._fork(component, name)
        is_up = partial(self._works, component, name) if wait else partial(self._has_process, name)
        self.processes.until(is_up, f"{name} to work", self._settings.start_timeout)

    def stop_component(self, name: str, grace: float = STOP_GRACE) -> None:
        """
        Stop a component with everything that it has started, and wait for its end.

        :param name: of the process.
        :param grace: seconds between SIGTERM and SIGKILL; 0 kills at once.
        """
        if name not in self.processes.running:
            raise AirflowStackError(f"No {name} is running, only {', '.join(self.processes.running)}.")
        self.processes.stop(name, grace)
        self.processes.until(lambda: name in self.processes.exit_codes, f"the end of {name}", grace + STOP_GRACE)

    def command(self, *arguments: str) -> str:
        """
        Run an ``airflow`` command to its end.

        :param arguments: of the command, for example ``"dags", "list"``.
        :return: what it printed.
        """
        processes, name = self.processes, f"command-{next(self._command_numbers)}"
        processes.log(name).unlink(missing_ok=True)
        processes.start(name, arguments, may_end=True)
        called = f"airflow {' '.join(arguments)}"
        processes.until(lambda: name in processes.exit_codes, f"the end of {called}", _COMMAND_TIMEOUT)
        output = processes.log(name).read_text(errors="replace")
        if code := processes.exit_codes[name]:
            raise AirflowStackError(f"{called} ended with code {code}:\n{output}")
        return output

    def pause(self, seconds: float) -> None:
        """Let time pass, but notice when a process ends unasked."""
        end = time.monotonic() + seconds
        self.processes.until(lambda: time.monotonic() >= end, "time to pass", seconds + STOP_GRACE)

    def _launch_supervisor(self) -> None:
        settings = self._settings
        self._began, self.started_at = time.monotonic(), datetime.now(timezone.utc)
        self.timings = {}
        settings.component_logs.mkdir(parents=True, exist_ok=True)
        self._processes = Processes(settings.python, environment(settings), settings.component_logs)
        self.processes.until(lambda: bool(self.processes.version), "the supervisor", settings.start_timeout)
        self.version = self.processes.version
        self._release = release_of(self.version)
        self._port = free_port()
        self._api = AirflowApi(f"http://127.0.0.1:{self._port}")
        write_airflow_cfg(settings, self._port)

    def _bring_up(self) -> None:
        """Import, migrate and start side by side: modules are imported in the order in which components need them."""
        release = self.release
        self._import(release.cli_needs)
        self._reach("airflow imported", partial(self._has_imported, release.cli_needs))
        for component in release.components.values():
            self._import(component.needs)
        template = DatabaseTemplate(self._settings.database, self.version)
        if template.apply(fresh=self._settings.fresh):
            self.command("db", "migrate")
            template.keep()
        self._reach("database ready", lambda: True)
        for name, component in release.components.items():
            self._reach(f"{name} started", partial(self._has_imported, component.needs))
            self._fork(name, name)
        for name in release.components:
            self._reach(f"{name} works", partial(self._works, name, name))

    def _reach(self, step: str, condition: Callable[[], bool]) -> None:
        self.processes.until(condition, f"this step: {step}", self._settings.start_timeout)
        self.timings[step] = round(time.monotonic() - self._began, 1)

    def _import(self, modules: Sequence[str]) -> None:
        if self._settings.warm:
            self.processes.import_modules(modules)

    def _has_imported(self, modules: Sequence[str]) -> bool:
        return not self._settings.warm or self.processes.imported.issuperset(modules)

    def _fork(self, component: str, name: str) -> None:
        self._births[name] = datetime.now(timezone.utc)
        arguments = self.release.components[component].arguments
        self.processes.start(name, [argument.format(port=self._port) for argument in arguments])

    def _has_process(self, name: str) -> bool:
        # It may have ended by now.
        return name in self.processes.running or name in self.processes.exit_codes

    def _works(self, component: str, name: str) -> bool:
        job_type = self.release.components[component].job_type
        if job_type is None:
            return self.api.answers()
        return job_type in self.database.running_jobs(self._births[name])
