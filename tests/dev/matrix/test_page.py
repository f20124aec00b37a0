from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dev.matrix.cells import LOWEST, PARTS, REAL, UNIT, Cell
from dev.matrix.environment_facts import Environment
from dev.matrix.page import BEGIN, END, table, write
from dev.matrix.parts import Result
from dev.matrix.releases import FLOOR, OLDEST, RELEASES
from dev.matrix.results import Results

CELL = Cell(OLDEST, "3.10", PARTS)
ENVIRONMENT = Environment(Path("python"), OLDEST.version, {"pydantic": "2.12.5", "pypdf": "6.9.1"})
GOOD = Result(passed=10, failed=0, skipped=2, seconds=61.4, processor_seconds=50, complete=True)


def test_a_table_of_what_was_run(tmp_path: Path) -> None:
    results = Results(tmp_path / "results.json", "abc")
    results.keep(CELL, ENVIRONMENT, UNIT, GOOD)

    row = table([CELL], results)[-1]

    assert row.startswith("| 2.11.2 | 3.10 | as released | pydantic, pypdf | 10 passed, 2 skipped, 61 s | not run | 2")


def test_a_package_that_adds_nothing(tmp_path: Path) -> None:
    results = Results(tmp_path / "results.json", "abc")
    results.keep(CELL, Environment(Path("python"), OLDEST.version, {}), UNIT, GOOD)

    assert "| as released | nothing | 10 passed" in table([CELL], results)[-1]


def test_the_table_tells_what_was_run_again(tmp_path: Path) -> None:
    results = Results(tmp_path / "results.json", "abc")
    results.keep(CELL, ENVIRONMENT, UNIT, replace(GOOD, repeated=1))

    assert "| 10 passed, 1 run again, 2 skipped, 61 s |" in table([CELL], results)[-1]


def test_results_outlive_the_process_but_not_the_wheel(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    Results(file, "abc").keep(CELL, ENVIRONMENT, REAL, GOOD)

    assert Results(file, "abc").get(CELL, REAL) == GOOD
    assert Results(file, "abc").get(CELL, UNIT) is None
    assert Results(file, "def").get(CELL, REAL) is None


def test_what_is_good() -> None:
    assert GOOD.good
    assert not Result(10, 1, 0, 1, 1, complete=True).good
    assert not Result(10, 0, 0, 1, 1, complete=False).good
    assert not Result(0, 0, 3, 1, 1, complete=True).good


def test_only_what_is_between_the_marks_is_written(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n\n{BEGIN}\nold\n{END}\n\nafter\n")
    results = Results(tmp_path / "results.json", "abc")
    cell = Cell(FLOOR, "3.10", PARTS, LOWEST)
    together = Environment(Path("python"), FLOOR.version, None)
    results.keep(cell, together, UNIT, Result(1, 2, 0, 3, 3, complete=True))
    results.keep(cell, together, REAL, Result(0, 0, 0, 1800, 9, complete=False))

    write(page, "a.whl", [cell], results)
    write(page, "a.whl", [cell], results)

    text = page.read_text()
    assert text.startswith(f"before\n\n{BEGIN}\n\n`a.whl`, SHA-256 `abc`:")
    assert text.endswith(f"{END}\n\nafter\n")
    assert "| lowest | not compared | 2 failed, 1 passed, 3 s | did not end, 1800 s |" in text
    assert "old" not in text
    assert "Not run" not in text
    write(page, "a.whl", [cell], results, ["3.0.6-py3.12", "2.11.0-py3.10-lowest"])
    assert "not as a whole: 3.0.6-py3.12, 2.11.0-py3.10-lowest.\n" in page.read_text()


def test_the_page_is_about_all_releases() -> None:
    page = (Path(__file__).parents[3] / "docs" / "compatibility.md").read_text()
    assert page.count(BEGIN) == page.count(END) == 1
    made = page.partition(BEGIN)[2].partition(END)[0]
    if not made.strip():
        pytest.skip("make matrix has not written its table yet")
    # A release whose cells have not run yet is named below the table.
    for release in RELEASES:
        assert f"\n| {release.version} |" in made or f" {release.version}-py" in made, release.version
    assert "failed" not in made
    assert "did not end" not in made
