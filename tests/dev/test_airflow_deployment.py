"""The deployment that keeps everything in the home folder."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from dev.airflow_deployment import LocalDeployment
from dev.airflow_settings import StackSettings


@pytest.fixture
def local(tmp_path: Path) -> LocalDeployment:
    deployment = LocalDeployment()
    deployment.start(StackSettings(home=tmp_path, dags_folder=tmp_path / "dags"))
    assert deployment.prepare_database("3.3.2"), "an empty one has to be migrated"
    with sqlite3.connect(tmp_path / "airflow.db") as database:
        database.execute("CREATE TABLE job (name TEXT)")
    deployment.keep_database()
    return deployment


def test_what_is_written_is_kept(local: LocalDeployment) -> None:
    with local.connect(to_write=True) as database:
        database.execute("INSERT INTO job VALUES (?)", ("scheduler",))

    with local.connect() as database:
        (row,) = database.execute("SELECT name FROM job").fetchall()
    assert row["name"] == row[0] == "scheduler"


def test_a_reader_cannot_write(local: LocalDeployment) -> None:
    with local.connect() as database, pytest.raises(sqlite3.OperationalError, match="readonly"):
        database.execute("INSERT INTO job VALUES ('x')")


def test_the_next_start_needs_no_migration(local: LocalDeployment, tmp_path: Path) -> None:
    (tmp_path / "airflow.db").unlink()

    assert not local.prepare_database("3.3.2")
    with local.connect() as database:
        assert database.execute("SELECT name FROM job").fetchall() == []


def test_there_is_nothing_beside_airflow(local: LocalDeployment) -> None:
    assert (local.components, local.replicas, local.settings()) == ({}, {}, {})
