"""One real Airflow and some local Extend services for all end-to-end tests, in processes of their own."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.airflow_deployment import Deployment
from dev.airflow_stack import AirflowStack
from dev.local_service import LocalServiceProcess
from extend_provider.client import ClientSettings, ExtendClient
from extend_provider.local import LocalService
from tests.e2e.airflow_user import add_connection
from tests.e2e.chosen_deployment import IS_DISTRIBUTED, chosen_deployment
from tests.e2e.examples import EXAMPLE_DAGS
from tests.e2e.row_history import keep_row_history
from tests.e2e.run_files import write_form, write_input
from tests.e2e.waiting import wait_until_all_wait

HERE = Path(__file__).parent
DAG_FOLDERS = (EXAMPLE_DAGS, HERE / "dags", *([HERE / "distributed" / "dags"] if IS_DISTRIBUTED else []))

TIMEOUT = 300
"""Seconds for one test; the first one also waits for the stack."""

PROCESSING_TIME = 4
"""
Seconds that a run of ``local_service`` takes. Airflow's scheduler fails a task that resumes before it has noticed that
the worker is done with the deferral (apache/airflow#71580), which on a busy machine takes it a second or two.
"""


@pytest.hookimpl(tryfirst=True)  # before "-m" looks at the markers
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder as end-to-end, with a timeout that fits; search for secrets at the end."""
    ours = [item for item in items if HERE in item.path.parents]
    for item in ours:
        item.add_marker(pytest.mark.e2e)
        # They share an Airflow, so one process runs all of them, in order.
        item.add_marker(pytest.mark.xdist_group("airflow"))
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(TIMEOUT))
    items.sort(key=lambda item: item.path == HERE / "test_secrets.py")


@pytest.fixture(scope="session")
def local_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServiceProcess]:
    """The local Extend service. Tests share it: compare before and after."""
    log = tmp_path_factory.mktemp("extend") / "service.log"
    options = ("--processing-time", str(PROCESSING_TIME), "--allow-private-urls")
    with LocalServiceProcess(log, *options) as service:
        yield service


@pytest.fixture(scope="session")
def patient_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServiceProcess]:
    """Another one, whose runs end when a test says so: ``control("POST", f"runs/{run_id}/finish")``."""
    log = tmp_path_factory.mktemp("patient") / "service.log"
    with LocalServiceProcess(log, "--processing-time", "3600") as service:
        yield service


@pytest.fixture(scope="session")
def revoking_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServiceProcess]:
    """A third one, for the test that revokes its key."""
    log = tmp_path_factory.mktemp("revoking") / "service.log"
    with LocalServiceProcess(log, "--processing-time", "3600") as service:
        yield service


@pytest.fixture(scope="module")
def service() -> Iterator[LocalService]:
    """A module's own service, whose runs do not end by themselves."""
    with LocalService(processing_time=3600) as running:
        yield running


@pytest.fixture(scope="session")
def wrong_key() -> str:
    """A key that no service accepts."""
    return f"wrong_key_{secrets.token_hex(16)}"


@pytest.fixture(scope="session")
def deployment() -> Deployment:
    """What the Airflow of these tests runs on."""
    return chosen_deployment()


@pytest.fixture(scope="session")
def airflow_stack(
    deployment: Deployment,
    tmp_path_factory: pytest.TempPathFactory,
    local_service: LocalServiceProcess,
    patient_service: LocalServiceProcess,
    revoking_service: LocalServiceProcess,
    wrong_key: str,
) -> Iterator[AirflowStack]:
    """
    A running Airflow. Its DAGs are copies of those in ``example_dags`` and ``tests/e2e/dags``.

    Its connections: ``extend_default`` to ``local_service`` and ``extend_revoking`` to ``revoking_service``, from the
    environment; ``extend_patient`` to ``patient_service``, in the database; ``extend_wrong_key`` to ``local_service``,
    with a key that it refuses.
    """
    folder = tmp_path_factory.mktemp("airflow")
    dags = folder / "dags"
    for source in DAG_FOLDERS:
        shutil.copytree(source, dags, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    connections = {
        "extend_default": local_service.connection(),
        "extend_revoking": revoking_service.connection(),
        "extend_wrong_key": json.dumps({"conn_type": "extend", "host": local_service.base_url, "password": wrong_key}),
    }
    # Python shows most deprecations to no one; test_warnings.py wants to see ours.
    env = {"PYTHONWARNINGS": "default,ignore::ResourceWarning"}  # of the sockets that Airflow forks with its tasks
    home = folder / "home"
    with AirflowStack(home, dags, connections=connections, env=env, parallelism=6, deployment=deployment) as stack:
        keep_row_history(stack)
        add_connection(stack, "extend_patient", patient_service.connection())
        yield stack


@pytest.fixture(scope="session")
def extend_client(local_service: LocalServiceProcess) -> Iterator[ExtendClient]:
    """A client of ``local_service``."""
    with ExtendClient(ClientSettings(local_service.api_key, local_service.base_url)) as client:
        yield client


@pytest.fixture(scope="session")
def patient_client(patient_service: LocalServiceProcess) -> Iterator[ExtendClient]:
    """A client of ``patient_service``."""
    with ExtendClient(ClientSettings(patient_service.api_key, patient_service.base_url)) as client:
        yield client


@pytest.fixture(scope="session")
def revoked_run(
    airflow_stack: AirflowStack,
    revoking_service: LocalServiceProcess,
    form_pdf: bytes,
    tmp_path_factory: pytest.TempPathFactory,
) -> str:
    """
    Id of a run of the DAG ``ways_of_waiting`` whose key was revoked when all of its tasks waited.

    It takes a minute to fail, because so much time a new key has to arrive in the connection.
    """
    folder = tmp_path_factory.mktemp("revoked")
    given = write_input(folder, connection="extend_revoking", file=write_form(folder, form_pdf), config={})
    run_id = airflow_stack.trigger_dag("ways_of_waiting", given)
    wait_until_all_wait(airflow_stack, run_id)
    revoking_service.inject_fault("unauthorized", times=None)
    return run_id


@pytest.fixture(scope="session")
def marker() -> str:
    """Text that is part of every form value that these tests ask for, where it fits, and of nothing else."""
    return f"zq{secrets.token_hex(3)}"
