"""Processor time and memory of other processes, from ``/proc`` (Linux)."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["ProcessFigures", "children"]


def children(pid: int) -> list[int]:
    """Return the children of a process."""
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listed.read_text().split()] if listed.exists() else []


class ProcessFigures:
    """
    What a process has used so far.

    :param pid: of the process.

    ``cpu_s`` is its processor time in seconds, ``peak_mb`` its largest resident memory.
    """

    def __init__(self, pid: int) -> None:
        self._folder = Path(f"/proc/{pid}")
        self.cpu_s = 0.0
        self.peak_mb = 0.0

    def read(self) -> None:
        """Read the figures; the last ones stay when the process is gone."""
        try:
            # After the name, which may contain anything but a closing bracket.
            fields = (self._folder / "stat").read_text().rpartition(")")[2].split()
            status = (self._folder / "status").read_text()
        except OSError:
            return
        self.cpu_s = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        peaks = [line for line in status.splitlines() if line.startswith("VmHWM:")]
        self.peak_mb = float(peaks[0].split()[1]) / 1024 if peaks else self.peak_mb
