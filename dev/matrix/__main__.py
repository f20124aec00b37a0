"""The command: ``python -m dev.matrix --help``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dev.matrix.cells import ALL_PARTS, DEPENDENCIES, Cell, all_cells, cells_for_ci, choose
from dev.matrix.environment import EnvironmentBuilder, PinChangedError
from dev.matrix.interpreters import installed_interpreters
from dev.matrix.page import table, write
from dev.matrix.parts import run_failed, run_part
from dev.matrix.releases import RELEASES
from dev.matrix.results import Results
from dev.matrix.uv import UvError
from dev.matrix.wheel import Built, build

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build" / "matrix"
PAGE = ROOT / "docs" / "compatibility.md"
_PYTHONS = sorted({python for release in RELEASES for python in release.pythons}, key=lambda text: text.split("."))
_SHOWN_LINES = 40


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run the matrix, or what was chosen of it.

    :param arguments: of the command; default: those of this process.
    :return: 0 if everything chosen has passed, else 1.
    """
    options = _parser().parse_args(arguments)
    interpreters = installed_interpreters(_PYTHONS)
    for python in sorted(set(_PYTHONS) - set(interpreters)):
        print(f"Python {python} is not installed: left out.")
    whole = all_cells(interpreters)
    chosen = choose(
        cells_for_ci(whole) if options.ci else whole,
        options.airflow,
        options.python,
        options.dependencies,
        options.only,
    )
    if not chosen:
        print("There is nothing of that kind in the matrix; see --list.")
        return 1
    if options.list:
        print(*(f"{cell.name:<22} {', '.join(cell.parts)}" for cell in chosen), sep="\n")
        return 0
    built = build(ROOT, FOLDER / "dist")
    print(f"{built.wheel.name}, SHA-256 {built.sha256}", flush=True)
    results = Results(FOLDER / "results.json", built.sha256)
    good = [_run(cell, interpreters[cell.python], built, results, again=options.again) for cell in chosen]
    _report(chosen, whole, built, results, write_some=options.write)
    return 0 if all(good) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dev.matrix", description=__doc__)
    versions = [release.version for release in RELEASES]
    parser.add_argument("--airflow", nargs="+", choices=versions, default=[], help="only these releases of Airflow")
    parser.add_argument("--python", nargs="+", choices=_PYTHONS, default=[], help="only these Pythons")
    parser.add_argument("--dependencies", nargs="+", choices=DEPENDENCIES, default=[], help="only with these")
    parser.add_argument(
        "--only",
        choices=ALL_PARTS,
        help="only tests without (unit) or with a running Airflow (real), or the unit tests that use it",
    )
    parser.add_argument("--ci", action="store_true", help="the smaller matrix of CI")
    parser.add_argument("--again", action="store_true", help="all of it, also what has passed with this wheel")
    parser.add_argument("--write", action="store_true", help="write the page even if not everything has been run")
    parser.add_argument("--list", action="store_true", help="only list what would be run")
    return parser


def _run(cell: Cell, interpreter: Path, built: Built, results: Results, *, again: bool) -> bool:
    """Run a cell; tell what comes of it; return whether it is good."""
    to_run = []
    for part in cell.parts:
        known = results.get(cell, part)
        if again or known is None or not known.good:
            to_run.append(part)
    if not to_run:
        print(f"{cell.name}: has passed with this wheel", flush=True)
        return True
    print(f"{cell.name}: installing", flush=True)
    folder = FOLDER / cell.name
    try:
        environment = EnvironmentBuilder(cell, folder, interpreter, built).ready()
    except (PinChangedError, UvError) as error:
        print(f"{cell.name}: {error}")
        return False
    good = True
    for part in to_run:
        known = None if again else results.get(cell, part)
        place = (part, environment.python, built.tests, folder)
        result = run_failed(*place, known) if known and known.failed else run_part(*place)
        results.keep(cell, environment, part, result)
        print(f"{cell.name}: {part}: {result}", flush=True)
        if not result.good:
            good = False
            log = max(folder.glob(f"{part}*.log"), key=lambda file: file.stat().st_mtime)
            print(*log.read_text(errors="replace").splitlines()[-_SHOWN_LINES:], f"All of it: {log}", sep="\n")
    return good


def _report(chosen: list[Cell], whole: list[Cell], built: Built, results: Results, *, write_some: bool) -> None:
    """Show the table of what was chosen; write the page if everything there is has been run with this wheel."""
    print("", *table(_known(chosen, results), results), "", sep="\n")
    missing = [cell.name for cell in whole if not all(results.get(cell, part) for part in cell.parts)]
    if missing:
        print(f"Not all has been run with this wheel: {', '.join(missing)}.")
    if missing and not write_some:
        print(f"So {PAGE.relative_to(ROOT)} stays as it is; --write would write what there is.")
    else:
        write(PAGE, built.wheel.name, _known(whole, results), results, missing)
        print(f"Written to {PAGE.relative_to(ROOT)}.")


def _known(cells: list[Cell], results: Results) -> list[Cell]:
    return [cell for cell in cells if any(results.get(cell, part) for part in ALL_PARTS)]


if __name__ == "__main__":
    sys.exit(main())
