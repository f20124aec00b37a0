"""A name that the service gives is never a path here: downloads go where the DAG's author says, and nowhere else."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from extend_provider.client import ClientSettings
from extend_provider.exceptions import ExtendFileError
from extend_provider.hooks.extend import ExtendHook
from tests.hostile.answers import KEY
from tests.hostile.tcp import listening, request_of
from tests.hostile.test_network import file_answer

NAMES = ["../../escaped.pdf", "/tmp/escaped.pdf", "..", ".", "", "a/b.pdf", "a\\b.pdf", "~/escaped.pdf", "nul\x00.pdf"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where downloads of a relative path go."""
    here = tmp_path / "deep" / "down"
    here.mkdir(parents=True)
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(tmp_path))
    return here


def download(name: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Download a file that the service calls by a name."""
    ports: list[int] = []

    def handle(connection: object, ending: threading.Event) -> None:
        request = request_of(connection)  # type: ignore[arg-type]
        answer = (
            b"HTTP/1.1 200 OK\r\nContent-Disposition: attachment; filename=../escaped\r\nContent-Length: 4\r\n\r\n%PDF"
        )
        url = f"http://127.0.0.1:{ports[0]}/content/..%2f..%2fescaped.pdf?name=../escaped"
        connection.sendall(file_answer(url, name) if b"/files/" in request else answer)  # type: ignore[attr-defined]

    with listening(handle) as port:
        ports.append(port)
        settings = ClientSettings(api_key=KEY, base_url=f"http://127.0.0.1:{port}", retry_for=0.0)
        monkeypatch.setattr(ExtendHook, "settings", lambda _: settings)
        with ExtendHook() as hook:
            hook.download_file("file_1", path)


def written(root: Path) -> set[Path]:
    return {path.relative_to(root) for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", NAMES)
def test_names_from_the_service_are_no_paths(
    name: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    download(name, "filled.pdf", monkeypatch)

    assert written(tmp_path) == {Path("deep/down/filled.pdf")}


@pytest.mark.parametrize("path", [".", "..", "~", "existing", "existing/"])
@pytest.mark.parametrize("name", ["w9.pdf", "../../escaped.pdf"])
def test_folder_is_no_place_for_a_file(
    path: str, name: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No name is made up for the file in it."""
    (folder / "existing").mkdir()

    with pytest.raises(ExtendFileError, match="is a folder"):
        download(name, path, monkeypatch)

    assert written(tmp_path) == set()
