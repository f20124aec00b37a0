"""Options of a crash test."""

from __future__ import annotations

import argparse
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_HOME = Path(__file__).parents[2] / ".chaos"
MARKER = ".crash-test"
"""File by which a folder of an earlier test is known."""
_DEFERRABLE_SHARE = 2 / 3
_FEWEST_TASKS = 6


@dataclass(frozen=True)
class Options:
    """
    How to test.

    :param seed: decides which task is killed where, and what the service does when.
    :param minutes: time that the test has, with everything; what has not ended then counts as hung.
    :param tasks: pairs of a fill and a download task that run at the same time.
    :param attempts: task attempts to go on for, in waves of ``tasks`` pairs.
    :param parallelism: tasks that Airflow runs at once; deferred ones are not among them.
    :param processing_time: seconds that a run takes.
    :param home: folder for everything that is written; emptied at the start.
    :param every_point: whether the test only passes when every point was hit.
    :param distributed: whether Airflow runs as in ``make distributed``: PostgreSQL, Redis and two Celery workers.
    """

    seed: int
    minutes: float = 20.0
    tasks: int = 24
    attempts: int = 200
    parallelism: int = 12
    processing_time: float = 8.0
    home: Path = field(default=_HOME)
    every_point: bool = True
    distributed: bool = False

    @property
    def sizes(self) -> dict[str, int]:
        """Number of pairs in each group of the DAG."""
        deferrable = round(self.tasks * _DEFERRABLE_SHARE)
        return {"deferrable": deferrable, "synchronous": self.tasks - deferrable}


def read_options(arguments: Sequence[str] | None) -> Options:
    """
    Read the command line.

    :param arguments: None for the process's own.
    :return: the options; without a seed, one is drawn.
    """
    parser = argparse.ArgumentParser(
        prog="python -m dev.chaos",
        description="Kill Airflow's processes at named points while the service misbehaves, and count what was paid.",
    )
    defaults = Options(seed=0)
    add = parser.add_argument
    add("--seed", type=int, help="of the plan; printed, so that a run can be repeated (default: drawn)")
    add("--minutes", type=float, default=defaults.minutes, help="time limit (default: %(default)s)")
    add("--tasks", type=int, default=defaults.tasks, help="fill tasks at the same time (default: %(default)s)")
    add("--attempts", type=int, default=defaults.attempts, help="task attempts at least (default: %(default)s)")
    add("--parallelism", type=int, default=defaults.parallelism, help="worker processes (default: %(default)s)")
    add(
        "--any-points",
        action="store_false",
        dest="every_point",
        help="pass also when some point was not hit (default: go on until every one was)",
    )
    add("--distributed", action="store_true", help="on PostgreSQL, Redis and Celery (default: SQLite, LocalExecutor)")
    add("--home", type=Path, default=defaults.home, help="folder for everything (default: .chaos)")
    values = vars(parser.parse_args(arguments))
    if values["tasks"] < _FEWEST_TASKS:
        parser.error(f"--tasks must be at least {_FEWEST_TASKS}")
    if not _may_be_emptied(values["home"]):
        parser.error(f"--home {values['home']} holds something else than an earlier test, which would be deleted")
    if values["seed"] is None:
        values["seed"] = random.SystemRandom().randrange(10**6)
    return Options(**values)


def _may_be_emptied(home: Path) -> bool:
    return not home.exists() or (home.is_dir() and (not any(home.iterdir()) or (home / MARKER).exists()))
