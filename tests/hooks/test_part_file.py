"""A killed download: nothing half under the final name, and the next one cleans up."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from extend_provider.client import ClientSettings, ExtendClient
from extend_provider.hooks.files import write_whole
from extend_provider.hooks.part_file import PartFile

CONTENT = os.urandom(1 << 20)
HALF = len(CONTENT) // 2
KEY = "sk_test_0123456789abcdef"
CHILD = """
import sys
from extend_provider.client import ClientSettings, ExtendClient
from extend_provider.hooks.files import write_whole

with ExtendClient(ClientSettings(api_key=sys.argv[1], base_url=sys.argv[2])) as client:
    write_whole(sys.argv[3], client.iter_file("file_1"))
"""


class Service:
    """Extend and its storage, which gives the second half of the file when it is told to."""

    def __init__(self, port: int) -> None:
        self.base_url = f"http://127.0.0.1:{port}"
        self.go_on = threading.Event()

    def download(self, path: Path | str) -> None:
        with ExtendClient(ClientSettings(api_key=KEY, base_url=self.base_url)) as client:
            write_whole(str(path), client.iter_file("file_1"))


@pytest.fixture
def service() -> Iterator[Service]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = CONTENT
            if self.path.startswith("/files/"):
                body = json.dumps({"id": "file_1", "presignedUrl": f"{site.base_url}/content?sig=1"}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(body[:HALF])
                if body is CONTENT:
                    site.go_on.wait(30)
                self.wfile.write(body[HALF:])

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site = Service(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield site
    site.go_on.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def half_way(service: Service) -> Iterator[Callable[[Path], subprocess.Popen[bytes]]]:
    """Start a download in another process, and return when half of the file has been written."""
    children: list[subprocess.Popen[bytes]] = []

    def start(target: Path) -> subprocess.Popen[bytes]:
        child = subprocess.Popen([sys.executable, "-c", CHILD, KEY, service.base_url, str(target)])
        children.append(child)
        deadline = time.monotonic() + 30
        while sum(part.stat().st_size for part in parts(target.parent)) < HALF // 2:
            assert child.poll() is None, "it ended by itself"
            assert time.monotonic() < deadline, "it wrote nothing"
            time.sleep(0.01)
        return child

    yield start
    for child in children:
        child.kill()
        child.wait()


def parts(folder: Path) -> list[Path]:
    return list(folder.glob(".*.part"))


@pytest.mark.parametrize("older", [None, b"older"])
def test_killed_download(
    service: Service, half_way: Callable[[Path], subprocess.Popen[bytes]], tmp_path: Path, older: bytes | None
) -> None:
    target = tmp_path / "filled.pdf"
    if older is not None:
        target.write_bytes(older)
    child = half_way(target)

    child.send_signal(signal.SIGKILL)
    child.wait()

    assert (target.read_bytes() if target.exists() else None) == older
    assert len(parts(tmp_path)) == 1, "the test does not kill in the middle"

    service.go_on.set()
    service.download(target)
    assert target.read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [target]


def test_download_that_goes_on_is_left_alone(
    service: Service, half_way: Callable[[Path], subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    target = tmp_path / "filled.pdf"
    child = half_way(target)
    [its_part] = parts(tmp_path)

    write_whole(str(target), iter([b"another one"]))

    assert target.read_bytes() == b"another one"
    assert parts(tmp_path) == [its_part]
    service.go_on.set()
    assert child.wait(30) == 0
    assert target.read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [target]


def test_leftovers_of_other_files_stay(tmp_path: Path) -> None:
    others = [".a.pdf.0123abcd.part", ".filled.pdf.part", ".filled.pdf.0123abcd.part.x", ".filledxpdf.0123abcd.part"]
    for name in others:
        (tmp_path / name).write_bytes(b"half")
    (tmp_path / ".filled.pdf.0123abcd.part").write_bytes(b"half")
    (tmp_path / ".filled.pdf.4567abcd.part").mkdir()

    write_whole(str(tmp_path / "filled.pdf"), iter([b"new"]))

    assert {path.name for path in tmp_path.iterdir()} == {*others, "filled.pdf", ".filled.pdf.4567abcd.part"}


@pytest.mark.parametrize("name", ["x" * 255, "ä" * 127, "x" * 199 + "ä" * 20])
def test_name_of_any_length(tmp_path: Path, name: str) -> None:
    write_whole(str(tmp_path / name), iter([b"new"]))

    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_part_that_was_taken_for_a_leftover_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the opening and the locking of a new file, it looks like the file of a dead process."""
    from extend_provider.hooks import part_file

    lock, removed = part_file._lock, []

    def come_between(stream: object) -> bool:
        if not removed:
            [path] = parts(tmp_path)
            path.unlink()
            removed.append(path)
        return lock(stream)

    monkeypatch.setattr(part_file, "_lock", come_between)
    with PartFile(tmp_path / "filled.pdf") as part:
        part.stream.write(b"whole")
        part.complete()

    assert removed
    assert [path.name for path in tmp_path.iterdir()] == ["filled.pdf"]
    assert (tmp_path / "filled.pdf").read_bytes() == b"whole"


def test_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There, nothing can be told about left-overs, so they stay."""

    def no_locks(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    leftover = tmp_path / ".filled.pdf.0123abcd.part"
    leftover.write_bytes(b"half")
    monkeypatch.setattr("fcntl.flock", no_locks)

    write_whole(str(tmp_path / "filled.pdf"), iter([b"whole"]))

    assert leftover.exists()
    assert (tmp_path / "filled.pdf").read_bytes() == b"whole"
