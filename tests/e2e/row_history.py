"""Remembers every value that a row of Airflow's database ever had."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dev.airflow_stack import AirflowStack

HISTORY = "e2e_history"


def keep_row_history(stack: AirflowStack) -> None:
    """
    Keep from now on what is written.

    Airflow deletes triggers and empties ``next_kwargs`` when they have served, so that a look at the end would miss
    them. SQL triggers see each value in the moment it is written, whichever process writes it.
    """
    with stack.database() as database:
        path = next(row["file"] for row in database.execute("PRAGMA database_list") if row["name"] == "main")
    with closing(sqlite3.connect(path, timeout=60)) as database, database:
        tables = _tables(database)
        database.execute(f"CREATE TABLE {HISTORY} (place TEXT, value)")
        for table, columns in tables.items():
            inserted = [f"INSERT INTO {HISTORY} SELECT '{table}.{name}', NEW.\"{name}\"" for name in columns]
            changed = [f'WHERE NEW."{name}" IS NOT OLD."{name}"' for name in columns]
            updated = [f"{insert} {where}" for insert, where in zip(inserted, changed, strict=True)]
            for event, statements in (("INSERT", inserted), ("UPDATE", updated)):
                body = "; ".join(statements)
                database.execute(
                    f'CREATE TRIGGER "{HISTORY}_{event}_{table}" AFTER {event} ON "{table}" BEGIN {body}; END'
                )


def stored_values(stack: AirflowStack) -> Iterator[tuple[str, str]]:
    """
    Read all tables without exception, and what has been in them.

    :return: pairs of place (``table.column``) and value as text.
    """
    with stack.database() as database:
        for table, columns in _tables(database).items():
            if table == HISTORY:
                yield from _pairs(database.execute(f"SELECT place, value FROM {HISTORY}"))
                continue
            for name in columns:
                yield from _pairs(database.execute(f'SELECT \'{table}.{name}\', "{name}" FROM "{table}"'))


def _tables(database: sqlite3.Connection) -> dict[str, list[str]]:
    """Table to columns."""
    names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return {
        name: [column[1] for column in database.execute(f'PRAGMA table_info("{name}")').fetchall()]
        for (name,) in names.fetchall()
    }


def _pairs(rows: sqlite3.Cursor) -> Iterator[tuple[str, str]]:
    for place, value in rows:
        if value is not None:
            yield place, value.decode("latin-1") if isinstance(value, bytes) else str(value)
