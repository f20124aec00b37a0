"""Writes what was run into ``docs/compatibility.md``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dev.matrix.cells import AIRFLOW, REAL, UNIT, Cell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from dev.matrix.parts import Result
    from dev.matrix.results import Results

BEGIN = "<!-- make matrix writes from here -->"
END = "<!-- to here -->"
_HEAD = (
    "| Airflow | Python | dependencies | added to Airflow | unit tests | real Airflow | date |",
    "|---|---|---|---|---|---|---|",
)


def table(cells: list[Cell], results: Results) -> list[str]:
    """
    Make the table.

    :param cells: its rows.
    :param results: of what was run; also of a part that is not run there.
    :return: its lines.
    """
    return [*_HEAD, *(_row(cell, results) for cell in cells)]


def write(page: Path, wheel: str, cells: list[Cell], results: Results, missing: Sequence[str] = ()) -> None:
    """
    Put the table between the marks of the page.

    :param page: to change.
    :param wheel: name of the wheel.
    :param cells: rows of the table.
    :param results: of what was run.
    :param missing: names of the cells that were not run, or not as a whole; the page tells.
    """
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    lines = [BEGIN, "", f"`{wheel}`, SHA-256 `{results.sha256}`:", "", *table(cells, results), ""]
    if missing:
        lines += [f"Not run with this wheel, or not as a whole: {', '.join(missing)}.", ""]
    lines.append(END)
    page.write_text(before + "\n".join(lines) + after)


def _row(cell: Cell, results: Results) -> str:
    known = results.environment(cell)
    columns = [known["airflow"], cell.python, cell.dependencies, _added(known["added"])]
    some = results.get(cell, AIRFLOW)
    whole = results.get(cell, UNIT)
    unit = f"{_cell(some)} (those that use Airflow)" if some and not whole else _cell(whole)
    columns += [unit, _cell(results.get(cell, REAL))]
    return f"| {' | '.join([*columns, known['date']])} |"


def _added(packages: Mapping[str, str] | None) -> str:
    if packages is None:
        return "not compared"
    return ", ".join(sorted(packages)) or "nothing"


def _cell(result: Result | None) -> str:
    if result is None:
        return "not run"
    if not result.complete:
        return f"did not end, {result.seconds:.0f} s"
    parts = [f"{result.failed} failed" if result.failed else "", f"{result.passed} passed"]
    parts += [f"{result.repeated} run again" if result.repeated else ""]
    parts += [f"{result.skipped} skipped" if result.skipped else "", f"{result.seconds:.0f} s"]
    return ", ".join(part for part in parts if part)
