"""Keeps an empty, migrated database per Airflow version in the home folder: only the first start has to migrate."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class DatabaseTemplate:
    """
    The template of one database.

    :param database: the SQLite file that Airflow works with.
    :param version: of Airflow.
    """

    def __init__(self, database: Path, version: str) -> None:
        self._database = database
        self._template = database.with_name(f"migrated-{version}.db")
        self._is_new = False

    def apply(self, *, fresh: bool) -> bool:
        """
        Put an empty database in place if there is none.

        :param fresh: True to put one in place of what is there.
        :return: True if the database still has to be migrated.
        """
        if fresh:
            for suffix in ("", "-wal", "-shm"):
                self._database.with_name(self._database.name + suffix).unlink(missing_ok=True)
        self._is_new = not self._database.exists()
        if not self._template.exists():
            return True
        if self._is_new:
            shutil.copyfile(self._template, self._database)
        return False

    def keep(self) -> None:
        """Make the database, just migrated, the template of later ones, if it was a new one."""
        with closing(sqlite3.connect(self._database)) as connection:
            # Readers and a writer at the same time; the mode stays with the file. Airflow 3 sets it itself.
            connection.execute("PRAGMA journal_mode=WAL")
            if self._is_new:
                unfinished = self._template.with_suffix(".part")
                with closing(sqlite3.connect(unfinished)) as copy:
                    connection.backup(copy)
                unfinished.replace(self._template)
