from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytest.importorskip("uv", reason="uv makes the environments; only the development environment has it")

from dev.matrix import uv as calls
from dev.matrix.uv import UvError, uv


def program(tmp_path: Path, code: str) -> str:
    """A program in the place of uv."""
    path = tmp_path / "uv"
    path.write_text(f"#!{sys.executable}\n{code}\n")
    path.chmod(0o755)
    return str(path)


def test_what_uv_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "find_uv_bin", lambda: program(tmp_path, "import sys; print(sys.argv[1:])"))
    assert uv("pip", tmp_path) == f"['pip', '{tmp_path}']\n"


def test_a_failure_tells_what_uv_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "find_uv_bin", lambda: program(tmp_path, "import sys; sys.exit('No such thing')"))
    with pytest.raises(UvError, match="pip install x\nNo such thing"):
        uv("pip", "install", "x")


def test_what_does_not_end_is_a_failure_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "_PATIENCE", 0.2)
    monkeypatch.setattr(calls, "find_uv_bin", lambda: program(tmp_path, "import time; time.sleep(60)"))
    with pytest.raises(UvError, match="pip install x\nIt did not end within 0 s"):
        uv("pip", "install", "x")
