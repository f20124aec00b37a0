"""Configuration and environment of a stack: everything that Airflow is told before it starts."""

from __future__ import annotations

import base64
import configparser
import os
import secrets
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Settings = dict[str, dict[str, object]]
"""Content of an ``airflow.cfg``: section, option, value."""

_FOREIGN_PREFIXES = ("AIRFLOW", "_AIRFLOW", "PYTHON", "PYTEST", "COV_", "COVERAGE")
"""Variables of the calling process that would change what Airflow does."""


@dataclass(frozen=True)
class StackSettings:
    """
    Where and how a stack runs; see :class:`dev.airflow_stack.AirflowStack` for the fields.

    ``dags_folder`` and ``home`` are absolute.
    """

    home: Path
    dags_folder: Path
    connections: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    parallelism: int = 4
    python: str = sys.executable
    fresh: bool = False
    warm: bool = True
    start_timeout: float = 180.0

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.home / "airflow.db"

    @property
    def logs(self) -> Path:
        """Folder of all logs."""
        return self.home / "logs"

    @property
    def component_logs(self) -> Path:
        """Folder of what Airflow's processes themselves write."""
        return self.logs / "components"


def write_airflow_cfg(stack: StackSettings, port: int, of_deployment: Settings | None = None) -> None:
    """
    Write ``airflow.cfg``. The keys of an earlier one are kept: what is encrypted in the database stays readable.

    :param stack: whose configuration to write.
    :param port: of the API server.
    :param of_deployment: settings that win over those for a database file and workers in the scheduler.
    """
    path = stack.home / "airflow.cfg"
    earlier = configparser.RawConfigParser()
    earlier.read(path)
    config = configparser.RawConfigParser()
    for settings in (_keys(earlier), _places(stack, port), _pace(stack.parallelism), _quiet(), of_deployment or {}):
        config.read_dict(_as_text(settings))
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        config.write(file)


def environment(stack: StackSettings) -> dict[str, str]:
    """
    Build the environment of every Airflow process.

    :param stack: whose environment to build.
    :return: that of the caller without what would change Airflow's behaviour, with connections and ``stack.env``.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN_PREFIXES)}
    return {
        **inherited,
        "AIRFLOW_HOME": str(stack.home),
        # Airflow 2 refuses to run tasks side by side on SQLite, because a writer locks readers out. The write-ahead log
        # (airflow_template.py) and the timeout of the connection (below) let them wait for each other, as in Airflow 3.
        "_AIRFLOW__SKIP_DATABASE_EXECUTOR_COMPATIBILITY_CHECK": "1",
        "PATH": os.pathsep.join([str(Path(stack.python).parent), inherited.get("PATH", os.defpath)]),
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": "127.0.0.1,localhost",  # a proxy of the caller must not be asked for the API server
        "no_proxy": "127.0.0.1,localhost",
        **{f"AIRFLOW_CONN_{name.upper()}": value for name, value in stack.connections.items()},
        **stack.env,
    }


def free_port() -> int:
    """Find a TCP port on the loopback address that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _as_text(settings: Settings) -> dict[str, dict[str, str]]:
    return {
        section: {option: str(value).replace("%", "%%") for option, value in options.items()}  # Airflow interpolates %
        for section, options in settings.items()
    }


def _keys(earlier: configparser.RawConfigParser) -> Settings:
    fernet_key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    secret = secrets.token_hex(32)
    return {
        "core": {"fernet_key": earlier.get("core", "fernet_key", fallback=fernet_key)},
        "api": {"secret_key": earlier.get("api", "secret_key", fallback=secret)},
        "api_auth": {"jwt_secret": earlier.get("api_auth", "jwt_secret", fallback=secret)},
        "webserver": {"secret_key": earlier.get("webserver", "secret_key", fallback=secret)},  # Airflow 2
    }


def _places(stack: StackSettings, port: int) -> Settings:
    return {
        "core": {
            "dags_folder": stack.dags_folder,
            "plugins_folder": stack.home / "plugins",
            "load_examples": False,
            # By default, Airflow passes a file over in which its own name does not appear.
            "dag_discovery_safe_mode": False,
        },
        # SQLite's own patience with a locked database, 5 s, ends in errors on a loaded machine.
        "database": {"sql_alchemy_conn": f"sqlite:///{stack.database}?timeout=20"},
        "logging": {"base_log_folder": stack.logs, "colored_console_log": False},
        "api": {"base_url": f"http://127.0.0.1:{port}", "host": "127.0.0.1", "port": port},
    }


def _pace(parallelism: int) -> Settings:
    """Make the loops short: Airflow's own values suit a server that runs for months."""
    return {
        "core": {"executor": "LocalExecutor", "parallelism": parallelism, "dags_are_paused_at_creation": False},
        "scheduler": {
            "scheduler_idle_sleep_time": 0.2,
            "trigger_timeout_check_interval": 3,
            "task_queued_timeout_check_interval": 10,
            # Airflow 2 keeps the DAG processor's settings here
            "dag_dir_list_interval": 2,
            "min_file_process_interval": 3600,
            # In Airflow 2 a finished task also schedules its successors. As SQLite cannot lock a row, the scheduler at
            # times does the same, which counts as a second try.
            "schedule_after_task_execution": False,
        },
        "dag_processor": {
            "refresh_interval": 2,
            "bundle_refresh_check_interval": 2,
            # New and changed files are read at once anyway; reading the others over and over only costs time.
            "min_file_process_interval": 3600,
        },
        # A killed triggerer's triggers move to the next one when its heartbeat is older than the threshold.
        "triggerer": {"job_heartbeat_sec": 2, "triggerer_health_check_threshold": 10},
        "workers": {"min_heartbeat_interval": 1},
    }


def _quiet() -> Settings:
    """Keep every process on this machine, and let in who has access to it."""
    return {
        "core": {"hostname_callable": "socket.gethostname", "simple_auth_manager_all_admins": True},
        "scheduler": {"enable_health_check": False},
        "usage_data_collection": {"enabled": False},
    }
