"""What the pages tell to install can be installed: pip says so of the wheel, without a network and without doing it."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dev.pages import ROOT
from tests.docs.claims import BLOCKS, COMMANDS, claim, installs
from tests.docs.scratch_airflow import clean_environment
from tests.docs.shell import Shell, steps

if TYPE_CHECKING:
    from dev.pages import Block, Inline

# One process prepares what they share.
pytestmark = [pytest.mark.timeout(400), pytest.mark.xdist_group("docs_install")]

NAME = "airflow-provider-extend"
ITEMS: list[Block | Inline] = [
    *claim(block for block in BLOCKS if installs(block)),
    *claim(piece for piece in COMMANDS if piece.code.startswith("pip install ")),
]
LINES = [
    (str(item), command)
    for item in ITEMS
    for command in ([step for step, _ in steps(item)] if hasattr(item, "language") else [item.code])
    if command.startswith("pip install ")
]
CONSTRAINTS = r"https://raw\.githubusercontent\.com/apache/airflow/constraints-([\d.]+)/constraints-([\d.]+)\.txt"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this project."""
    pytest.importorskip("uv", reason="uv builds the wheel; only the development environment has it")
    from dev.matrix.uv import uv

    folder = tmp_path_factory.mktemp("dist")
    uv("build", "--quiet", "--wheel", "--out-dir", folder, ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.mark.skipif(importlib.util.find_spec("pip") is None, reason="There is no pip in this environment")
@pytest.mark.parametrize(("place", "command"), LINES)
def test_pip_would_install_it(place: str, command: str, wheel: Path, tmp_path: Path) -> None:
    # What else the command names is installed already, else pip would ask an index for it.
    options = {"PIP_DRY_RUN": "1", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheel.parent), "PIP_NO_CACHE_DIR": "1"}
    (tmp_path / "constraints.txt").touch()
    command = re.sub(CONSTRAINTS, "constraints.txt", command)
    command = re.sub(r"(?<= )\.(?=\s|$)", str(wheel), command).replace("'.[", f"'{wheel}[")

    with Shell(tmp_path, clean_environment(**options)) as shell:
        said = shell.run(f"'{sys.executable}' -m {command}")

    assert "does not provide the extra" not in said
    assert f"Requirement already satisfied: {NAME}" in said or f"Processing {wheel}" in said, said


def test_the_constraints_are_those_of_a_supported_airflow() -> None:
    from dev.matrix.releases import RELEASES

    ((airflow, python),) = re.findall(CONSTRAINTS, "".join(command for _, command in LINES))
    assert (airflow, python) in [(release.version, python) for release in RELEASES for python in release.pythons]
