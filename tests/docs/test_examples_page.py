"""docs/examples.md: what its reader types, from the local service to the last DAG, in one go."""

from __future__ import annotations

import contextlib
import json
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from dev.local_service import LocalServiceProcess
from dev.pages import ROOT
from tests.docs.claims import the_block
from tests.docs.shell import Shell, compare, steps

if TYPE_CHECKING:
    from pathlib import Path

    from tests.docs.scratch_airflow import ScratchAirflow

PAGE = "docs/examples.md"
START = the_block(PAGE, "$ python -m extend_provider.local")
_KNOW_THE_SERVICE = "$ export URL=http://127.0.0.1:40123 KEY=sk_local_...\n"
RUN_PACKET = the_block(PAGE, f"{_KNOW_THE_SERVICE}$ export AIRFLOW_CONN")
RUN_REVIEW = the_block(PAGE, "$ airflow dags test workflow_review")
SAY_YES = the_block(PAGE, f"{_KNOW_THE_SERVICE}$ curl")
FILL_TEMPLATE = the_block(PAGE, "$ FORM=")
PATIENCE = 120.0

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400), pytest.mark.xdist_group("scratch_airflow")]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServiceProcess]:
    """The service, started as the page says."""
    ((command, _),) = steps(START)
    options = shlex.split(command.removeprefix("python -m extend_provider.local"))
    options = [str(ROOT / option) if (ROOT / option).exists() else option for option in options]
    with LocalServiceProcess(tmp_path_factory.mktemp("extend") / "log", *options) as service:
        yield service


@pytest.fixture(scope="module")
def shell(service: LocalServiceProcess, scratch_airflow: ScratchAirflow) -> Iterator[Shell]:
    """The other terminal, with the examples in the DAGs folder; it knows URL and key."""
    environment = scratch_airflow.environment(AIRFLOW__CORE__DAGS_FOLDER=str(ROOT / "example_dags"))
    with Shell(ROOT, environment) as shell:
        ((_, shown),) = steps(START)
        line = json.dumps({"base_url": service.base_url, "api_key": service.api_key})
        shell.known["http://127.0.0.1:40123"] = service.base_url
        shell.known |= compare(line.replace(service.base_url, "http://127.0.0.1:40123"), shown)
        for command, _ in steps(RUN_PACKET):
            if command.startswith("export "):
                shell.run(command)
        yield shell


def test_the_packet_is_taken_apart(shell: Shell, service: LocalServiceProcess, tmp_path: Path) -> None:
    shell.known["/tmp/packet"] = str(tmp_path)

    shell.follow(RUN_PACKET)

    assert len(list(tmp_path.glob("*.json"))) == 4


def test_a_template_is_filled(shell: Shell, service: LocalServiceProcess) -> None:
    before = service.runs()["created"]

    shell.follow(FILL_TEMPLATE)

    assert service.runs()["created"] > before


def test_the_reviewer_says_yes(shell: Shell, service: LocalServiceProcess, scratch_airflow: ScratchAirflow) -> None:
    environment = scratch_airflow.environment(
        AIRFLOW__CORE__DAGS_FOLDER=str(ROOT / "example_dags"), AIRFLOW_CONN_EXTEND_DEFAULT=service.connection()
    )
    result = scratch_airflow.home / "reviewed.json"
    ((command, shown),) = steps(RUN_REVIEW)
    _, *arguments = shlex.split(command.replace("/tmp/reviewed.json", str(result)))
    log = scratch_airflow.home / "review.log"
    with log.open("w") as output:
        waiting = subprocess.Popen(
            [sys.executable, "-m", "airflow", *arguments], env=environment, stdout=output, stderr=output
        )
    try:
        shell.known["workflow_run_..."] = told(log, shown)
        assert shell.known["workflow_run_..."] == run_to_review(service)
        shell.follow(SAY_YES)
        assert waiting.wait(PATIENCE) == 0
    finally:
        waiting.kill()
        waiting.wait()
    assert json.loads(result.read_text())["stepRuns"]


def told(log: Path, shown: list[str]) -> str:
    """Wait until the log has the line that the page shows, and return the run that it names."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(AssertionError):
            return compare(log.read_text(), shown)["workflow_run_..."]
        time.sleep(0.2)
    raise AssertionError(f"No line like {shown}:\n{log.read_text()}")


def run_to_review(service: LocalServiceProcess) -> str:
    """Wait until a workflow run wants a human, and return its id."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        runs: list[dict[str, Any]] = service.runs()["runs"]
        for run in runs:
            if run["status"] == "NEEDS_REVIEW":
                return str(run["id"])
        time.sleep(0.2)
    raise AssertionError("No run wants a review")
