"""Which Airflow is photographed: the oldest, in an environment made for it, and the newest, that of development."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from dev.matrix.cells import Cell
from dev.matrix.environment import EnvironmentBuilder
from dev.matrix.interpreters import installed_interpreters
from dev.matrix.releases import NEWEST, OLDEST
from dev.matrix.wheel import build
from dev.screenshots.error import ScreenshotError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LINES = (".".join(NEWEST.version.split(".")[:2]), ".".join(OLDEST.version.split(".")[:2]))
"""Lines of Airflow releases that are photographed."""


def interpreter(line: str, root: Path, folder: Path, given: Mapping[str, str]) -> str:
    """
    Find or make an interpreter with Airflow and this package.

    :param line: one of :data:`LINES`.
    :param root: of the project.
    :param folder: where an environment is made.
    :param given: line to interpreter, for those that need not be made.
    :return: path of the interpreter.
    """
    if line in given:
        return given[line]
    if line == LINES[0]:
        return sys.executable
    found = installed_interpreters(OLDEST.pythons)
    if not found:
        raise ScreenshotError(f"Airflow {OLDEST.version} needs one of these Pythons: {', '.join(OLDEST.pythons)}")
    version, python = next(reversed(found.items()))
    built = build(root, folder / "dist")
    return str(EnvironmentBuilder(Cell(OLDEST, version, ()), folder / "environment", python, built).ready().python)
