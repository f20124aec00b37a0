"""A server program, from start to stop."""

from __future__ import annotations

import signal
import socket
import sys
from pathlib import Path

import pytest

from dev.airflow_settings import free_port
from dev.distributed.server import ServerError, ServerProcess

SERVER = """
import signal, socket, sys
signal.signal(signal.SIGINT, lambda *_: (print("ended in order", flush=True), sys.exit(0)))
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as server:
    print("serves", flush=True)
    while True:
        server.accept()[0].close()
"""


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            return True
    except OSError:
        return False


def test_serves_until_it_is_stopped(tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "server.log"
    command = [sys.executable, "-c", SERVER, str(port)]
    server = ServerProcess(command, log, lambda: answers(port), signal.SIGINT)

    server.start()
    assert answers(port)
    server.stop()
    server.stop()

    assert not answers(port)
    assert log.read_text().splitlines() == ["serves", "ended in order"]


def test_an_early_end_is_explained_by_the_log(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('no port for me')"]
    server = ServerProcess(command, tmp_path / "server.log", lambda: False, signal.SIGINT)

    with pytest.raises(ServerError, match="does not serve:\nno port for me"):
        server.start()
