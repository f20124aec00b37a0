"""Builds the distributions, once for all cells."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dev.matrix.uv import uv

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = "extend_provider"


@dataclass(frozen=True)
class Built:
    """
    What was built.

    :param wheel: built from the source distribution.
    :param sha256: of the wheel.
    :param tests: the unpacked source distribution without the package, so that tests can only import the wheel's.
    """

    wheel: Path
    sha256: str
    tests: Path


def build(root: Path, folder: Path) -> Built:
    """
    Build the source distribution, and the wheel from it.

    :param root: of the project.
    :param folder: where to; what is there of an earlier build is removed.
    :return: what was built.
    """
    shutil.rmtree(folder, ignore_errors=True)
    uv("build", "--quiet", "--out-dir", folder, root)
    (wheel,) = folder.glob("*.whl")
    (sdist,) = folder.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (tests,) = (folder / "unpacked").iterdir()
    shutil.rmtree(tests / PACKAGE)
    return Built(wheel, hashlib.sha256(wheel.read_bytes()).hexdigest(), tests)
