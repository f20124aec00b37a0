from __future__ import annotations

from pathlib import Path

import pytest

from dev.matrix.cells import AIRFLOW, AS_RELEASED, LATEST, LOWEST, PARTS, REAL, UNIT, all_cells, cells_for_ci, choose
from dev.matrix.releases import FLOOR, NEWEST, OLDEST, RELEASES

PYTHONS = {"3.10", "3.11", "3.12", "3.13"}


def test_every_release_with_every_python_that_it_supports() -> None:
    tested = [(cell.release.version, cell.python) for cell in all_cells(PYTHONS) if cell.dependencies == AS_RELEASED]
    assert tested == [(release.version, python) for release in RELEASES for python in release.pythons]
    assert len(tested) == 18


def test_each_release_runs_for_real_with_one_python() -> None:
    real = [cell for cell in all_cells(PYTHONS) if REAL in cell.parts and cell.dependencies == AS_RELEASED]
    assert [cell.release for cell in real] == list(RELEASES)
    assert all(UNIT in cell.parts for cell in all_cells(PYTHONS))


def test_the_ends_of_what_the_package_admits() -> None:
    (lowest,) = [cell for cell in all_cells(PYTHONS) if cell.dependencies == LOWEST]
    (newest,) = [cell for cell in all_cells(PYTHONS) if cell.dependencies == LATEST]
    assert (lowest.release, lowest.python, lowest.parts) == (FLOOR, "3.10", PARTS)
    assert (newest.release, newest.python, newest.parts) == (NEWEST, "3.13", PARTS)


def test_the_floor_is_that_of_the_package() -> None:
    told = (Path(__file__).parents[3] / "pyproject.toml").read_text()
    assert f'"apache-airflow>={FLOOR.version.removesuffix(".0")}"' in told
    assert FLOOR.pythons == OLDEST.pythons


def test_a_python_that_is_not_installed_is_left_out() -> None:
    cells = all_cells({"3.11", "3.13"})
    assert {cell.python for cell in cells} == {"3.11", "3.13"}
    assert [cell.python for cell in cells if cell.release in {OLDEST, FLOOR} and REAL in cell.parts] == ["3.11", "3.11"]
    assert all_cells(set()) == []


def test_ci_runs_each_release_once_and_two_for_real() -> None:
    cells = cells_for_ci(all_cells(PYTHONS))
    assert [(cell.release.version, cell.python) for cell in cells] == [(known.version, "3.10") for known in RELEASES]
    assert [cell.release.version for cell in cells if REAL in cell.parts] == ["2.11.2", "3.1.8"]
    assert all(AIRFLOW in cell.parts for cell in cells)


@pytest.mark.parametrize(
    ("choice", "names"),
    [
        ({"airflow": ["3.0.6"], "python": ["3.10", "3.13"]}, ["3.0.6-py3.10"]),
        ({"only": REAL, "airflow": ["3.1.8"]}, ["3.1.8-py3.13"]),
        ({"only": REAL, "airflow": ["3.1.8"], "python": ["3.10"]}, ["3.1.8-py3.10"]),
        ({"only": AIRFLOW, "airflow": ["3.1.8"], "python": ["3.10"]}, ["3.1.8-py3.10"]),
        ({"dependencies": [LOWEST, LATEST]}, ["2.11.0-py3.10-lowest", "3.3.2-py3.13-newest"]),
        ({"airflow": ["2.11.2"], "python": ["3.13"]}, []),
    ],
)
def test_choosing(choice: dict[str, list[str]], names: list[str]) -> None:
    assert [cell.name for cell in choose(all_cells(PYTHONS), **choice)] == names


def test_names_are_unique() -> None:
    names = [cell.name for cell in all_cells(PYTHONS)]
    assert len(set(names)) == len(names)
