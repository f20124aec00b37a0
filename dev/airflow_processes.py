"""The processes of a stack, seen from outside: starts the supervisor, commands it and watches what becomes of them."""

from __future__ import annotations

import json
import os
import select
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_SUPERVISOR = Path(__file__).with_name("airflow_supervisor.py")
_STEP = 0.1
"""Seconds between two looks at something that is waited for."""
_END_TIMEOUT = 20.0
"""Seconds for the supervisor to end after its input has closed: its own grace, then time to kill and to collect."""
_TAIL_LINES = 25


class AirflowStackError(RuntimeError):
    """Airflow did not do what was expected of it; the message ends with what its processes last wrote."""


class Processes:
    """
    Airflow processes that share one warm supervisor.

    :param python: interpreter with Airflow installed.
    :param env: environment of all processes.
    :param logs: folder for one ``<name>.log`` per process.

    ``version`` is the Airflow version, empty until the supervisor has told it; ``imported`` are the modules that it has
    imported; ``running`` maps the name of a process to its id, ``exit_codes`` that of an ended one to its code;
    ``may_crash`` are the names of those whose end is never a failure.
    """

    def __init__(self, python: str, env: Mapping[str, str], logs: Path) -> None:
        self.version = ""
        self.imported: set[str] = set()
        self.running: dict[str, int] = {}
        self.exit_codes: dict[str, int] = {}
        self.may_crash: set[str] = set()
        self._logs = logs
        self._may_end: set[str] = set()
        self._unread = b""
        with self.log("supervisor").open("ab") as log:
            self._supervisor = subprocess.Popen(
                [python, str(_SUPERVISOR)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=dict(env),
                cwd=logs,
                start_new_session=True,  # Ctrl-C in the terminal is for the caller, who then stops in order
            )

    def log(self, name: str) -> Path:
        """Tell where a process writes its output."""
        return self._logs / f"{name}.log"

    def import_modules(self, modules: Sequence[str]) -> None:
        """Have modules imported in the supervisor, one after the other; ``imported`` grows meanwhile."""
        self._command("import", modules=list(modules))

    def start(self, name: str, arguments: Sequence[str], *, may_end: bool = False) -> None:
        """
        Run an ``airflow`` command.

        :param name: of the process; none of that name must be running.
        :param arguments: of the command.
        :param may_end: True if its end is not a failure.
        """
        self.exit_codes.pop(name, None)
        self._may_end.discard(name)
        if may_end:
            self._may_end.add(name)
        self._command("start", name=name, arguments=list(arguments), log=str(self.log(name)))

    def stop(self, name: str, grace: float) -> None:
        """
        End a process and its descendants.

        :param name: of the process.
        :param grace: seconds between SIGTERM and SIGKILL; 0 sends SIGKILL at once.
        """
        self._may_end.add(name)
        self._command("stop", name=name, grace=grace)

    def until(
        self, condition: Callable[[], bool], what: str, timeout: float, seen: Callable[[], object] = lambda: ""
    ) -> None:
        """
        Wait for a condition.

        :param condition: looked at about ten times a second.
        :param what: its name, for the error.
        :param timeout: seconds to wait.
        :param seen: called on failure for what the error should also tell.
        :raises AirflowStackError: if it does not come true in time, or a process ends that must not.
        """
        deadline = time.monotonic() + timeout
        while not condition():
            self._listen()
            if failed := self._failed():
                raise AirflowStackError(f"{failed} while waiting for {what}. {seen()}\n{self.tails()}")
            if time.monotonic() > deadline:
                raise AirflowStackError(f"Waited {timeout:.0f} s in vain for {what}. {seen()}\n{self.tails()}")

    def tails(self) -> str:
        """Quote the last lines of every log."""
        parts = []
        for path in sorted(self._logs.glob("*.log")):
            lines = path.read_text(errors="replace").splitlines()[-_TAIL_LINES:]
            parts += [f"--- {path}", *lines] if lines else []
        return "\n".join(parts)

    def end(self) -> None:
        """End the supervisor and, through it, everything. No process is left."""
        commands, events = self._pipes
        commands.close()
        try:
            self._supervisor.wait(_END_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._supervisor.kill()
            self._supervisor.wait()
        events.close()

    @property
    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        commands, events = self._supervisor.stdin, self._supervisor.stdout
        assert commands is not None
        assert events is not None
        return commands, events

    def _command(self, what: str, **details: Any) -> None:
        commands, _ = self._pipes
        with suppress(BrokenPipeError):  # the supervisor has ended, which until() reports
            commands.write(json.dumps({"do": what, **details}).encode() + b"\n")
            commands.flush()

    def _failed(self) -> str:
        if (code := self._supervisor.poll()) is not None:
            return f"The supervisor ended with code {code}"
        expected = self._may_end | self.may_crash
        ended = [f"{name} ended with code {code}" for name, code in self.exit_codes.items() if name not in expected]
        return ", ".join(ended)

    def _listen(self) -> None:
        _, events = self._pipes
        readable, _, _ = select.select([events], [], [], _STEP)
        if not readable:
            return
        *lines, self._unread = (self._unread + os.read(events.fileno(), 65536)).split(b"\n")
        for line in lines:
            self._take_in(json.loads(line))

    def _take_in(self, event: dict[str, Any]) -> None:
        kind = event["event"]
        if kind == "ready":
            self.version = event["airflow"]
        elif kind == "imported":
            self.imported.add(event["module"])
        elif kind == "started":
            self.running[event["name"]] = event["pid"]
        elif kind == "exited":
            self.running.pop(event["name"], None)
            self.exit_codes[event["name"]] = event["code"]
