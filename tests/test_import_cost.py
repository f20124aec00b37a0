"""What a DAG file pays for importing this package, beyond what Airflow itself has imported."""

from __future__ import annotations

import compileall
import json
import subprocess
import sys
from pathlib import Path

import pytest

import extend_provider

MODULES = [
    "extend_provider.operators.classify",
    "extend_provider.operators.edit",
    "extend_provider.operators.extract",
    "extend_provider.operators.files",
    "extend_provider.operators.parse",
    "extend_provider.operators.runs",
    "extend_provider.operators.split",
    "extend_provider.operators.workflow",
    "extend_provider.sensors.run",
    "extend_provider.triggers.run",
]

CODE = """
import gc, json, sys, time
# The base classes of Airflow that any operator, sensor, hook and trigger needs
import airflow.triggers.base, extend_provider._compat
before = set(sys.modules)
# A pass over all that Airflow has loaded takes 50 ms, and may fall into this time or not.
gc.disable()
start = time.process_time()
for name in sys.argv[1:]:
    __import__(name)
spent = time.process_time() - start
print(json.dumps({"ms": spent * 1000, "new": sorted(set(sys.modules) - before)}))
"""


@pytest.fixture(scope="module", autouse=True)
def bytecode() -> None:
    """As pip makes it when it installs; the environment may say that Python itself shall not."""
    compileall.compile_dir(Path(extend_provider.__file__).parent, quiet=1)


def measure() -> tuple[float, list[str]]:
    done = subprocess.run([sys.executable, "-c", CODE, *MODULES], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    return found["ms"], found["new"]


def test_importing_all_modules_costs_less_than_20_ms() -> None:
    # The best of some: the machine may be busy, but it cannot be faster than the code.
    assert any(measure()[0] < 20 for _ in range(12))


def test_http_client_and_local_service_are_not_imported() -> None:
    _, new = measure()
    heavy = ("httpx", "starlette", "uvicorn", "pypdf", "extend_provider.client", "extend_provider.local")
    assert [name for name in new if name.startswith(heavy)] == []
    assert "extend_provider.models" not in new  # brings pydantic, which Airflow 2 does not load by itself
