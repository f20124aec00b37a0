"""The temporary file of a download: locked while somebody writes it, so that left-overs can be told from it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import uuid
from pathlib import Path
from types import TracebackType
from typing import IO

__all__ = ["PartFile"]

# File systems allow 255 bytes for a name, and the additions to it need some.
_LONGEST_NAME = 200


class PartFile:
    """
    A file to write, which takes its target's name when it is complete, and is gone otherwise.

    The kernel takes the lock off when a process dies, however it dies. So what can be locked has no writer any more,
    and making a new one removes it.

    :param target: the name to take; its folder exists.
    """

    def __init__(self, target: Path) -> None:
        self._target = target
        # As bytes, because a cut must not go through the middle of a character.
        name = target.name.encode(errors="surrogateescape")[:_LONGEST_NAME].decode(errors="ignore")
        self._prefix = f".{name}."

    def __enter__(self) -> PartFile:
        self._remove_leftovers()
        self.stream, self._path = self._open()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # Removed before it is closed: nobody can find it without its lock.
        self._path.unlink(missing_ok=True)
        self.stream.close()

    def complete(self) -> None:
        """Take the target's name, now that everything is written, and on the disk should the machine fail."""
        self.stream.flush()
        os.fsync(self.stream.fileno())
        self._path.replace(self._target)

    def _open(self) -> tuple[IO[bytes], Path]:
        while True:
            path = self._target.with_name(f"{self._prefix}{uuid.uuid4().hex[:8]}.part")
            stream = path.open("xb")
            _lock(stream)
            # Somebody who removes left-overs may have come between opening and locking.
            if path.exists():
                return stream, path
            stream.close()

    def _remove_leftovers(self) -> None:
        pattern = re.compile(re.escape(self._prefix) + "[0-9a-f]{8}[.]part")
        with os.scandir(self._target.parent) as entries:
            names = [entry.name for entry in entries if pattern.fullmatch(entry.name)]
        for name in names:
            # Somebody else's, a folder, gone already: left-overs are no reason to fail.
            with contextlib.suppress(OSError):
                path = self._target.with_name(name)
                # For writing, because network file systems lock nothing else.
                with path.open("r+b") as stream:
                    if _lock(stream):
                        path.unlink()


def _lock(stream: IO[bytes]) -> bool:
    """Lock a file for as long as it is open; false when another one has it, or the file system knows no locks."""
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
