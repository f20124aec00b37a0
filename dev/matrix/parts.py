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
    :param repeated: how many had failed, and were run again by themselves.
    """

    passed: int
    failed: int
    skipped: int
    seconds: float
    processor_seconds: float
    complete: bool
    repeated: int = 0

    def __str__(self) -> str:
        took = f"{self.seconds:.0f} s, {self.processor_seconds:.0f} s of them processor time"
        if not self.complete:
            return f"did not end, {took}"
        again = f" ({self.repeated} run again)" if self.repeated else ""
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped{again}, {took}"

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
    :param folder: where to write ``<part>.log``, ``<part>.xml``, and for :func:`run_failed` which tests have failed.
    :return: the result.
    """
    return _result(part, python, tests, folder, part)


def run_failed(part: str, python: Path, tests: Path, folder: Path, known: Result) -> Result:
    """
    Run again what has failed, because a whole part takes minutes; all of it if that cannot be found any more.

    :param part: of :data:`dev.matrix.cells.ALL_PARTS`, that has been run.
    :param python: interpreter to run them with.
    :param tests: folder of the project without its package.
    :param folder: what :func:`run_part` was given; ``<part>-again.log`` and ``<part>-again.xml`` are written.
    :param known: the result with the failures.
    :return: the result of both runs together.
    """
    again = _result(part, python, tests, folder, f"{part}-again", "--last-failed", "--last-failed-no-failures", "none")
    if not again.complete or again.passed + again.failed + again.skipped != known.failed:
        return run_part(part, python, tests, folder)
    return Result(
        passed=known.passed + again.passed,
        failed=again.failed,
        skipped=known.skipped + again.skipped,
        seconds=known.seconds + again.seconds,
        processor_seconds=known.processor_seconds + again.processor_seconds,
        complete=True,
        repeated=known.repeated + known.failed,
    )


def _result(part: str, python: Path, tests: Path, folder: Path, name: str, *options: str) -> Result:
    report, log = folder / f"{name}.xml", folder / f"{name}.log"
    report.unlink(missing_ok=True)
    cache = ("-o", f"cache_dir={folder / f'{part}-cache'}")
    command = [str(python), "-m", "pytest", *_selection(part, tests), *cache, *options, f"--junitxml={report}"]
    began, worked = time.monotonic(), _processor_seconds()
    ended = _run(command, part, tests, log)
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
    options = ["-v", "--tb=short", "-p", "no:anyio", "-o", f"filterwarnings={_WARNINGS}"]
    options += ["--continue-on-collection-errors"]  # count all that is wrong
    if part in {UNIT, AIRFLOW}:
        options += ["-m", "not e2e", "--numprocesses", "auto", "--maxprocesses", "4", "--dist", "loadgroup"]
        return options if part == UNIT else [*options, *(f"--ignore={folder}" for folder in _PURE_TESTS)]
    return [*options, "-m", "e2e", *(name for name in _REAL_TESTS if (tests / name).exists())]


def _run(command: list[str], part: str, tests: Path, log: Path) -> bool:
    """Run in the folder of the tests; return whether it ended in time."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN_PREFIXES)}
    if _WORKERS in os.environ:
        environment[_WORKERS] = os.environ[_WORKERS]
    with log.open("w") as output:
        try:
            subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
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
