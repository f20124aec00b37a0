"""Finds the Python interpreters of this machine."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_ASK = "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)"


def installed_interpreters(versions: Iterable[str]) -> dict[str, Path]:
    """
    Look for interpreters on the ``PATH`` and among those of pyenv.

    :param versions: to look for, for example ``3.12``.
    :return: version to interpreter, for each that was found.
    """
    found = {}
    for version in versions:
        answers = (_ask(path) for path in _candidates(version))
        if interpreter := next((path for answer, path in answers if answer == version), None):
            found[version] = Path(interpreter)
    return found


def _candidates(version: str) -> Iterator[Path]:
    for folder in os.get_exec_path():
        yield Path(folder) / f"python{version}"
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted((root / "versions").glob(f"{version}.*/bin/python{version}"), reverse=True)


def _ask(candidate: Path) -> tuple[str, str]:
    """Ask for version and path: a shim may have another interpreter behind it, or none."""
    try:
        done = subprocess.run([candidate, "-c", _ASK], capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return "", ""
    version, _, path = done.stdout.strip().partition(" ")
    return version, path
