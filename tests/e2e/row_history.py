"""Remembers every value that a row of Airflow's database ever had."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dev.airflow_deployment import Connection
    from dev.airflow_stack import AirflowStack

HISTORY = "e2e_history"
_REMEMBER = f"""
CREATE FUNCTION {HISTORY}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO {HISTORY}
        SELECT TG_TABLE_NAME || '.' || entry.key, entry.value FROM jsonb_each_text(to_jsonb(NEW)) AS entry
        WHERE TG_OP = 'INSERT' OR entry.value IS DISTINCT FROM to_jsonb(OLD) ->> entry.key;
    RETURN NULL;
END $$
"""


def keep_row_history(stack: AirflowStack) -> None:
    """
    Keep from now on what is written.

    Airflow deletes triggers and empties ``next_kwargs`` when they have served, so that a look at the end would miss
    them. SQL triggers see each value in the moment it is written, whichever process writes it.
    """
    with stack.database(to_write=True) as database:
        tables = _tables(database)
        database.execute(f"CREATE TABLE {HISTORY} (place TEXT, value TEXT)")
        keep = _keep_on_sqlite if _is_sqlite(database) else _keep_on_postgres
        keep(database, tables)


def stored_values(stack: AirflowStack) -> Iterator[tuple[str, str]]:
    """
    Read all tables without exception, and what has been in them.

    :return: pairs of place (``table.column``) and value as text.
    """
    with stack.database() as database:
        as_text = "" if _is_sqlite(database) else "::text"  # psycopg2 would make objects of JSON
        for table, columns in _tables(database).items():
            if table == HISTORY:
                yield from _pairs(database.execute(f"SELECT place, value FROM {HISTORY}"))
                continue
            for name in columns:
                yield from _pairs(database.execute(f'SELECT \'{table}.{name}\', "{name}"{as_text} FROM "{table}"'))


def _keep_on_sqlite(database: Connection, tables: dict[str, list[str]]) -> None:
    for table, columns in tables.items():
        inserted = [f"INSERT INTO {HISTORY} SELECT '{table}.{name}', NEW.\"{name}\"" for name in columns]
        changed = [f'WHERE NEW."{name}" IS NOT OLD."{name}"' for name in columns]
        updated = [f"{insert} {where}" for insert, where in zip(inserted, changed, strict=True)]
        for event, statements in (("INSERT", inserted), ("UPDATE", updated)):
            body = "; ".join(statements)
            database.execute(f'CREATE TRIGGER "{HISTORY}_{event}_{table}" AFTER {event} ON "{table}" BEGIN {body}; END')


def _keep_on_postgres(database: Connection, tables: dict[str, list[str]]) -> None:
    database.execute(_REMEMBER)
    for table in tables:
        database.execute(
            f'CREATE TRIGGER {HISTORY} AFTER INSERT OR UPDATE ON "{table}" FOR EACH ROW EXECUTE FUNCTION {HISTORY}()'
        )


def _is_sqlite(database: Connection) -> bool:
    return isinstance(database, sqlite3.Connection)


def _tables(database: Connection) -> dict[str, list[str]]:
    """Table to columns."""
    if not _is_sqlite(database):
        query = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        found: dict[str, list[str]] = {}
        for table, column in database.execute(query).fetchall():
            found.setdefault(table, []).append(column)
        return found
    names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return {
        name: [column[1] for column in database.execute(f'PRAGMA table_info("{name}")').fetchall()]
        for (name,) in names.fetchall()
    }


def _pairs(rows: Iterable[Any]) -> Iterator[tuple[str, str]]:
    for place, value in rows:
        if value is not None:
            yield place, _as_text(value)


def _as_text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    text = str(value)
    # PostgreSQL writes bytes, such as the results of Celery's tasks, as hexadecimal digits.
    return bytes.fromhex(text[2:]).decode("latin-1") if text.startswith("\\x") else text
