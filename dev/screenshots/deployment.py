"""What is photographed: an Airflow with its web interface, and local services in the place of Extend's regions."""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dev.airflow_stack import AirflowStack
from dev.local_service import LocalServiceProcess
from dev.screenshots.stranger import stranger

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "example_dags"
WORKSPACE = "ws_onboarding"
UNREACHABLE = "http://127.0.0.1:9"
_SITE = Path(__file__).with_name("site")


@dataclass(frozen=True)
class Deployment:
    """
    What runs.

    :param stack: Airflow.
    :param us: the service of region ``us``; its key belongs to a workspace.
    :param us2: that of region ``us2``; none of the keys that are shown is its.
    :param eu1: that of region ``eu1``; its key belongs to an organization, so that :data:`WORKSPACE` has to be named.
    :param own: one that is no region, but somebody's own deployment.
    :param stranger: base URL of a server that is not Extend: see :func:`dev.screenshots.stranger.stranger`.
    """

    stack: AirflowStack
    us: LocalServiceProcess
    us2: LocalServiceProcess
    eu1: LocalServiceProcess
    own: LocalServiceProcess
    stranger: str

    @property
    def line(self) -> str:
        """Line of Airflow releases, for example ``3.3``."""
        return ".".join(self.stack.version.split(".")[:2])


@contextmanager
def deployment(python: str, folder: Path) -> Iterator[Deployment]:
    """
    Start everything, and end it, for ``with``.

    :param python: interpreter with Airflow and this package installed.
    :param folder: for what all of it writes.
    """
    home = folder / "airflow"
    home.mkdir(parents=True, exist_ok=True)
    # Nobody has to log in to Airflow 2. The settings of Airflow 3 do the same: see dev/airflow_settings.py.
    (home / "webserver_config.py").write_text('AUTH_ROLE_PUBLIC = "Admin"\n')
    with ExitStack() as running:
        us = running.enter_context(LocalServiceProcess(folder / "us.log"))
        us2 = running.enter_context(LocalServiceProcess(folder / "us2.log"))
        own = running.enter_context(LocalServiceProcess(folder / "own.log"))
        other = running.enter_context(stranger())
        options = ("--workspace-id", WORKSPACE, "--declarations", str(EXAMPLES / "local_service.json"))
        eu1 = running.enter_context(LocalServiceProcess(folder / "eu1.log", *options))
        regions = {"us": us.base_url, "us2": us2.base_url, "eu1": eu1.base_url}
        stack = AirflowStack(
            home, running.enter_context(_dags_folder()), env=_environment(regions), python=python, fresh=True
        )
        running.enter_context(stack)
        if stack.version.startswith("2."):
            stack.start_component("webserver")
        yield Deployment(stack, us, us2, eu1, own, other)


@contextmanager
def _dags_folder() -> Iterator[Path]:
    """Copy the examples: pages show where a DAG's files are, and that should not be somebody's working copy."""
    with tempfile.TemporaryDirectory() as folder:
        dags = Path(folder) / "dags"
        yield Path(shutil.copytree(EXAMPLES, dags, ignore=shutil.ignore_patterns("__pycache__")))


def _environment(regions: dict[str, str]) -> dict[str, str]:
    return {
        "AIRFLOW__CORE__TEST_CONNECTION": "Enabled",
        # Airflow 2 looks for gunicorn's workers where it does not find them, and gives up after two minutes.
        "AIRFLOW__WEBSERVER__WEB_SERVER_MASTER_TIMEOUT": "0",
        "EXTEND_REGIONS": json.dumps(regions),
        "PYTHONPATH": str(_SITE),
    }


def folder_of_documents(folder: Path) -> Path:
    """
    Make a folder with three PDFs, for a DAG with a mapped task.

    :param folder: where to make it.
    """
    documents = folder / "documents"
    shutil.rmtree(documents, ignore_errors=True)
    documents.mkdir()
    for name in ("i9", "w4", "w9"):
        shutil.copy(EXAMPLES / "forms" / "packet.pdf", documents / f"{name}.pdf")
    return documents
