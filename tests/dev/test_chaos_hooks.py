"""A process that comes to its point dies there; any other goes on."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
from operator import attrgetter
from pathlib import Path

import pytest

from dev.chaos.hooks import WRAPPERS
from dev.chaos.tokens import FOLDER_VARIABLE, Kill, Tokens

ROOT = Path(__file__).parents[2]
# A worker in the middle of a task, and what it does there.
WORKER = """
from types import SimpleNamespace
from airflow.sdk.execution_time.context import set_current_context
from extend_provider.hooks.extend import ExtendHook

with set_current_context({"ti": SimpleNamespace(task_id="synchronous.fill", map_index=3)}):
    try:
        ExtendHook("no_connection").create_run("edit", {})
    except Exception as error:
        print("survived:", type(error).__name__)
"""

pytest.importorskip("airflow.sdk", reason="the crash test runs on Airflow 3.3")


def work(folder: Path | None, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(ROOT / "dev" / "chaos" / "site"), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": path, "AIRFLOW_HOME": str(tmp_path)}
    if folder:
        environment[FOLDER_VARIABLE] = str(folder)
    return subprocess.run(
        [sys.executable, "-c", WORKER], env=environment, capture_output=True, text=True, timeout=100, check=False
    )


def test_it_dies_at_its_point_and_once(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path / "tokens")
    tokens.plan(Kill("before-submit", "synchronous.fill[3]"))

    first, second = work(tmp_path / "tokens", tmp_path), work(tmp_path / "tokens", tmp_path)

    assert first.returncode == -signal.SIGKILL, first.stderr
    assert (second.returncode, second.stdout.split(":")[0]) == (0, "survived"), second.stderr
    assert tokens.collect() == (["before-submit"], [])


def test_another_task_and_an_unwatched_process_survive(tmp_path: Path) -> None:
    Tokens(tmp_path / "tokens").plan(Kill("before-submit", "synchronous.fill[13]"))

    for folder in (tmp_path / "tokens", None):
        done = work(folder, tmp_path)
        assert (done.returncode, done.stdout.split(":")[0]) == (0, "survived"), done.stderr


@pytest.mark.parametrize(("module", "name"), [(module, name) for module, name, _ in WRAPPERS])
def test_what_is_wrapped_is_there(module: str, name: str) -> None:
    assert callable(attrgetter(name)(importlib.import_module(module)))
