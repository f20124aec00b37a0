"""The programs that the distributed deployment starts."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from dev.distributed.__main__ import TESTS, main, read_options
from dev.distributed.programs import MissingProgramsError, bound_command, find_programs, unprivileged_user

PROGRAMS = ("initdb", "postgres", "redis-server", "setpriv")
SETPRIV = shutil.which("setpriv")
CALLER = """
import subprocess, sys, time
from pathlib import Path
from dev.distributed.programs import *
import signal
child = subprocess.Popen(bound_command(Path(sys.argv[1]), signal.SIGTERM, None, "sleep", "600"))
print(child.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The only folder in which programs are looked for."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("dev.distributed.programs._ADMIN_FOLDERS", "")
    monkeypatch.setattr("dev.distributed.programs._DEBIAN_FOLDERS", f"{tmp_path}/postgresql/*/bin")
    return tmp_path


def install(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch(mode=0o755)


def test_the_packages_of_missing_programs_are_named(nothing_installed: Path) -> None:
    install(nothing_installed, "setpriv")

    with pytest.raises(MissingProgramsError, match="initdb, postgres, redis-server") as error:
        find_programs()

    assert "apt-get install postgresql redis-server." in str(error.value)


@pytest.mark.usefixtures("nothing_installed")
def test_the_command_tells_what_is_missing_instead_of_running_tests(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2

    assert "apt-get install postgresql redis-server" in capsys.readouterr().err


def test_all_tests_run_unless_some_are_named() -> None:
    assert read_options(["-x"]) == [*TESTS, "-x"]
    assert read_options(["tests/e2e/distributed", "-k", "killed"]) == ["tests/e2e/distributed", "-k", "killed"]
    read_options(TESTS)


def test_tests_that_do_not_exist_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        read_options(["tests/e2e/test_no_such.py"])

    assert ended.value.code == 2
    assert "There is no tests/e2e/test_no_such.py" in capsys.readouterr().err


def test_the_newest_postgresql_of_debian_is_taken(nothing_installed: Path) -> None:
    install(nothing_installed, *PROGRAMS[2:])
    for version in ("9.6", "15", "9.4"):
        install(nothing_installed / "postgresql" / version / "bin", *PROGRAMS[:2])

    found = find_programs()

    assert set(found) == set(PROGRAMS)
    assert found["initdb"] == nothing_installed / "postgresql" / "15" / "bin" / "initdb"
    assert found["redis-server"] == nothing_installed / "redis-server"


def test_only_root_needs_another_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert unprivileged_user() is None
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert unprivileged_user() not in {None, "root"}


@pytest.mark.skipif(SETPRIV is None, reason="needs setpriv (Linux)")
def test_a_command_ends_with_its_caller() -> None:
    command = [sys.executable, "-c", CALLER, str(SETPRIV)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as caller:
        assert caller.stdout is not None
        child = psutil.Process(int(caller.stdout.readline()))
        deadline = time.monotonic() + 30
        while child.name() != "sleep" and time.monotonic() < deadline:
            time.sleep(0.05)
        assert child.name() == "sleep"
        caller.kill()

    psutil.wait_procs([child], timeout=30)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


@pytest.mark.skipif(SETPRIV is None or os.geteuid() != 0, reason="needs setpriv, and to be root")
def test_a_command_of_another_user_has_none_of_roots_rights() -> None:
    user = unprivileged_user()
    command = bound_command(Path(str(SETPRIV)), signal.SIGTERM, user, "id")
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/")

    assert f"({user})" in done.stdout.split()[0]
    assert "root" not in done.stdout
