"""A server program as a process of this one."""

from __future__ import annotations

import atexit
import signal
import subprocess
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_START_TIMEOUT = 60.0
_STOP_TIMEOUT = 20.0
_STEP = 0.1


class ServerError(RuntimeError):
    """A server does not start; the message ends with what it wrote."""


class ServerProcess:
    """
    Runs a server program from :meth:`start` to :meth:`stop`.

    :param command: the program and its arguments.
    :param log: file for what it writes.
    :param answers: tells whether it serves.
    :param stop_signal: that ends it in order, without waiting for its clients.
    """

    def __init__(
        self, command: Sequence[str], log: Path, answers: Callable[[], bool], stop_signal: signal.Signals
    ) -> None:
        self._command = list(command)
        self._log = log
        self._answers = answers
        self._stop_signal = stop_signal
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """
        Start the program and wait until it serves.

        :raises ServerError: if it ends, or does not serve in time.
        """
        atexit.register(self.stop)
        with self._log.open("ab") as log:
            # Ctrl-C in the terminal is for the caller, who then stops it in order.
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True
            )
        deadline = time.monotonic() + _START_TIMEOUT
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise ServerError(f"{self._command} does not serve:\n{self._log.read_text(errors='replace')}")
            time.sleep(_STEP)

    def stop(self) -> None:
        """End the program. Does nothing if it is not running."""
        atexit.unregister(self.stop)
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(self._stop_signal)
        try:
            process.wait(_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
