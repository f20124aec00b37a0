"""The cells of the matrix, and the choice of those to run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dev.matrix.releases import FLOOR, MIDDLE, NEWEST, OLDEST, RELEASES, Release

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

UNIT, AIRFLOW, REAL = "unit", "airflow", "real"
PARTS = (UNIT, REAL)
"""What is run in a cell: the tests without, and some of those with a running Airflow."""

ALL_PARTS = (UNIT, AIRFLOW, REAL)
"""What can be run in a cell: also those of the tests without a running Airflow that use Airflow."""

AS_RELEASED, LOWEST, LATEST = "as released", "lowest", "newest"
DEPENDENCIES = (AS_RELEASED, LOWEST, LATEST)
"""
Which versions of the dependencies: those of the day of the Airflow release; the lowest that this package admits, also
of Airflow; the newest of today.
"""


@dataclass(frozen=True)
class Cell:
    """
    An environment, and what to run in it.

    :param release: of Airflow.
    :param python: for example ``3.12``.
    :param parts: to run.
    :param dependencies: one of :data:`DEPENDENCIES`.
    """

    release: Release
    python: str
    parts: tuple[str, ...]
    dependencies: str = AS_RELEASED

    @property
    def name(self) -> str:
        """Name of its folder."""
        suffix = "" if self.dependencies == AS_RELEASED else f"-{self.dependencies}"
        return f"{self.release.version}-py{self.python}{suffix}"


def all_cells(installed: Collection[str]) -> list[Cell]:
    """
    List the whole matrix.

    :param installed: the Pythons there are, for example ``{"3.10", "3.12"}``.
    :return: for each release a cell per Python, the tests with a running Airflow in that of its newest Python; then
        those with the lowest and the newest dependencies.
    """
    return list(_cells(installed))


def _cells(installed: Collection[str]) -> Iterator[Cell]:
    for release in RELEASES:
        pythons = [python for python in release.pythons if python in installed]
        for python in pythons:
            yield Cell(release, python, PARTS if python == pythons[-1] else (UNIT,))
    if oldest := [python for python in FLOOR.pythons if python in installed]:
        yield Cell(FLOOR, oldest[0], PARTS, LOWEST)
    if newest := [python for python in NEWEST.pythons if python in installed]:
        yield Cell(NEWEST, newest[-1], PARTS, LATEST)


def cells_for_ci(cells: list[Cell]) -> list[Cell]:
    """
    Choose what fits into CI.

    :param cells: the whole matrix.
    :return: each release with its oldest Python: the tests that use Airflow, and those with a running one on the oldest
        release and one in the middle.
    """
    chosen: dict[str, Cell] = {}
    for cell in cells:
        if cell.dependencies != AS_RELEASED:
            continue
        parts = (AIRFLOW, REAL) if cell.release in {OLDEST, MIDDLE} else (AIRFLOW,)
        chosen.setdefault(cell.release.version, Cell(cell.release, cell.python, parts))
    return list(chosen.values())


def choose(
    cells: list[Cell],
    airflow: Collection[str] = (),
    python: Collection[str] = (),
    dependencies: Collection[str] = (),
    only: str | None = None,
) -> list[Cell]:
    """
    Choose cells; what is not given does not restrict the choice.

    :param cells: to choose from.
    :param airflow: versions of Airflow.
    :param python: versions of Python.
    :param dependencies: of :data:`DEPENDENCIES`.
    :param only: part to run; also in cells that the whole matrix would not run it in, if ``python`` is given.
    :return: the chosen cells.
    """
    chosen = []
    for cell in cells:
        parts = cell.parts
        if only:
            parts = (only,) if python or only == AIRFLOW or only in cell.parts else ()
        if (
            (not airflow or cell.release.version in airflow)
            and (not python or cell.python in python)
            and (not dependencies or cell.dependencies in dependencies)
            and parts
        ):
            chosen.append(Cell(cell.release, cell.python, parts, cell.dependencies))
    return chosen
