"""The environment of a cell: Airflow as released, this package on top, then what the tests need."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from dev.matrix.cells import AS_RELEASED, LATEST, LOWEST, Cell
from dev.matrix.environment_facts import Environment
from dev.matrix.uv import installed, uv

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from dev.matrix.wheel import Built

DISTRIBUTION = "airflow-provider-extend"


class PinChangedError(Exception):
    """Installing the package changed a version that was there before."""


class EnvironmentBuilder:
    """
    Makes the environment of a cell, or takes the one that is there.

    :param cell: whose environment to make.
    :param folder: where to put it.
    :param interpreter: Python to make it with.
    :param built: the wheel, and the tests with their requirements.
    """

    def __init__(self, cell: Cell, folder: Path, interpreter: Path, built: Built) -> None:
        self._cell, self._folder, self._interpreter, self._built = cell, folder, interpreter, built
        self._python = folder / "bin" / "python"
        self._record = folder / "matrix.json"

    def ready(self) -> Environment:
        """
        Make it.

        :return: the environment.
        :raises PinChangedError: the package cannot be installed without changing what was there.
        :raises UvError: something cannot be installed.
        """
        wanted = self._wanted()
        if self._known() != wanted:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._record.unlink(missing_ok=True)
            uv("venv", "--quiet", "--python", self._interpreter, self._folder)
            added = self._install()
            self._record.write_text(json.dumps({**wanted, "added": added}, indent=1))
        airflow = installed(self._python)["apache-airflow"]
        return Environment(self._python, airflow, json.loads(self._record.read_text())["added"])

    def _wanted(self) -> dict[str, Any]:
        return {
            "interpreter": str(self._interpreter),
            "as_of": self._as_of(),
            "wheel": self._built.sha256,
            "tools": (self._built.tests / "pyproject.toml").read_text(),
            "constraints": (self._built.tests / "constraints.txt").read_text(),
        }

    def _known(self) -> dict[str, Any] | None:
        if not self._record.exists():
            return None
        known: dict[str, Any] = json.loads(self._record.read_text())
        known.pop("added")
        return known

    def _as_of(self) -> list[str]:
        return [] if self._cell.dependencies == LATEST else ["--exclude-newer", self._cell.release.as_of]

    def _install(self) -> dict[str, str] | None:
        """Install everything; return what the package added to Airflow, ``None`` where they come together."""
        added: dict[str, str] | None = None
        if self._cell.dependencies == AS_RELEASED:
            self._pip(f"apache-airflow=={self._cell.release.version}", *self._as_of())
            before = installed(self._python)
            self._pip("--no-deps", self._built.wheel)
            self._pip(self._built.wheel, *self._pinned(before), *self._as_of())
            added = self._added_to(before)
            self._pip(f"{self._built.wheel}[local]", *self._pinned(installed(self._python)), *self._as_of())
        else:
            self._install_by_range()
        before = installed(self._python)
        self._install_tools(before)
        self._added_to(before)
        return added

    def _install_by_range(self) -> None:
        """Let uv choose all direct dependencies, Airflow among them, from what the package admits."""
        project = self._built.tests / "pyproject.toml"
        if self._cell.dependencies == LOWEST:
            self._pip("--resolution", "lowest-direct", "--requirements", project, "--extra", "local", *self._as_of())
        else:
            newest = f"apache-airflow=={self._cell.release.version}"
            self._pip("--requirements", project, "--extra", "local", newest)
        self._pip("--no-deps", self._built.wheel)

    def _install_tools(self, before: Mapping[str, str]) -> None:
        """Install what the tests need, in the versions of development, unless Airflow has another one already."""
        self._pip("--group", f"{self._built.tests / 'pyproject.toml'}:test", *self._pinned(before, tools=True))

    def _pinned(self, before: Mapping[str, str], *, tools: bool = False) -> list[str]:
        lines = [f"{name}=={version}" for name, version in before.items() if name != DISTRIBUTION]
        if tools and self._cell.dependencies != LATEST:
            ours = (self._built.tests / "constraints.txt").read_text().splitlines()
            lines += [line for line in ours if line and line[0] != "#" and _name(line) not in before]
        constraints = self._folder / "constraints.txt"
        constraints.write_text("\n".join(lines))
        return ["--constraints", str(constraints)]

    def _pip(self, *arguments: str | Path) -> None:
        uv("pip", "install", "--quiet", "--python", self._python, *arguments)

    def _added_to(self, before: Mapping[str, str]) -> dict[str, str]:
        after = installed(self._python)
        changed = {name: (version, after.get(name)) for name, version in before.items() if after.get(name) != version}
        if changed:
            raise PinChangedError(f"{self._cell.name}: these versions changed: {changed}")
        return {name: version for name, version in after.items() if name not in before and name != DISTRIBUTION}


def _name(requirement: str) -> str:
    return requirement.partition("==")[0].strip().lower().replace("_", "-")
