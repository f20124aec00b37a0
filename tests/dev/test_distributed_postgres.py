"""PostgreSQL, used as SQLite is; a real server is what ``make distributed`` runs on."""

from __future__ import annotations

from typing import Any

from pytest_mock import MockerFixture

from dev.distributed.postgres import PostgresConnection


def test_placeholders_are_those_of_sqlite(mocker: MockerFixture) -> None:
    raw: Any = mocker.Mock()

    rows = PostgresConnection(raw).execute("SELECT id FROM t WHERE name LIKE 'a%' AND id = ?", [7])

    cursor = raw.cursor.return_value
    assert rows is cursor
    cursor.execute.assert_called_once_with("SELECT id FROM t WHERE name LIKE 'a%%' AND id = %s", (7,))
