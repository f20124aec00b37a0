"""Tests that the pages show pass, each page's in a file, with the settings that docs/local-service.md shows."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dev.pages import ROOT
from tests.docs.claims import BLOCKS, claim, is_test, the_block
from tests.docs.scratch_airflow import clean_environment

# One process prepares what they share.
pytestmark = [pytest.mark.timeout(400), pytest.mark.xdist_group("docs_pytest")]

SETTINGS = the_block("docs/local-service.md", "[tool.pytest.ini_options]")
# Tests of whole DAGs need an Airflow: see test_testing_page.py.
BLOCKS_OF_TESTS = claim(block for block in BLOCKS if is_test(block) and "dag.test(" not in block.code)
PAGES_WITH_TESTS = sorted({block.page for block in BLOCKS_OF_TESTS})


def code_of(page: str) -> str:
    return "import pytest\n" + "\n\n".join(block.code for block in BLOCKS_OF_TESTS if block.page == page)


def file_name(page: str) -> str:
    return f"test_{Path(page).stem.replace('-', '_')}.py"


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory, text_form: bytes) -> str:
    """What pytest says of all of them."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "pyproject.toml").write_text(SETTINGS.code)
    (folder / "w9.pdf").write_bytes(text_form)
    shutil.copy(ROOT / "example_dags" / "forms" / "onboarding.pdf", folder / "form.pdf")
    for page in PAGES_WITH_TESTS:
        (folder / file_name(page)).write_text(code_of(page))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "--durations=0", "--durations-min=0.4"],
        cwd=folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout


@pytest.mark.parametrize("page", PAGES_WITH_TESTS)
def test_the_tests_of_a_page_pass(page: str, said: str) -> None:
    tests = set(re.findall(r"^def (test_\w+)", code_of(page), re.MULTILINE))
    assert tests == set(re.findall(rf"^{file_name(page)}::(\w+) PASSED", said, re.MULTILINE)), said


def test_the_setting_makes_runs_take_their_time(said: str) -> None:
    (seconds,) = re.findall(r"([\d.]+)s call +\w+\.py::test_w9", said)
    assert float(seconds) >= float(re.findall(r'"([\d.]+)"', SETTINGS.code)[0])
