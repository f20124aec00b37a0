"""Databases that need no migration."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from dev.airflow_template import DatabaseTemplate


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "airflow.db"


def write(database: Path, table: str) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(f"CREATE TABLE {table} (id)")


def tables(database: Path) -> set[str]:
    with closing(sqlite3.connect(database)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}


def migrate(database: Path, version: str) -> None:
    template = DatabaseTemplate(database, version)
    assert template.apply(fresh=False), "there is no template to copy yet"
    write(database, "migrated")
    template.keep()


def test_a_used_database_is_kept(database: Path) -> None:
    migrate(database, "3.3.2")
    write(database, "used")

    assert not DatabaseTemplate(database, "3.3.2").apply(fresh=False)
    assert tables(database) == {"migrated", "used"}


def test_a_missing_database_is_copied_from_the_template(database: Path) -> None:
    migrate(database, "3.3.2")
    write(database, "used")
    database.unlink()

    assert not DatabaseTemplate(database, "3.3.2").apply(fresh=False)
    assert tables(database) == {"migrated"}


def test_a_fresh_start_drops_what_is_there(database: Path) -> None:
    migrate(database, "3.3.2")
    write(database, "used")

    assert not DatabaseTemplate(database, "3.3.2").apply(fresh=True)
    assert tables(database) == {"migrated"}


def test_another_version_migrates_and_does_not_take_a_used_database_as_template(database: Path) -> None:
    migrate(database, "3.3.1")
    write(database, "used")
    newer = DatabaseTemplate(database, "3.3.2")

    assert newer.apply(fresh=False)
    newer.keep()

    assert DatabaseTemplate(database, "3.3.2").apply(fresh=False), "still no template of its own"
    assert tables(database) == {"migrated", "used"}


def test_an_interrupted_migration_leaves_no_template(database: Path) -> None:
    assert DatabaseTemplate(database, "3.3.2").apply(fresh=False)
    write(database, "half")

    assert DatabaseTemplate(database, "3.3.2").apply(fresh=False)


def test_readers_do_not_lock_writers_out(database: Path) -> None:
    migrate(database, "2.11.2")

    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
