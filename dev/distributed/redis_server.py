"""A Redis server of our own, which keeps nothing, on a port of the loopback address."""

from __future__ import annotations

import secrets
import signal
from typing import TYPE_CHECKING, Any

from dev.airflow_settings import free_port
from dev.distributed.programs import bound_command
from dev.distributed.server import ServerProcess

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class RedisServer:
    """
    An empty server.

    :param programs: name to path.
    :param log: file for what it writes.
    """

    def __init__(self, programs: Mapping[str, Path], log: Path) -> None:
        self.port = free_port()
        self._password = secrets.token_hex(16)
        options = {
            "port": self.port,
            "bind": "127.0.0.1",
            "requirepass": self._password,
            "save": "",
            "appendonly": "no",
        }
        arguments = [text for name, value in options.items() for text in (f"--{name}", value)]
        command = bound_command(programs["setpriv"], signal.SIGTERM, None, programs["redis-server"], *arguments)
        self._server = ServerProcess(command, log, self._answers, signal.SIGTERM)

    @property
    def url(self) -> str:
        """Where it is, for Celery."""
        return f"redis://:{self._password}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """
        Serve.

        :raises ServerError: if that fails.
        """
        self._server.start()

    def stop(self) -> None:
        """End the server."""
        self._server.stop()

    def client(self) -> Any:
        """Open a client."""
        import redis

        return redis.Redis.from_url(self.url)

    def _answers(self) -> bool:
        import redis

        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False
