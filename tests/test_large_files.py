"""A file of 500 MB and a parse result of 200 MB go through a worker in under 100 MB of memory, as Linux counts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.large_operations import CLEAR

if TYPE_CHECKING:
    from collections.abc import Iterator

ALLOWED = 100  # MB
ROOT = Path(__file__).parents[1]
MB = 1_000_000

# A file: a mark at its end, and before it nothing, which needs no room on the disk; or a pattern.
FILE_SIZES = {"small": 1 * MB, "large": 500 * MB}
MARK = b"%%EOF of a large file"
PIECE = os.urandom(MB)

# A parse result: pages with many blocks.
PAGE = "A line of text.\n" * 1_000
BLOCK = {"object": "block", "content": "A line of text.", "polygon": [{"x": 1.5, "y": 2.5}] * 4}
CHUNK = json.dumps({"object": "chunk", "content": PAGE, "blocks": [BLOCK] * 500}).encode()
CHUNKS = {"small": 2, "large": 200 * MB // len(CHUNK)}

pytestmark = [
    pytest.mark.skipif(not CLEAR.exists(), reason="The peak of the memory is read where Linux tells it"),
    pytest.mark.timeout(300),
]


class Extend(BaseHTTPRequestHandler):
    """Takes uploads and forgets them; makes up files and results while it sends them."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        if self.path == "/files/upload":
            self.server.uploads[length] = self._end_of_body(length)  # type: ignore[attr-defined]
            self._answer({"object": "file", "id": "file_uploaded"})
        else:
            file_id = json.loads(self.rfile.read(length))["file"]["id"]
            self._answer({"object": "parse_run", "id": file_id.replace("file", "pr"), "status": "PROCESSING"})

    def do_GET(self) -> None:
        path, _, _ = self.path.partition("?")
        size = "large" if path.endswith("large") else "small"
        if path.startswith("/stored/file"):
            self._send(FILE_SIZES[size], (PIECE for _ in range(FILE_SIZES[size] // MB)))
        elif path.startswith("/stored/output"):
            self._send(sum(map(len, output(size))), output(size))
        elif path.startswith("/files/"):
            self._answer({"object": "file", "id": f"file_{size}", "presignedUrl": self._stored(f"file_{size}")})
        elif path.startswith("/parse_runs/"):
            run = {"object": "parse_run", "id": f"pr_{size}", "status": "PROCESSED", "output": None}
            self._answer({**run, "outputUrl": self._stored(f"output_{size}")})
        else:
            self._answer({"object": "list", "data": []})

    def _stored(self, name: str) -> str:
        return f"http://{self.headers['Host']}/stored/{name}?signature=1"

    def _end_of_body(self, length: int) -> bytes:
        end = b""
        while length > 0:
            piece = self.rfile.read(min(length, MB))
            length, end = length - len(piece), (end + piece)[-1_000:]
        return end

    def _answer(self, body: dict[str, Any]) -> None:
        self._send(len(content := json.dumps(body).encode()), [content])

    def _send(self, length: int, pieces: Any) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(length))
        self.end_headers()
        for piece in pieces:
            self.wfile.write(piece)


def output(size: str) -> Iterator[bytes]:
    yield b'{"chunks": ['
    for number in range(CHUNKS[size]):
        yield b", " + CHUNK if number else CHUNK
    yield b"]}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the operators read and write; emptied at the end, because pytest would keep it for a while."""
    folder = tmp_path_factory.mktemp("large")
    for size, length in FILE_SIZES.items():
        with (folder / f"{size}.pdf").open("wb") as file:
            file.seek(length - len(MARK))
            file.write(MARK)
    yield folder
    for path in folder.iterdir():
        path.unlink()


@pytest.fixture(scope="module")
def uploads() -> dict[int, bytes]:
    """The last bytes of each upload, by its length."""
    return {}


@pytest.fixture(scope="module")
def memory(folder: Path, uploads: dict[int, bytes]) -> dict[str, float]:
    """How many megabytes each operator needed."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Extend)
    server.uploads = uploads  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host = f"http://127.0.0.1:{server.server_port}"
    connection = {"conn_type": "extend", "password": "sk_x", "host": host, "extra": {"requests_per_second": 100}}
    done = subprocess.run(
        [sys.executable, "-m", "tests.large_operations", str(folder)],
        cwd=ROOT,
        env={**os.environ, "AIRFLOW_CONN_EXTEND_DEFAULT": json.dumps(connection)},
        capture_output=True,
        text=True,
        check=False,
    )
    server.shutdown()
    server.server_close()
    assert done.returncode == 0, done.stderr
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    print(figures)  # shown by `pytest -s`
    return figures


def test_a_file_of_500_mb_is_uploaded(memory: dict[str, float], uploads: dict[int, bytes]) -> None:
    length = max(uploads)

    assert FILE_SIZES["large"] < length < FILE_SIZES["large"] + 1_000
    assert MARK in uploads[length]
    assert memory["upload"] < ALLOWED


def test_a_file_of_500_mb_is_downloaded(memory: dict[str, float], folder: Path) -> None:
    with (folder / "large.downloaded").open("rb") as file:
        pieces = list(iter(lambda: zlib.crc32(file.read(MB)), zlib.crc32(b"")))

    assert pieces == [zlib.crc32(PIECE)] * 500
    assert memory["download"] < ALLOWED


def test_a_parse_result_of_200_mb_is_written_as_json_and_markdown(memory: dict[str, float], folder: Path) -> None:
    with (folder / "large.json").open("rb") as file:
        assert all(file.read(len(piece)) == piece for piece in output("large"))
        assert file.tell() > 199 * MB
        assert file.read() == b""
    text = (PAGE.strip("\n") + "\n\n").encode()
    with (folder / "large.md").open("rb") as file:
        assert all(file.read(len(text)) == text for _ in range(CHUNKS["large"] - 1))
        assert file.read() == text[:-1]
    assert memory["parse"] < ALLOWED
