"""``make demo`` prints what the README shows."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from dev.pages import ROOT
from tests.docs.claims import the_block
from tests.docs.scratch_airflow import clean_environment

SHOWN = the_block("README.md", "Airflow ")
# What differs from run to run: versions and times, and ids.
VARYING = re.compile(r"\b(edr|file)_\w+|\d[\d.]*")


def constant(line: str) -> str:
    return " ".join(VARYING.sub(lambda found: found[1] or "#", line).split())


@pytest.mark.e2e
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_demo_prints_what_is_shown() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dev.demo"],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    printed = [constant(line) for line in done.stdout.splitlines()]
    shown = [constant(line) for line in SHOWN.code.splitlines() if line != "..."]
    # A state that lasts for less than a look is not seen.
    fleeting = {line for line in shown if line.endswith((" running", " deferred"))}
    lines = iter(printed)
    assert [line for line in shown if line not in fleeting and line not in lines] == [], done.stdout
