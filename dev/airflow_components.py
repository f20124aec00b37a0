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
from dev.airflow_release import Component, Release, release_of
from dev.airflow_settings import StackSettings, environment, free_port, write_airflow_cfg
from dev.loopback import ExchangeError, exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dev.airflow_deployment import Deployment

STOP_GRACE = 30.0
"""Seconds that a single component gets to stop in order before it is killed."""

_COMMAND_TIMEOUT = 120.0


class AirflowComponents:
    """
    The components of one stack, from start to stop.

    :param settings: where and how to run them.
    :param deployment: what they run on.
    :raises AirflowStackError: (all methods) if a process ends unasked, or what is waited for does not happen in time.

    ``version`` is that of Airflow, ``started_at`` the moment of the last start, and ``timings`` maps each step of it to
    the seconds from there to its end.
    """

    def __init__(self, settings: StackSettings, deployment: Deployment) -> None:
        self.database = AirflowDatabase(deployment.connect)
        self.version = ""
        self.started_at = datetime.now(timezone.utc)
        self.timings: dict[str, float] = {}
        self._settings = settings
        self._deployment = deployment
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

    @property
    def base_url(self) -> str:
        """Of the web interface, where one runs."""
        return f"http://127.0.0.1:{self._port}"

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
        self._deployment.stop()

    def names_of(self, component: str) -> tuple[str, ...]:
        """
        Name the processes that belong together.

        :param component: a component, or the name of a process.
        :return: names of the component's processes, or that name.
        """
        return self._deployment.replicas.get(component, (component,))

    def start_component(self, component: str, *names: str, wait: bool = True) -> None:
        """
        Start a component and wait until it works.

        :param component: ``scheduler``, ``triggerer``, ``dag-processor``, ``api-server``, or Airflow 2's ``webserver``.
        :param names: of the processes.
        :param wait: False to wait for the processes only.
        """
        for name in names:
            if name in self.processes.running:
                raise AirflowStackError(f"{name} is running already.")
            self._fork(component, name)
        is_up = partial(self._work, component, names) if wait else partial(self._have_processes, names)
        self.processes.until(is_up, f"{', '.join(names)} to work", self._settings.start_timeout)

    def stop_component(self, *names: str, grace: float = STOP_GRACE) -> None:
        """
        Stop processes with everything that they have started, and wait for their end.

        :param names: of the processes.
        :param grace: seconds between SIGTERM and SIGKILL; 0 kills at once.
        """
        for name in names:
            if name not in self.processes.running:
                raise AirflowStackError(f"No {name} is running, only {', '.join(self.processes.running)}.")
        for name in names:
            self.processes.stop(name, grace)
        self.processes.until(
            lambda: self.processes.exit_codes.keys() >= set(names), f"the end of {', '.join(names)}", grace + STOP_GRACE
        )

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
        self._deployment.start(settings)
        self._processes = Processes(settings.python, environment(settings), settings.component_logs)
        self.processes.until(lambda: bool(self.processes.version), "the supervisor", settings.start_timeout)
        self.version = self.processes.version
        self._release = release_of(self.version)
        self._port = free_port()
        self._api = AirflowApi(self.base_url)
        write_airflow_cfg(settings, self._port, self._deployment.settings())

    def _bring_up(self) -> None:
        """Import, migrate and start side by side: modules are imported in the order in which components need them."""
        release, deployment = self.release, self._deployment
        components = {**release.components, **deployment.components}
        self._import(release.cli_needs)
        self._reach("airflow imported", partial(self._has_imported, release.cli_needs))
        for component in components.values():
            self._import(component.needs)
        if deployment.prepare_database(self.version):
            self.command("db", "migrate")
            deployment.keep_database()
        self._reach("database ready", lambda: True)
        for kind, component in components.items():
            self._reach(f"{kind} started", partial(self._has_imported, component.needs))
            for name in self.names_of(kind):
                self._fork(kind, name)
        for kind in components:
            self._reach(f"{kind} works", partial(self._work, kind, self.names_of(kind)))

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
        arguments = self._description(component).arguments
        self.processes.start(name, [argument.format(port=self._port, name=name) for argument in arguments])

    def _description(self, component: str) -> Component:
        release = self.release
        return {**release.components, **release.on_request, **self._deployment.components}[component]

    def _have_processes(self, names: Sequence[str]) -> bool:
        # They may have ended by now.
        return all(name in self.processes.running or name in self.processes.exit_codes for name in names)

    def _work(self, component: str, names: Sequence[str]) -> bool:
        if component in self._deployment.components:
            return all(self._deployment.works(name) for name in names)
        job_type = self._description(component).job_type
        if job_type is None:
            return self.api.answers() if self.release.has_api else self._serves_pages()
        since = min(self._births[name] for name in names)
        return self.database.running_jobs(since)[job_type] >= len(names)

    def _serves_pages(self) -> bool:
        try:
            exchange("GET", f"{self.base_url}/health")
        except ExchangeError:
            return False
        return True
