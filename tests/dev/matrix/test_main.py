from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("uv", reason="uv makes the environments; only the development environment has it")

from dev.matrix import __main__ as command
from dev.matrix.cells import PARTS, REAL, UNIT
from dev.matrix.environment import PinChangedError
from dev.matrix.environment_facts import Environment
from dev.matrix.page import BEGIN, END
from dev.matrix.parts import Result
from dev.matrix.wheel import Built

GOOD = Result(passed=5, failed=0, skipped=0, seconds=1, processor_seconds=1, complete=True)
BAD = Result(passed=4, failed=1, skipped=0, seconds=1, processor_seconds=1, complete=True)


@pytest.fixture
def matrix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A machine with Python 3.12; what was run, and what comes of it by part, can be read and set."""
    known: dict[str, Any] = {"runs": [], UNIT: GOOD, REAL: GOOD, "error": None, "page": tmp_path / "page.md"}
    known["page"].write_text(f"{BEGIN}\n{END}\n")

    class Builder:
        def __init__(self, cell: Any, folder: Path, *_: Any) -> None:
            self.cell, self.folder = cell, folder

        def ready(self) -> Environment:
            if known["error"]:
                raise known["error"]
            self.folder.mkdir(exist_ok=True)
            return Environment(self.folder, self.cell.release.version, {})

    def run(part: str, python: Path, tests: Path, folder: Path) -> Result:
        known["runs"].append((python.name, part))
        (folder / f"{part}.log").write_text("what pytest said")
        result: Result = known[part.partition(",")[0]]
        return result

    monkeypatch.setattr(command, "ROOT", tmp_path)
    monkeypatch.setattr(command, "FOLDER", tmp_path)
    monkeypatch.setattr(command, "PAGE", known["page"])
    monkeypatch.setattr(command, "installed_interpreters", lambda _: {"3.12": Path("python3.12")})
    monkeypatch.setattr(command, "build", lambda *_: Built(Path("a.whl"), "abc", tmp_path))
    monkeypatch.setattr(command, "EnvironmentBuilder", Builder)

    def run_failed(part: str, python: Path, tests: Path, folder: Path, known_result: Result) -> Result:
        assert known_result.failed
        return run(f"{part}, what failed", python, tests, folder)

    monkeypatch.setattr(command, "run_part", run)
    monkeypatch.setattr(command, "run_failed", run_failed)
    return known


def test_the_whole_matrix_is_run_and_written_down(matrix: dict[str, Any]) -> None:
    assert command.main([]) == 0

    assert ("3.1.8-py3.12", UNIT) in matrix["runs"]
    assert len(matrix["runs"]) == (5 + 2) * len(PARTS)
    assert matrix["page"].read_text().count("5 passed") == len(matrix["runs"])


def test_what_has_passed_with_this_wheel_is_not_run_again(matrix: dict[str, Any], capsys: Any) -> None:
    command.main(["--airflow", "3.1.8"])
    matrix["runs"].clear()

    assert command.main(["--airflow", "3.1.8"]) == 0
    assert matrix["runs"] == []
    assert "has passed with this wheel" in capsys.readouterr().out
    assert command.main(["--airflow", "3.1.8", "--again"]) == 0
    assert len(matrix["runs"]) == len(PARTS)


def test_some_of_it_is_shown_but_not_written(matrix: dict[str, Any], capsys: Any) -> None:
    assert command.main(["--airflow", "3.1.8", "--only", UNIT]) == 0

    assert matrix["runs"] == [("3.1.8-py3.12", UNIT)]
    assert "| 3.1.8 | 3.12 | as released | nothing | 5 passed, 1 s | not run |" in capsys.readouterr().out
    assert "5 passed" not in matrix["page"].read_text()
    assert command.main(["--airflow", "3.1.8", "--only", UNIT, "--write"]) == 0
    assert matrix["page"].read_text().count("5 passed") == 1


def test_a_failure_is_shown_and_is_the_end_of_the_command_but_not_of_the_rest(
    matrix: dict[str, Any], capsys: Any
) -> None:
    matrix[UNIT] = BAD

    assert command.main(["--airflow", "3.1.8"]) == 1

    assert [part for _, part in matrix["runs"]] == list(PARTS)
    assert "what pytest said" in capsys.readouterr().out
    matrix[UNIT] = GOOD
    assert command.main(["--airflow", "3.1.8"]) == 0
    assert [part for _, part in matrix["runs"][len(PARTS) :]] == [f"{UNIT}, what failed"]


def test_all_of_it_is_run_again_when_that_is_asked_for(matrix: dict[str, Any]) -> None:
    matrix[UNIT] = BAD
    command.main(["--airflow", "3.1.8"])
    matrix["runs"].clear()

    command.main(["--airflow", "3.1.8", "--again"])

    assert [part for _, part in matrix["runs"]] == list(PARTS)


def test_what_did_not_end_is_run_as_a_whole(matrix: dict[str, Any]) -> None:
    matrix[UNIT] = replace(BAD, complete=False, failed=0)
    command.main(["--airflow", "3.1.8"])
    matrix["runs"].clear()

    command.main(["--airflow", "3.1.8"])

    assert [part for _, part in matrix["runs"]] == [UNIT]


def test_an_environment_that_cannot_be_made_is_a_failure(matrix: dict[str, Any], capsys: Any) -> None:
    matrix["error"] = PinChangedError("httpx changed")
    assert command.main(["--airflow", "3.1.8"]) == 1
    assert "httpx changed" in capsys.readouterr().out


def test_a_list_runs_nothing(matrix: dict[str, Any], capsys: Any) -> None:
    assert command.main(["--ci", "--list"]) == 0
    assert matrix["runs"] == []
    listed = capsys.readouterr().out
    assert "Python 3.10 is not installed: left out." in listed
    assert "3.1.8-py3.12           airflow, real" in listed


def test_an_empty_choice_is_an_error(matrix: dict[str, Any]) -> None:
    assert command.main(["--python", "3.13"]) == 1
