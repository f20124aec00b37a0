"""
Runs as a script inside the Airflow interpreter: imports Airflow once, then forks its components from that warm process.

Importing Airflow costs three seconds of processor time, and the API server nine, for every process. A fork of a process
that has already imported it starts in a fraction of that. The forked child runs the ordinary command line
(``airflow scheduler``). Where nothing was imported, the child executes a new interpreter instead.

Commands come in and events go out as JSON, one object per line. The supervisor ends when its standard input closes, and
ends its components first: whatever happens to the process that started it, none of them outlives it.

=================================================== ==========================================================
command                                             what it does
=================================================== ==========================================================
``{"do": "import", "modules": [...]}``              imports the modules, one between two looks at the commands
``{"do": "start", "name":, "arguments":, "log":}``  runs ``airflow <arguments>`` in a session of its own
``{"do": "stop", "name":, "grace": seconds}``       SIGTERM, after ``grace`` SIGKILL to all that is left of it
=================================================== ==========================================================

============ ===================== ========================================================
event        details               when
============ ===================== ========================================================
``ready``    ``airflow``: version  at the beginning
``imported`` ``module``            a module has been imported, if there is one of that name
``started``  ``name``, ``pid``     a component runs
``exited``   ``name``, ``code``    it has ended, and what was left of it has been killed
============ ===================== ========================================================
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.metadata
import json
import os
import selectors
import signal
import sys
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psutil  # type: ignore[import-untyped]

GRACE_AT_THE_END = 3.0
"""Seconds that components get to stop when standard input closes."""

_SET_PARENT_DEATH_SIGNAL = 1
_SET_CHILD_SUBREAPER = 36


@dataclass
class Child:
    """A forked component; at ``kill_at`` (monotonic time) an unfinished stop turns into a kill."""

    name: str
    kill_at: float | None = None


class Supervisor:
    """Obeys what arrives on the file descriptor ``commands`` and reports on the file descriptor ``events``."""

    def __init__(self, commands: int, events: int) -> None:
        self._commands, self._events = commands, events
        self._unread = b""
        self._to_import: deque[str] = deque()
        self._warm = False
        self._children: dict[int, Child] = {}
        self._ending = False
        self._wakeup, self._wakeup_writer = os.pipe()
        for end in (self._wakeup, self._wakeup_writer):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._wakeup_writer)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # ends the wait in select()
        self._selector = selectors.DefaultSelector()
        self._selector.register(commands, selectors.EVENT_READ)
        self._selector.register(self._wakeup, selectors.EVENT_READ)

    def serve(self) -> list[str] | None:
        """
        Work until standard input has closed and every component has ended.

        :return: None at the end; in a forked child, the arguments of the ``airflow`` command that it has to run.
            Returning from here gives the child a stack with nothing of the supervisor on it.
        """
        self._tell("ready", airflow=importlib.metadata.version("apache-airflow"))
        while not (self._ending and not self._children):
            readable = {key.fd for key, _ in self._selector.select(self._patience())}
            for command in self._read(readable):
                arguments = self._obey(command)
                if arguments is not None:
                    return arguments
            self._reap()
            self._kill_overdue()
            self._import_next()
        return None

    def _tell(self, event: str, **details: Any) -> None:
        with suppress(BrokenPipeError):  # nobody listens any more, but the components still have to be stopped in order
            os.write(self._events, json.dumps({"event": event, **details}).encode() + b"\n")

    def _patience(self) -> float | None:
        if self._to_import:
            return 0
        deadlines = [child.kill_at for child in self._children.values() if child.kill_at is not None]
        return max(0.0, min(deadlines) - time.monotonic()) if deadlines else None

    def _read(self, readable: set[int]) -> list[dict[str, Any]]:
        if self._wakeup in readable:
            os.read(self._wakeup, 4096)
        if self._commands not in readable:
            return []
        chunk = os.read(self._commands, 65536)
        if not chunk:
            self._end()
        *lines, self._unread = (self._unread + chunk).split(b"\n")
        return [json.loads(line) for line in lines]

    def _end(self) -> None:
        self._ending = True
        self._selector.unregister(self._commands)
        self._to_import.clear()
        for pid, child in self._children.items():
            if child.kill_at is None:
                stop(pid, child, GRACE_AT_THE_END)

    def _obey(self, command: dict[str, Any]) -> list[str] | None:
        what = command["do"]
        if what == "import":
            self._to_import.extend(command["modules"])
        elif what == "stop":
            for pid, child in self._children.items():
                if child.name == command["name"]:
                    stop(pid, child, command["grace"])
        elif what == "start":
            return self._start(command["name"], command["arguments"], command["log"])
        return None

    def _start(self, name: str, arguments: list[str], log: str) -> list[str] | None:
        supervisor = os.getpid()
        pid = os.fork()
        if pid:
            self._children[pid] = Child(name)
            self._tell("started", name=name, pid=pid)
            return None
        self._become_component(log)
        call_prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)
        if os.getppid() != supervisor:  # it died before the line above
            sys.exit("The supervisor has ended.")
        if not self._warm:
            os.execv(sys.executable, [sys.executable, "-m", "airflow", *arguments])
        return arguments

    def _become_component(self, log: str) -> None:
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._selector.close()
        for descriptor in (self._commands, self._events, self._wakeup, self._wakeup_writer):
            os.close(descriptor)
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.close(output)

    def _import_next(self) -> None:
        if self._to_import:
            module = self._to_import.popleft()
            import_if_there(module)
            self._warm = True
            self._tell("imported", module=module)

    def _reap(self) -> None:
        for pid, status in dead_children():
            child = self._children.pop(pid, None)
            if child is not None:  # else an orphan of a component, adopted because this process is their sub-reaper
                signal_session(pid, signal.SIGKILL)
                self._tell("exited", name=child.name, code=os.waitstatus_to_exitcode(status))

    def _kill_overdue(self) -> None:
        for pid, child in self._children.items():
            if child.kill_at is not None and child.kill_at <= time.monotonic():
                child.kill_at = None
                os.kill(pid, signal.SIGKILL)  # a child just forked has no session yet
                signal_session(pid, signal.SIGKILL)


def stop(pid: int, child: Child, grace: float) -> None:
    """Ask a component to stop, and note when the asking is over; without ``grace`` it is not even asked."""
    child.kill_at = time.monotonic() + grace
    if grace > 0:
        os.kill(pid, signal.SIGTERM)  # it exists, at least as a zombie, until _reap() has seen it


def import_if_there(module: str) -> None:
    """Import a module; if this release of Airflow keeps its content elsewhere, leave that to the components."""
    try:
        importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise


def dead_children() -> list[tuple[int, int]]:
    """Collect the process id and wait status of every child that has ended."""
    dead = []
    with suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            dead.append(found)
    return dead


def signal_session(session: int, number: signal.Signals) -> None:
    """Signal every process of a session: Airflow's tasks leave their component's process group, but not its session."""
    for pid in psutil.pids():
        with suppress(ProcessLookupError, PermissionError):
            if os.getsid(pid) == session:
                os.kill(pid, number)


def kill_orphans() -> None:
    """Kill what even left the session of its component: on Linux it has become a child of this sub-reaper."""
    with suppress(ChildProcessError):
        while True:
            for pid in psutil.pids():
                with suppress(psutil.NoSuchProcess):
                    process = psutil.Process(pid)
                    if process.ppid() == os.getpid():
                        process.kill()
            os.wait()  # its own children are ours now, if it had any


def call_prctl(option: int, value: int) -> None:
    """Set an attribute of this process, on Linux; elsewhere the promises that it backs hold for orderly stops only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def main() -> None:
    """Serve, and in a forked child become the ``airflow`` command line."""
    sys.path.pop(0)  # the folder of this script
    commands, events = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)  # imported modules print what they like
    call_prctl(_SET_CHILD_SUBREAPER, 1)
    arguments = Supervisor(commands, events).serve()
    if arguments is None:
        kill_orphans()
        return
    sys.argv = ["airflow", *arguments]
    importlib.import_module("airflow.__main__").main()


if __name__ == "__main__":
    main()
