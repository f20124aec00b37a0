"""Runs the tests of a cell."""

from __future__ import annotations

import os
import resource
import subprocess
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dev.matrix.cells import AIRFLOW, REAL, UNIT

if TYPE_CHECKING:
    from pathlib import Path

# With a running Airflow: the fill-form example, and waits and retries that are interrupted.
_REAL_TESTS = (
    "tests/e2e/test_example_dags.py",
    "tests/e2e/test_restart.py",
    "tests/e2e/test_retries.py",
    "tests/e2e/test_warnings.py",
)
# Old releases of other packages warn of each other; what they warn us of is an error.
_WARNINGS = "ignore\nerror:::(extend_provider|tests|example_dags)\\b.*"
# These use no Airflow.
_PURE_TESTS = ("tests/benchmarks", "tests/client", "tests/dev", "tests/hostile", "tests/local", "tests/watch")
_PATIENCE = {UNIT: 3600.0, AIRFLOW: 1800.0, REAL: 1800.0}
# Without bytecode, each of hundreds of processes would compile all of Airflow, which uv has not done.
_FOREIGN_PREFIXES = ("AIRFLOW", "PYTEST", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV")
_WORKERS = "PYTEST_XDIST_AUTO_NUM_WORKERS"  # the name that xdist gives it; default: as many as there are cores


@dataclass(frozen=True)
class Result:
    """
    What came of a part.

    :param passed: number of tests that passed.
    :param failed: that failed, or broke.
    :param skipped: that were skipped.
    :param seconds: that it took.
    :param processor_seconds: of these, what it worked: a busy machine makes the others longer.
    :param complete: False if the tests did not run to their end.
    """

    passed: int
    failed: int
    skipped: int
    seconds: float
    processor_seconds: float
    complete: bool

    def __str__(self) -> str:
        took = f"{self.seconds:.0f} s, {self.processor_seconds:.0f} s of them processor time"
        if not self.complete:
            return f"did not end, {took}"
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped, {took}"

    @property
    def good(self) -> bool:
        """Whether there is nothing to complain of."""
        return self.complete and not self.failed and self.passed > 0


def run_part(part: str, python: Path, tests: Path, folder: Path) -> Result:
    """
    Run tests.

    :param part: of :data:`dev.matrix.cells.ALL_PARTS`.
    :param python: interpreter to run them with.
    :param tests: folder of the project without its package.
    :param folder: where to write ``<part>.log`` and ``<part>.xml``.
    :return: the result.
    """
    report = folder / f"{part}.xml"
    report.unlink(missing_ok=True)
    began, worked = time.monotonic(), _processor_seconds()
    ended = _run([str(python), "-m", "pytest", *_selection(part, tests), f"--junitxml={report}"], part, tests, folder)
    totals = _totals(report) if ended and report.exists() else {}
    failed = totals.get("failures", 0) + totals.get("errors", 0)
    skipped = totals.get("skipped", 0)
    return Result(
        passed=totals.get("tests", 0) - failed - skipped,
        failed=failed,
        skipped=skipped,
        seconds=time.monotonic() - began,
        processor_seconds=_processor_seconds() - worked,
        complete=bool(totals),
    )


def _selection(part: str, tests: Path) -> list[str]:
    # Older releases of anyio bring a plugin that newer ones of pytest refuse; no test uses it.
    options = ["-v", "--tb=short", "-p", "no:cacheprovider", "-p", "no:anyio", "-o", f"filterwarnings={_WARNINGS}"]
    options += ["--continue-on-collection-errors"]  # count all that is wrong
    if part in {UNIT, AIRFLOW}:
        options += ["-m", "not e2e", "--numprocesses", "auto", "--maxprocesses", "4", "--dist", "loadgroup"]
        return options if part == UNIT else [*options, *(f"--ignore={folder}" for folder in _PURE_TESTS)]
    return [*options, "-m", "e2e", *(name for name in _REAL_TESTS if (tests / name).exists())]


def _run(command: list[str], part: str, tests: Path, folder: Path) -> bool:
    """Run in the folder of the tests; return whether it ended in time."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN_PREFIXES)}
    if _WORKERS in os.environ:
        environment[_WORKERS] = os.environ[_WORKERS]
    with (folder / f"{part}.log").open("w") as log:
        try:
            subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=tests,
                env=environment,
                check=False,
                timeout=_PATIENCE[part],
            )
        except subprocess.TimeoutExpired:
            return False
    return True


def _totals(report: Path) -> dict[str, int]:
    """Read what pytest counted: ``tests``, ``failures``, ``errors``, ``skipped``."""
    totals = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
    for suite in ET.parse(report).getroot().iter("testsuite"):
        for name in totals:
            totals[name] += int(suite.get(name, 0))
    return totals


def _processor_seconds() -> float:
    """All processes that this one has started and that have ended, with theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
