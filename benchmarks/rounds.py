"""Starts the stub, and one process per contestant."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.certificate import write_certificate
from benchmarks.contestants import CONTESTANTS
from benchmarks.limits import cores

__all__ = ["BenchmarkError", "Setup", "Stub", "contest", "environment", "stub", "warm_up"]

_ROOT = Path(__file__).resolve().parent.parent
# A limit that binds nobody.
_UNLIMITED = 1_000_000.0


class BenchmarkError(Exception):
    """A process of the benchmark broke."""


@dataclass(frozen=True)
class Setup:
    """
    What is the same for all contestants.

    :param waits: how many at once.
    :param interval: seconds between looks, or ``None`` for each contestant's default.
    :param tls: whether the stub speaks TLS.
    :param limit: requests per second and burst that the stub grants, or ``None``.
    :param server_delay: milliseconds until the stub answers.
    :param first: earliest end of a job in seconds.
    :param last: latest end.
    :param patience: seconds after the latest end in which all waits must be done.
    :param freeze: whether the garbage collector leaves out what was loaded before the first wait.
    """

    waits: int = 1000
    interval: float | None = 5.0
    tls: bool = False
    limit: tuple[float, float] | None = None
    server_delay: float = 0.0
    first: float = 5.0
    last: float = 20.0
    patience: float = 120.0
    freeze: bool = True

    def requests_per_second(self) -> float:
        """Pace of this package's connection: what the service grants, as its documentation asks for."""
        return self.limit[0] if self.limit else _UNLIMITED


@dataclass(frozen=True)
class Stub:
    """
    A running stub.

    :param port: of the services.
    :param control_port: where the stub tells about itself.
    :param bundle: CA certificates to trust, or ``None`` without TLS.
    """

    port: int
    control_port: int
    bundle: Path | None


@contextmanager
def stub(setup: Setup) -> Iterator[Stub]:
    """Start a stub, and stop it in the end."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        command = [sys.executable, "-m", "benchmarks.stub", "--delay", str(setup.server_delay)]
        if (core := cores()[1]) is not None:
            command += ["--core", str(core)]
        if setup.limit:
            command += ["--limit", f"{setup.limit[0]}:{setup.limit[1]}"]
        bundle = None
        if setup.tls:
            certificate, bundle = write_certificate(Path(folder))
            command += ["--certificate", str(certificate)]
        with subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            ports = process.stdout.readline().split()
            if len(ports) != 2:
                raise BenchmarkError("The stub did not start; its message is above.")
            try:
                yield Stub(int(ports[0]), int(ports[1]), bundle)
            finally:
                process.kill()


def warm_up(setup: Setup, running: Stub, contestant: str) -> None:
    """
    Let a contestant wait for a moment, unmeasured, so that all of its modules have been compiled to bytecode.

    :raises BenchmarkError: its process broke.
    """
    contest(replace(setup, waits=3, interval=0.5, first=0.0, last=0.5), running, contestant, seed=0)


def contest(setup: Setup, running: Stub, contestant: str, seed: int) -> dict[str, Any]:
    """
    Let one contestant wait for all jobs, in a new process.

    :return: measurements, see :func:`benchmarks.contest.run`.
    :raises BenchmarkError: its process broke.
    """
    timeout = setup.last + setup.patience
    order = {
        "contestant": contestant,
        "port": running.port,
        "control_port": running.control_port,
        "tls": setup.tls,
        "interval": setup.interval,
        "waits": setup.waits,
        "seed": seed,
        "first": setup.first,
        "last": setup.last,
        "timeout": timeout,
        "freeze": setup.freeze,
        "core": cores()[0],
    }
    entrant = CONTESTANTS[contestant](running.port, tls=setup.tls, interval=setup.interval)
    connection = entrant.connection(setup.requests_per_second())
    with tempfile.TemporaryDirectory(prefix="benchmark-") as home:
        command = [sys.executable, "-m", "benchmarks.contest", json.dumps(order)]
        try:
            done = subprocess.run(
                command,
                cwd=_ROOT,
                env=environment(Path(home), connection, running.bundle),
                capture_output=True,
                text=True,
                timeout=timeout + 120,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise BenchmarkError(f"{contestant} did not end within {timeout + 120:.0f} s.") from None
    if done.returncode:
        raise BenchmarkError(f"{contestant} broke:\n{done.stderr[-2000:]}")
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def environment(home: Path, connection: dict[str, Any], bundle: Path | None) -> dict[str, str]:
    """
    Return the environment of a process with Airflow in it.

    :param home: ``AIRFLOW_HOME``.
    :param connection: the Airflow connection ``benchmark``.
    :param bundle: CA certificates to trust, or ``None`` for the usual ones.
    """
    # PYTHONDONTWRITEBYTECODE, for example, would have modules compiled while the waits go on.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PYTHON"))}
    return {
        **inherited,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW_CONN_BENCHMARK": json.dumps(connection),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        **({"SSL_CERT_FILE": str(bundle)} if bundle else {}),
    }
