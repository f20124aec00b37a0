"""
The plan of kills on disk: a file for each. The process that renames it away carries the kill out, so each happens once.

Imported in Airflow's processes too: needs nothing but Python.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FOLDER_VARIABLE = "EXTEND_CHAOS_FOLDER"
"""Environment variable with the folder of the tokens, for the processes to be killed."""

PROCESS = "process"
SUPERVISOR = "supervisor"
BOTH = "both"


@dataclass(frozen=True)
class Kill:
    """
    A planned kill.

    :param point: name of the point.
    :param task: the task instance that has to reach it: ``group.task[index]``.
    :param victim: ``process`` (that which comes to the point), ``supervisor`` (Airflow's process above it) or ``both``.
    :param delay: seconds from the point to the kill, where the process goes on by itself.
    """

    point: str
    task: str
    victim: str = PROCESS
    delay: float = 0.0

    @property
    def file_name(self) -> str:
        """Name of its token."""
        return f"{self.point}@{self.task}"


class Tokens:
    """
    The tokens in a folder: planned ones in ``planned``, those of kills that took place in ``done``.

    :param folder: created if absent.
    """

    def __init__(self, folder: Path) -> None:
        self._planned = folder / "planned"
        self._done = folder / "done"
        for sub_folder in (self._planned, self._done):
            sub_folder.mkdir(parents=True, exist_ok=True)

    def plan(self, kill: Kill) -> None:
        """Add a kill; its file appears whole."""
        unfinished = self._done.with_name(kill.file_name)
        unfinished.write_text(json.dumps({"victim": kill.victim, "delay": kill.delay}), encoding="utf-8")
        unfinished.rename(self._planned / kill.file_name)

    def find(self, point: str, task: str) -> Kill | None:
        """Look up the kill that is planned for a task at a point, without claiming it."""
        kill = Kill(point, task)
        try:
            found = json.loads((self._planned / kill.file_name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return Kill(point, task, **found)

    def claim(self, kill: Kill) -> bool:
        """Take a kill; true for the one process that has to carry it out."""
        try:
            (self._planned / kill.file_name).rename(self._done / kill.file_name)
        except FileNotFoundError:
            return False
        return True

    def collect(self) -> tuple[list[str], list[str]]:
        """
        Empty the folder.

        :return: names of the points at which kills took place, and of those that nobody came to.
        """
        done, left = self._take(self._done), self._take(self._planned)
        return done, left

    @staticmethod
    def _take(folder: Path) -> list[str]:
        names = sorted(path.name for path in folder.iterdir())
        for name in names:
            (folder / name).unlink()
        return [name.partition("@")[0] for name in names]
