"""PostgreSQL for Airflow's database, Redis for Celery's tasks, two workers and two triggerers, all on this machine."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dev.airflow_release import Component
from dev.distributed.postgres import PostgresConnection, PostgresServer
from dev.distributed.programs import find_programs
from dev.distributed.redis_server import RedisServer
from dev.distributed.workers import worker_answers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from dev.airflow_settings import Settings, StackSettings

WORKERS = ("worker-1", "worker-2")
TRIGGERERS = ("triggerer-1", "triggerer-2")

# Seconds. By its own values, Airflow notices a dead worker after five minutes. Long enough, all the same, that a slow
# worker of a busy machine is not taken for a dead one.
_HEARTBEAT_TIMEOUT = 25
_CELERY = ("airflow.providers.celery.cli.celery_command", "airflow.providers.celery.executors.celery_executor_utils")
_WORKER = Component(
    # Its log server is left out, as those of the other components are.
    arguments=("celery", "worker", "--celery-hostname", "{name}", "--pid", "{name}.pid", "--skip-serve-logs"),
    job_type=None,
    needs=_CELERY,
)


class DistributedDeployment:
    """Starts the two servers anew for each start of Airflow; what was in them is gone at its end."""

    def __init__(self) -> None:
        self.components: Mapping[str, Component] = {"worker": _WORKER}
        self.replicas: Mapping[str, tuple[str, ...]] = {"worker": WORKERS, "triggerer": TRIGGERERS}
        self._postgres: PostgresServer | None = None
        self._redis: RedisServer | None = None
        self._parallelism = 1

    @property
    def postgres(self) -> PostgresServer:
        """The database server."""
        assert self._postgres is not None
        return self._postgres

    @property
    def redis(self) -> RedisServer:
        """The broker."""
        assert self._redis is not None
        return self._redis

    def start(self, stack: StackSettings) -> None:
        """
        Start the servers.

        :raises MissingProgramsError: if one is not installed.
        :raises ServerError: if one does not start.
        """
        programs = find_programs()
        self._parallelism = stack.parallelism
        self._postgres = PostgresServer(programs, stack.component_logs / "postgres.log")
        self._redis = RedisServer(programs, stack.component_logs / "redis.log")
        self._postgres.start()
        self._redis.start()

    def stop(self) -> None:
        """End the servers."""
        redis, self._redis = self._redis, None
        postgres, self._postgres = self._postgres, None
        for server in (redis, postgres):
            if server is not None:
                server.stop()

    def settings(self) -> Settings:
        """Tell Airflow where the servers are, and how patient to be."""
        return {
            "core": {"executor": "CeleryExecutor"},
            "database": {"sql_alchemy_conn": self.postgres.url},
            # A worker's own log then has what its tasks log, as the scheduler's has where the scheduler runs them.
            "logging": {"task_logs_to_stdout": True},
            "celery": {
                "broker_url": self.redis.url,
                "worker_concurrency": math.ceil(self._parallelism / len(WORKERS)),
                # One process asks for the states of tasks; more are started anew for each look.
                "sync_parallelism": 1,
                # Its own value, 1 s, is short for a busy machine.
                "operation_timeout": 10,
            },
            # How often a worker looks for messages that another one has had for too long. Celery's own values: 100 s.
            "celery_broker_transport_options": {"unacked_restore_interval": 2, "unacked_restore_throttle": 1},
            "scheduler": {
                "task_instance_heartbeat_timeout": _HEARTBEAT_TIMEOUT,
                "task_instance_heartbeat_timeout_detection_interval": 2,
            },
            # One at a time, so that a burst of waits is shared: by Airflow's own value, 50, one would take it all.
            "triggerer": {"max_trigger_to_select_per_loop": 1},
        }

    def prepare_database(self, version: str) -> bool:
        """Leave the empty database to Airflow."""
        del version
        return True

    def keep_database(self) -> None:
        """Keep nothing: migrating takes little of the time that the servers take."""

    def connect(self, *, to_write: bool = False) -> AbstractContextManager[PostgresConnection]:
        """Open a connection to Airflow's database."""
        return self.postgres.connect(to_write=to_write)

    def works(self, name: str) -> bool:
        """Ask a worker."""
        return worker_answers(self.redis, name)
