"""A submit whose answer is lost: the run is found again, whatever its input, and is the only one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from dev.airflow_logs import readable
from extend_provider.local import LocalService
from tests.e2e.airflow_user import add_connection, tries_of
from tests.e2e.run_files import asking_for, write_form, write_input
from tests.e2e.silent_proxy import SilentProxy
from tests.e2e.starting import start_together

if TYPE_CHECKING:
    from dev.airflow_stack import AirflowStack

pytestmark = pytest.mark.slow

DAG = "lost_answers"
TASKS = ("by_path", "by_url", "by_file_id", "by_template")
LOSSES = ("error_after_create", "cut_after", "silence")
SUBMIT = "/edit_runs"
TIMEOUT = 120


@dataclass(frozen=True)
class Loss:
    """A DAG run, and its service, no submit to which was answered."""

    run_id: str
    service: LocalService


@pytest.fixture(scope="module")
def losses(
    airflow_stack: AirflowStack, form_pdf: bytes, marker: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Loss]]:
    services, planned = {}, {}
    with ExitStack() as stack:
        for name in LOSSES:
            # Each run ends so late, because Airflow may fail a task that resumes very soon: see PROCESSING_TIME.
            service = stack.enter_context(LocalService(processing_time=4, allow_private_urls=True))
            if name == "silence":
                proxy = stack.enter_context(SilentProxy(service.base_url, f"POST {SUBMIT}"))
                connection = service.connection_json(timeout=2).replace(service.base_url, proxy.base_url)
            else:
                service.inject(name, times=None, method="POST", path=SUBMIT)
                connection = service.connection_json()
            add_connection(airflow_stack, f"extend_{name}", connection)
            folder = tmp_path_factory.mktemp(name)
            forms = {
                "file": write_form(folder, form_pdf),
                "url": form_url(service, form_pdf),
                "file_id": service.add_file("stored.pdf", form_pdf),
                "template_id": service.add_template("saved", form_pdf),
            }
            config = asking_for({"full_name": f"{marker} Avery"})
            planned[name] = DAG, write_input(folder, connection=f"extend_{name}", config=config, **forms)
            services[name] = service
        runs = start_together(airflow_stack, planned)
        yield {name: Loss(runs[name], services[name]) for name in LOSSES}


@pytest.mark.parametrize("name", LOSSES)
def test_the_run_is_found_again_and_is_the_only_one(
    name: str, airflow_stack: AirflowStack, losses: dict[str, Loss]
) -> None:
    run_id, service = losses[name].run_id, losses[name].service

    assert airflow_stack.wait_for_dag(DAG, run_id, TIMEOUT) == "success", airflow_stack.failure_report(DAG, run_id)

    assert service.runs_created == len(TASKS)
    extend_runs = {airflow_stack.xcoms(DAG, run_id, task)["run_id"] for task in TASKS}
    assert len(extend_runs) == len(TASKS), "no task took the run of another one"
    for task in TASKS:
        assert tries_of(airflow_stack, DAG, run_id, task) == 1, "the same try looks for its run"
        found = airflow_stack.xcoms(DAG, run_id, task)["run_id"]
        assert f"Found Extend edit run {found}." in readable(airflow_stack.task_logs(DAG, run_id, task))


def form_url(service: LocalService, form_pdf: bytes) -> str:
    """A URL that the service itself can load a form from."""
    from extend_provider.client import ClientSettings, ExtendClient

    with ExtendClient(ClientSettings(service.api_key, service.base_url)) as client:
        return str(client.get_file(service.add_file("linked.pdf", form_pdf)).presigned_url)
