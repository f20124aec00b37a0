from __future__ import annotations

import sys
from pathlib import Path

import pytest

from dev.matrix.interpreters import installed_interpreters

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


def interpreter(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on the PATH; pyenv's folder is ``pyenv`` beside it."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    return folder


def test_one_on_the_path_is_found(path: Path) -> None:
    interpreter(path / f"python{VERSION}", f'exec {sys.executable} "$@"')
    assert installed_interpreters([VERSION, "3.9"]) == {VERSION: Path(sys.executable)}


def test_a_shim_with_nothing_behind_it_is_passed_over(path: Path) -> None:
    interpreter(path / f"python{VERSION}", "exit 127")
    assert installed_interpreters([VERSION]) == {}

    interpreter(
        path.parent / "pyenv" / "versions" / f"{VERSION}.1" / "bin" / f"python{VERSION}", f'exec {sys.executable} "$@"'
    )
    assert installed_interpreters([VERSION]) == {VERSION: Path(sys.executable)}


def test_a_name_that_promises_another_version_is_passed_over(path: Path) -> None:
    interpreter(path / "python3.9", f'exec {sys.executable} "$@"')
    assert installed_interpreters(["3.9"]) == {}
