"""A PostgreSQL server of our own: a new cluster in a temporary folder, on a port of the loopback address."""

from __future__ import annotations

import secrets
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dev.airflow_settings import free_port
from dev.distributed.programs import bound_command, unprivileged_user
from dev.distributed.server import ServerError, ServerProcess

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_USER = _DATABASE = "airflow"
# Nobody needs the data after a crash of the machine.
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": 200,
    "timezone": "UTC",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
}


class PostgresServer:
    """
    A server with one empty database.

    :param programs: name to path.
    :param log: file for what the server writes.
    """

    def __init__(self, programs: Mapping[str, Path], log: Path) -> None:
        self.port = free_port()
        self._programs = programs
        self._log = log
        self._password = secrets.token_hex(16)
        self._user = unprivileged_user()
        # Not below the caller's folders, which another user need not be able to enter.
        self._folder = Path(tempfile.mkdtemp(prefix="extend-postgres-"))
        settings = [text for name, value in _SETTINGS.items() for text in ("-c", f"{name}={value}")]
        command = [programs["postgres"], "-D", self._data, "-p", self.port, *settings]
        # SIGINT ends it without waiting for connections to close.
        bound = bound_command(programs["setpriv"], signal.SIGINT, self._user, *command)
        self._server = ServerProcess(bound, log, self._answers, signal.SIGINT)

    @property
    def url(self) -> str:
        """Where the database is, for SQLAlchemy."""
        return f"postgresql+psycopg2://{_USER}:{self._password}@127.0.0.1:{self.port}/{_DATABASE}"

    def start(self) -> None:
        """
        Make the cluster and the database, and serve it.

        :raises ServerError: if that fails.
        """
        self._make_cluster()
        self._server.start()
        with self._connect("postgres") as connection:
            connection.cursor().execute(f"CREATE DATABASE {_DATABASE}")

    def stop(self) -> None:
        """End the server and forget the data."""
        self._server.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    @contextmanager
    def connect(self, *, to_write: bool = False) -> Iterator[PostgresConnection]:
        """
        Open a connection, closed on leaving.

        :param to_write: False for one that cannot write.
        """
        with self._connect(_DATABASE) as connection:
            connection.readonly = not to_write
            yield PostgresConnection(connection)

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _make_cluster(self) -> None:
        password = self._folder / "password"
        password.write_text(self._password)
        if self._user:
            for path in (self._folder, password):
                shutil.chown(path, self._user)
        options = ("--pgdata", self._data, "--username", _USER, "--auth", "scram-sha-256", "--pwfile", password)
        locale = ("--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync")
        command = bound_command(
            self._programs["setpriv"], signal.SIGTERM, self._user, self._programs["initdb"], *options, *locale
        )
        done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
        if done.returncode:
            raise ServerError(f"{command} failed:\n{done.stdout}{done.stderr}")

    @contextmanager
    def _connect(self, database: str) -> Iterator[Any]:
        import psycopg2
        from psycopg2.extras import DictCursor

        connection = psycopg2.connect(
            host="127.0.0.1",
            port=self.port,
            user=_USER,
            password=self._password,
            dbname=database,
            cursor_factory=DictCursor,
        )
        connection.autocommit = True
        try:
            yield connection
        finally:
            connection.close()

    def _answers(self) -> bool:
        import psycopg2

        try:
            with self._connect("postgres"):
                return True
        except psycopg2.OperationalError:
            return False


class PostgresConnection:
    """
    A connection that is used as one to SQLite is.

    :param connection: of psycopg2.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def execute(self, query: str, values: Sequence[Any] = (), /) -> Any:
        """
        Run a statement.

        :param query: with ``?`` for each value.
        :param values: the values.
        :return: a cursor, whose rows can be read by column name and by position.
        """
        cursor = self._connection.cursor()
        cursor.execute(query.replace("%", "%%").replace("?", "%s"), tuple(values))
        return cursor
