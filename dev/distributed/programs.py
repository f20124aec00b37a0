"""The programs of PostgreSQL and Redis on this machine, and how to run them so that none outlives its caller."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
from pathlib import Path

_DEBIAN_FOLDERS = "/usr/lib/postgresql/*/bin"
"""Debian keeps the server programs of PostgreSQL out of the search path."""
_PACKAGES = {"initdb": "postgresql", "postgres": "postgresql", "redis-server": "redis-server", "setpriv": "util-linux"}
_UNPRIVILEGED = ("postgres", "nobody")
_ADMIN_FOLDERS = os.pathsep.join(["/usr/local/sbin", "/usr/sbin", "/sbin"])


class MissingProgramsError(RuntimeError):
    """A program that the distributed deployment needs is not installed; the message names the packages."""


def find_programs() -> dict[str, Path]:
    """
    Find all programs.

    :return: name to path.
    :raises MissingProgramsError: if any is not there.
    """
    found = {name: _find(name) for name in _PACKAGES}
    missing = [name for name, path in found.items() if path is None]
    if missing:
        packages = sorted({_PACKAGES[name] for name in missing})
        raise MissingProgramsError(
            f"These programs are not installed: {', '.join(missing)}. On Debian and Ubuntu, as root: "
            f"apt-get install {' '.join(packages)}. Their servers need not run: the tests start their own."
        )
    return {name: path for name, path in found.items() if path is not None}


def unprivileged_user() -> str | None:
    """
    Name the user to run PostgreSQL as, which refuses to run as root.

    :return: a user; None for the caller, who is not root.
    """
    if os.geteuid() != 0:
        return None
    users = {entry.pw_name for entry in pwd.getpwall()}
    return next(user for user in _UNPRIVILEGED if user in users)


def bound_command(setpriv: Path, signal_at_the_end: signal.Signals, user: str | None, *command: object) -> list[str]:
    """
    Make a command end when the process that starts it does, however that ends.

    :param setpriv: the program.
    :param signal_at_the_end: what the command then gets.
    :param user: who is to run it; None for the caller.
    :param command: the command.
    :return: the command to run in its place.
    """
    identity = [f"--reuid={user}", f"--regid={pwd.getpwnam(user).pw_gid}", "--clear-groups"] if user else []
    name = signal_at_the_end.name.removeprefix("SIG")
    return [str(setpriv), *identity, f"--pdeathsig={name}", "--", *map(str, command)]


def _find(name: str) -> Path | None:
    path = shutil.which(name) or shutil.which(name, path=_ADMIN_FOLDERS)
    if path:
        return Path(path)
    root, pattern = Path("/"), _DEBIAN_FOLDERS.removeprefix("/")
    # The newest version last; their names are numbers.
    candidates = sorted(root.glob(f"{pattern}/{name}"), key=lambda program: float(program.parents[1].name))
    return candidates[-1] if candidates else None
