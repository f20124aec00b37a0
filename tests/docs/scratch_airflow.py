"""An Airflow of its own for what the pages tell to do with one."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

# make hands its flags and the variables of its command line on to all that it runs: `make matrix ARGS=--ci` runs tests.
_OF_MAKE = ("MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS", "ARGS")
_FOREIGN = ("AIRFLOW", "_AIRFLOW", "PYTEST", "COV_", "COVERAGE", "PYTHONPATH", "VIRTUAL_ENV", *_OF_MAKE)


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without what tests and other Airflows set; this Python and its programs come first."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    path = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])
    # Older releases of anyio bring a plugin that newer ones of pytest refuse.
    return {**environment, "PATH": path, "PYTEST_ADDOPTS": "-p no:anyio", **more}


@dataclass(frozen=True)
class ScratchAirflow:
    """
    Home and database of an Airflow without any process.

    :param home: its folder.
    """

    home: Path

    @property
    def dags(self) -> Path:
        """The DAGs folder."""
        return self.home / "dags"

    def environment(self, **more: str) -> dict[str, str]:
        """Variables for a process that uses it."""
        own = {
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.dags),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        }
        return clean_environment(**{**own, **more})

    def prepare(self) -> None:
        """Make folder and database."""
        self.dags.mkdir(parents=True)
        self.run("-m", "airflow", "db", "migrate")

    def run(self, *arguments: str, cwd: Path | None = None, **more: str) -> str:
        """
        Run Python in it.

        :param arguments: of the interpreter.
        :param cwd: folder to run it in; default: the home.
        :param more: environment variables.
        :return: what it has written, on both streams.
        """
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=cwd or self.home,
            env=self.environment(**more),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=380,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout
