"""What a stack runs on besides Airflow: database, executor, and the processes that these need."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from dev.airflow_template import DatabaseTemplate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from dev.airflow_release import Component
    from dev.airflow_settings import Settings, StackSettings


class Connection(Protocol):
    """An open connection to a database of any kind; ``?`` stands for a value."""

    def execute(self, query: str, values: Sequence[Any] = (), /) -> Any:
        """Run a statement; the answer's rows can be read by column name and by position."""


class Deployment(Protocol):
    """
    Where the parts of an Airflow run.

    ``components`` are those that it adds to Airflow's own, by name; ``replicas`` maps each component that runs more
    than once to the names of its processes.
    """

    @property
    def components(self) -> Mapping[str, Component]:
        """Components beside those of every Airflow."""

    @property
    def replicas(self) -> Mapping[str, tuple[str, ...]]:
        """Names of the processes of a component that runs more than once."""

    def start(self, stack: StackSettings) -> None:
        """Start what has to run before Airflow does."""

    def stop(self) -> None:
        """End it, after Airflow. Does nothing if nothing runs."""

    def settings(self) -> Settings:
        """Tell what Airflow has to know of it: what differs from a database file and workers in the scheduler."""

    def prepare_database(self, version: str) -> bool:
        """Provide a database; return whether it still has to be migrated to this version of Airflow."""

    def keep_database(self) -> None:
        """Called when the database has just been migrated."""

    def connect(self, *, to_write: bool = False) -> AbstractContextManager[Connection]:
        """Open a connection to Airflow's database, closed on leaving; one to write commits then."""

    def works(self, name: str) -> bool:
        """Tell whether a process of one of ``components`` does its work."""


class LocalDeployment:
    """SQLite, and workers as children of the scheduler: everything stays in the home folder."""

    def __init__(self) -> None:
        self.components: Mapping[str, Component] = {}
        self.replicas: Mapping[str, tuple[str, ...]] = {}
        self._stack: StackSettings | None = None
        self._template: DatabaseTemplate | None = None

    def start(self, stack: StackSettings) -> None:
        """Remember where the stack is; there is nothing to start."""
        self._stack = stack

    def stop(self) -> None:
        """There is nothing to stop."""

    def settings(self) -> Settings:
        """Nothing differs."""
        return {}

    def prepare_database(self, version: str) -> bool:
        """Copy an empty database of this version from an earlier start, if there is one."""
        self._template = DatabaseTemplate(self._settings.database, version)
        return self._template.apply(fresh=self._settings.fresh)

    def keep_database(self) -> None:
        """Keep a copy for later starts."""
        assert self._template is not None
        self._template.keep()

    @contextmanager
    def connect(self, *, to_write: bool = False) -> Iterator[sqlite3.Connection]:
        """Open the file."""
        mode = "rw" if to_write else "ro"
        connection = sqlite3.connect(f"file:{self._settings.database}?mode={mode}", uri=True, timeout=30)
        connection.row_factory = sqlite3.Row
        try:
            with connection:
                yield connection
        finally:
            connection.close()

    def works(self, name: str) -> bool:
        """There are no other components."""
        raise ValueError(f"{name} is not of this deployment.")

    @property
    def _settings(self) -> StackSettings:
        assert self._stack is not None
        return self._stack
