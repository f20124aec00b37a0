from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("uv", reason="uv makes the environments; only the development environment has it")

from dev.matrix.releases import NEWEST, OLDEST
from dev.screenshots import interpreters

NEW, OLD = interpreters.LINES


def test_the_newest_and_the_oldest_airflow_are_photographed() -> None:
    assert NEWEST.version.startswith(f"{NEW}.")
    assert OLDEST.version.startswith(f"{OLD}.")


def test_the_newest_is_that_of_development(tmp_path: Path) -> None:
    assert interpreters.interpreter(NEW, tmp_path, tmp_path, {}) == sys.executable


def test_one_that_is_given_is_used(tmp_path: Path) -> None:
    assert interpreters.interpreter(OLD, tmp_path, tmp_path, {OLD: "/venv/bin/python"}) == "/venv/bin/python"
    assert list(tmp_path.iterdir()) == []


def test_the_oldest_gets_an_environment_of_its_own(tmp_path: Path, mocker: Any) -> None:
    mocker.patch.object(interpreters, "installed_interpreters", return_value={"3.10": "/p310", "3.12": "/p312"})
    mocker.patch.object(interpreters, "build", return_value="built")
    builder = mocker.patch.object(interpreters, "EnvironmentBuilder")
    builder.return_value.ready.return_value.python = tmp_path / "python"

    assert interpreters.interpreter(OLD, tmp_path, tmp_path, {}) == str(tmp_path / "python")

    cell, *others = builder.call_args.args
    assert (cell.release, cell.python) == (OLDEST, "3.12")
    assert others == [tmp_path / "environment", "/p312", "built"]
