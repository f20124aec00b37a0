"""The local Extend service (``python -m extend_provider.local``) as a process of its own, and its control API."""

from __future__ import annotations

import atexit
import json
import select
import subprocess
import sys
from typing import IO, TYPE_CHECKING, Any

from dev.loopback import exchange

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

_START_TIMEOUT = 60.0
_STOP_TIMEOUT = 10.0


class LocalServiceError(RuntimeError):
    """The local service does not start."""


class LocalServiceProcess:
    """
    Context manager that starts the service on entry and ends it on exit.

    :param log: file for what the service writes.
    :param options: of the command line, for example ``"--processing-time", "2"``.
    :param python: interpreter with ``extend_provider[local]`` installed.
    """

    def __init__(self, log: Path, *options: str, python: str = sys.executable) -> None:
        self.base_url = ""
        self.api_key = ""
        self._log = log
        self._command = [python, "-m", "extend_provider.local", *options]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> LocalServiceProcess:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """
        Start the service and wait until it answers.

        :raises LocalServiceError: if it does not.
        """
        atexit.register(self.stop)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=log, start_new_session=True)
        line = self._first_line()
        if not line:
            self.stop()
            log_text = self._log.read_text(errors="replace")
            raise LocalServiceError(f"{' '.join(self._command)} did not become ready:\n{log_text}")
        announced = json.loads(line)
        self.base_url, self.api_key = announced["base_url"], announced["api_key"]

    def stop(self) -> None:
        """End the service. Does nothing if it is not running."""
        atexit.unregister(self.stop)
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        _output_of(process).close()

    def connection(self, **extra: Any) -> str:
        """
        Describe the service as an Airflow connection.

        :param extra: extras of the connection.
        :return: JSON, for an ``AIRFLOW_CONN_…`` variable.
        """
        return json.dumps({"conn_type": "extend", "host": self.base_url, "password": self.api_key, "extra": extra})

    def requests(self) -> list[dict[str, Any]]:
        """Read what requests the service has received, oldest first."""
        found: list[dict[str, Any]] = self.control("GET", "requests")["requests"]
        return found

    def inject_fault(self, fault: str, **details: Any) -> None:
        """
        Let the service misbehave.

        :param fault: its name.
        :param details: ``method``, ``path``, ``times``, ``skip``, ``options``.
        """
        self.control("POST", "faults", {"fault": fault, **details})

    def runs(self) -> dict[str, Any]:
        """Read how many runs were created (``created``), their credits, and the ``runs`` that exist."""
        found: dict[str, Any] = self.control("GET", "runs")
        return found

    def reset(self) -> None:
        """Make the service forget files, runs, faults and requests."""
        self.control("POST", "reset")

    def control(self, method: str, name: str, body: object = None) -> Any:
        """
        Call the control API.

        :param method: HTTP method.
        :param name: of the resource below ``/_local/``.
        :param body: JSON value; None sends none.
        :return: JSON value of the answer.
        :raises ExchangeError: if the service refuses.
        """
        return exchange(method, f"{self.base_url}/_local/{name}", body, f"Bearer {self.api_key}")

    def _first_line(self) -> bytes:
        assert self._process is not None
        output = _output_of(self._process)
        readable, _, _ = select.select([output], [], [], _START_TIMEOUT)
        return output.readline() if readable else b""


def _output_of(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdout is not None
    return process.stdout
