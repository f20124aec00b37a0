from __future__ import annotations

import sys
from pathlib import Path

import pytest

from dev.matrix.cells import AIRFLOW, REAL, UNIT
from dev.matrix.parts import run_failed, run_part

PROJECT = """
[tool.pytest.ini_options]
markers = ["e2e: runs a real Airflow"]
filterwarnings = ["error"]
"""
TESTS = """
import os, warnings
import pytest

def test_good():
    assert not {"AIRFLOW_HOME", "PYTHONDONTWRITEBYTECODE"} & set(os.environ)

def test_warned_by_others():
    warnings.warn_explicit("old", DeprecationWarning, "other.py", 1, module="other_package.core")

def test_warned():
    warnings.warn_explicit("old", DeprecationWarning, "ours.py", 1, module="extend_provider.core")

@pytest.mark.skip(reason="x")
def test_skipped(): ...

@pytest.mark.e2e
def test_real(): ...
"""


@pytest.fixture
def tests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AIRFLOW_HOME", "/nowhere")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    folder = tmp_path / "project"
    (folder / "tests" / "e2e").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / "tests" / "test_all.py").write_text(TESTS)
    (folder / "tests" / "e2e" / "test_restart.py").write_text(TESTS.replace("\ndef", "\n@pytest.mark.e2e\ndef"))
    return folder


def test_results_are_counted(tests: Path, tmp_path: Path) -> None:
    result = run_part(UNIT, Path(sys.executable), tests, tmp_path)

    assert (result.passed, result.failed, result.skipped) == (2, 1, 1), (tmp_path / "unit.log").read_text()
    assert result.complete
    assert not result.good
    assert "test_warned" in (tmp_path / "unit.log").read_text()


def test_only_what_has_failed_is_run_again(tests: Path, tmp_path: Path) -> None:
    before = run_part(UNIT, Path(sys.executable), tests, tmp_path)
    (tests / "tests" / "test_all.py").write_text(TESTS.replace('module="extend_provider.core"', 'module="other.core"'))

    result = run_failed(UNIT, Path(sys.executable), tests, tmp_path, before)

    assert (result.passed, result.failed, result.skipped, result.repeated) == (3, 0, 1, 1)
    assert result.good
    assert result.seconds > before.seconds
    assert "test_good" not in (tmp_path / "unit-again.log").read_text()


def test_what_fails_again_is_no_success(tests: Path, tmp_path: Path) -> None:
    result = run_part(UNIT, Path(sys.executable), tests, tmp_path)
    for _ in range(2):
        result = run_failed(UNIT, Path(sys.executable), tests, tmp_path, result)
        assert (result.passed, result.failed, result.skipped) == (2, 1, 1)
        assert not result.good


def test_all_is_run_when_what_has_failed_has_another_name_now(tests: Path, tmp_path: Path) -> None:
    before = run_part(UNIT, Path(sys.executable), tests, tmp_path)
    (tests / "tests" / "test_all.py").write_text(TESTS.replace("def test_warned()", "def test_renamed()"))

    result = run_failed(UNIT, Path(sys.executable), tests, tmp_path, before)

    assert (result.passed, result.failed, result.skipped, result.repeated) == (2, 1, 1, 0)


def test_tests_that_use_no_airflow_can_be_left_out(tests: Path, tmp_path: Path) -> None:
    (tests / "tests" / "watch").mkdir()
    (tests / "tests" / "watch" / "test_more.py").write_text("def test_more(): ...")
    assert run_part(AIRFLOW, Path(sys.executable), tests, tmp_path).passed == 2
    assert run_part(UNIT, Path(sys.executable), tests, tmp_path).passed == 3


def test_some_tests_run_for_real(tests: Path, tmp_path: Path) -> None:
    result = run_part(REAL, Path(sys.executable), tests, tmp_path)
    assert (result.passed, result.failed, result.skipped) == (3, 1, 1), (tmp_path / "real.log").read_text()


def test_tests_that_cannot_be_collected_are_no_success(tests: Path, tmp_path: Path) -> None:
    (tests / "tests" / "test_all.py").write_text("import no_such_module")
    assert not run_part(UNIT, Path(sys.executable), tests, tmp_path).good


def test_tests_that_do_not_end_are_no_success(tests: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("dev.matrix.parts", fromlist=["_"])._PATIENCE, UNIT, 0.01)
    result = run_part(UNIT, Path(sys.executable), tests, tmp_path)
    assert (result.complete, result.good) == (False, False)


def test_the_number_of_workers_can_be_set(tests: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_XDIST_AUTO_NUM_WORKERS", "3")
    run_part(UNIT, Path(sys.executable), tests, tmp_path)
    assert "3 workers" in (tmp_path / "unit.log").read_text()
