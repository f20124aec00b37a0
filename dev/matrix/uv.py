"""Calls uv, which the development environment brings."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from uv import find_uv_bin

if TYPE_CHECKING:
    from pathlib import Path

_PATIENCE = 900.0


class UvError(Exception):
    """uv could not do what it was told."""


def uv(*arguments: str | Path, cwd: Path | None = None) -> str:
    """
    Run uv.

    :param arguments: of the command.
    :param cwd: folder to run in; default: this process's.
    :return: what it printed.
    :raises UvError: it failed, or did not end; with what it said.
    """
    # What the caller has set up for itself must not reach another environment.
    environment = {name: value for name, value in os.environ.items() if name not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    command = [find_uv_bin(), *map(str, arguments)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=cwd, env=environment, timeout=_PATIENCE
        )
    except subprocess.TimeoutExpired:
        raise UvError(f"{' '.join(command)}\nIt did not end within {_PATIENCE:.0f} s.") from None
    if done.returncode:
        raise UvError(f"{' '.join(command)}\n{done.stderr.strip()}")
    return done.stdout


def installed(python: Path) -> dict[str, str]:
    """
    List what is installed.

    :param python: interpreter of the environment.
    :return: normalised name to version; an address for what came from a file.
    """
    pins = {}
    for line in uv("pip", "freeze", "--quiet", "--python", python).splitlines():
        name, _, version = line.replace(" @ ", "==").partition("==")
        pins[name.lower().replace("_", "-")] = version
    return pins
