"""What differs between the Airflow releases that the stack runs on; nothing else in ``dev`` asks for a version."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Component:
    """
    A long-running part of Airflow.

    :param arguments: of the ``airflow`` command that runs it; ``{port}`` stands for the port of the API server.
    :param job_type: its name in the ``job`` table, where it reports its heartbeats; None for one that has no job.
    :param needs: modules to import before it is forked: what it would otherwise import itself.
    """

    arguments: tuple[str, ...]
    job_type: str | None
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Release:
    """
    A line of Airflow releases.

    :param components: by name, in the order in which they are started.
    :param cli_needs: modules to import before any command is run.
    :param has_api: True if runs are triggered through the REST API, False if through the command line.
    :param on_request: components that nothing but a person needs, by name: not started with the others.
    """

    components: Mapping[str, Component]
    cli_needs: tuple[str, ...]
    has_api: bool
    on_request: Mapping[str, Component] = field(default_factory=dict)


_CLI = ("airflow", "airflow.__main__", "airflow.cli.commands.db_command")
_SCHEDULER = ("airflow.cli.commands.scheduler_command", "airflow.executors.local_executor")
_TRIGGERER = ("airflow.cli.commands.triggerer_command",)
# Its log server is left out everywhere: logs are read from disk, and its port would be one more to clash.
_SCHEDULER_ARGUMENTS = ("scheduler", "--skip-serve-logs")
_TRIGGERER_ARGUMENTS = ("triggerer", "--skip-serve-logs")

# Parts of the API server that read no configuration; the triggerer serves the Execution API to its triggers in-process.
_EXECUTION_API = ("airflow.api_fastapi.app", "airflow.api_fastapi.execution_api.routes")
_API_SERVER = (
    *_EXECUTION_API,
    "airflow.cli.commands.api_server_command",
    "airflow.api_fastapi.core_api.routes.public",
    "airflow.api_fastapi.core_api.routes.ui",
)

_AIRFLOW_3 = Release(
    components={
        # The triggerer's modules contain the task supervisor, which every worker of the scheduler needs.
        "scheduler": Component(_SCHEDULER_ARGUMENTS, "SchedulerJob", (*_SCHEDULER, *_TRIGGERER)),
        "dag-processor": Component(
            ("dag-processor",), "DagProcessorJob", ("airflow.cli.commands.dag_processor_command",)
        ),
        "triggerer": Component(_TRIGGERER_ARGUMENTS, "TriggererJob", (*_TRIGGERER, *_EXECUTION_API)),
        "api-server": Component(
            ("api-server", "--host", "127.0.0.1", "--port", "{port}", "--workers", "1"), None, _API_SERVER
        ),
    },
    cli_needs=_CLI,
    has_api=True,
)

_AIRFLOW_2 = Release(
    components={
        "scheduler": Component(_SCHEDULER_ARGUMENTS, "SchedulerJob", (*_SCHEDULER, *_TRIGGERER)),
        "triggerer": Component(_TRIGGERER_ARGUMENTS, "TriggererJob", _TRIGGERER),
    },
    cli_needs=(*_CLI, "airflow.cli.commands.dag_command"),
    has_api=False,
    on_request={
        "webserver": Component(("webserver", "--hostname", "127.0.0.1", "--port", "{port}", "--workers", "1"), None),
    },
)

_RELEASES = {"2": _AIRFLOW_2, "3": _AIRFLOW_3}


def release_of(version: str) -> Release:
    """
    Find the line that a version belongs to.

    :param version: for example ``3.3.2``.
    :return: what to do for it.
    :raises ValueError: if it is a line that is not described here.
    """
    major = version.partition(".")[0]
    if major not in _RELEASES:
        raise ValueError(f"Airflow {version} is neither 2.x nor 3.x: describe it in dev/airflow_release.py first.")
    return _RELEASES[major]
