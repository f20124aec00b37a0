"""A parse result of 200 MB goes through a worker in constant memory, measured as the system counts it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from extend_provider.hooks.extend import ExtendHook
from extend_provider.hooks.result_files import write_markdown, write_output

SIZE = 200_000_000
PAGE = "x" * 20_000
BLOCK = {"object": "block", "content": "y" * 200, "polygon": [{"x": 1, "y": 2}] * 4}
CHUNK = json.dumps({"object": "chunk", "content": PAGE, "blocks": [BLOCK] * 200}).encode()
CHUNKS = SIZE // len(CHUNK)
HEAD, BETWEEN, END = b'{"chunks": [', b",", b"]}"
LENGTH = len(HEAD) + CHUNKS * len(CHUNK) + (CHUNKS - 1) * len(BETWEEN) + len(END)

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
pytestmark = pytest.mark.skipif(not CLEAR.exists(), reason="the peak of the memory is read where Linux tells it")


class Extend(BaseHTTPRequestHandler):
    """One parse run, and the storage of its result."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        if self.path.startswith("/parse_runs/"):
            url = f"http://127.0.0.1:{self.server.server_address[1]}/output?sig=1"
            self._begin(body := json.dumps({"id": "pr_1", "status": "PROCESSED", "outputUrl": url}).encode(), len(body))
            return
        self._begin(HEAD, LENGTH)
        for number in range(CHUNKS):
            self.wfile.write((BETWEEN if number else b"") + CHUNK)
        self.wfile.write(END)

    def _begin(self, first: bytes, length: int) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(first)


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[ExtendHook]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Extend)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    connection = {"conn_type": "extend", "password": "sk_x", "host": f"http://127.0.0.1:{server.server_address[1]}"}
    monkeypatch.setenv("AIRFLOW_CONN_EXTEND_DEFAULT", json.dumps(connection))
    with ExtendHook() as hook:
        yield hook
    server.shutdown()
    server.server_close()


def peak() -> float:
    """The most memory that this process has had since it was cleared, in megabytes."""
    [line] = [line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


@pytest.mark.parametrize(
    ("write", "size"),
    [(write_output, LENGTH), (write_markdown, CHUNKS * (len(PAGE) + 2) - 1)],
    ids=["JSON", "Markdown"],
)
def test_memory_stays_constant(hook: ExtendHook, tmp_path: Path, write: Callable[..., int], size: int) -> None:
    hook.get_run("pr_1", "parse")
    CLEAR.write_text("5")
    before = peak()
    assert write(hook, "pr_1", "parse", str(tmp_path / "result")) == size
    assert (tmp_path / "result").stat().st_size == size
    assert peak() - before < 50
