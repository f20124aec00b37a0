"""Remembers what has been run with a wheel, so that a matrix can be run in several goes."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from dev.matrix.parts import Result

if TYPE_CHECKING:
    from pathlib import Path

    from dev.matrix.cells import Cell
    from dev.matrix.environment_facts import Environment


class Results:
    """
    The results for one wheel; those of another one are forgotten.

    :param file: where they are kept.
    :param sha256: of the wheel.
    """

    def __init__(self, file: Path, sha256: str) -> None:
        self._file, self.sha256 = file, sha256
        known = json.loads(file.read_text()) if file.exists() else {}
        self._cells: dict[str, dict[str, Any]] = known["cells"] if known.get("sha256") == sha256 else {}

    def get(self, cell: Cell, part: str) -> Result | None:
        """Return the result of a part; None if it has not been run."""
        known = self._cells.get(cell.name, {}).get("parts", {}).get(part)
        return Result(**known) if known else None

    def environment(self, cell: Cell) -> dict[str, Any]:
        """Return ``airflow``, ``added`` and ``date`` of a cell that has been run."""
        return self._cells[cell.name]

    def keep(self, cell: Cell, environment: Environment, part: str, result: Result) -> None:
        """Remember a result."""
        known = self._cells.setdefault(cell.name, {"parts": {}})
        known["airflow"] = environment.airflow
        known["added"] = None if environment.added is None else dict(environment.added)
        known["date"] = f"{datetime.now(timezone.utc):%Y-%m-%d}"
        known["parts"][part] = asdict(result)
        self._file.write_text(json.dumps({"sha256": self.sha256, "cells": self._cells}, indent=1))
