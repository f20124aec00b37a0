"""
No key, presigned URL or form value can be read in a log or in the database, unless it was asked for.

These tests come last, and search what all end-to-end tests of the session have left behind. They do not depend on the
others: the runs of this file meet every way in which a secret passes through a task.
"""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pypdf import PdfReader, PdfWriter

from tests.e2e.chosen_deployment import IS_DISTRIBUTED
from tests.e2e.examples import values_of_example
from tests.e2e.leaks import LOGS, PRESIGNED_URL, places_of
from tests.e2e.run_files import UNFLATTENED, asking_for, write_form, write_input
from tests.e2e.starting import start_together

if TYPE_CHECKING:
    from dev.airflow_stack import AirflowStack
    from dev.local_service import LocalServiceProcess
    from extend_provider.client import ExtendClient

TIMEOUT = 120
WAYS, ONE = "ways_of_waiting", "fill_and_download"
# What an example's author writes into its code is in the code that Airflow stores, and only there.
CODE = {"dag_code.source_code", "serialized_dag.data"}
# Where an operator can put a text, and Airflow a trigger's.
EVERYWHERE = {
    "xcom.value",
    "rendered_task_instance_fields.rendered_fields",
    "trigger.kwargs",
    "task_instance.next_kwargs",
    f"{LOGS}/attempt=1.log",
    f"{LOGS}/attempt=1.log.trigger.log",
    # Of the process that tasks run below.
    f"{LOGS}/{'worker' if IS_DISTRIBUTED else 'scheduler'}.log",
}
SECRETS = (
    "key of a connection in the environment",
    "key of a connection in the database",
    "refused key",
    "revoked key",
    "signed URL",
    "signature of an input",
    "signature of a refused input",
    "form value or password",
)


@dataclass(frozen=True)
class Plan:
    """A DAG run to be: how it is to end, its DAG, and what its input holds."""

    end: str
    dag_id: str
    content: dict[str, Any]


@dataclass(frozen=True)
class Done:
    """DAG runs that have ended: name to what was planned, and to the id of the run."""

    plans: dict[str, Plan]
    run_ids: dict[str, str]


@pytest.fixture(scope="module")
def asked_for(marker: str) -> str:
    """Part of the form values that are asked for in XCom."""
    return marker[::-1]


@pytest.fixture(scope="module")
def plans(
    extend_client: ExtendClient,
    local_service: LocalServiceProcess,
    form_pdf: bytes,
    marker: str,
    asked_for: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Plan]:
    """Secrets on every way through a task, also through one that fails."""
    form = write_form(tmp_path_factory.mktemp("form"), form_pdf)
    password = f"{marker}-password"
    locked = write_form(tmp_path_factory.mktemp("locked"), encrypted(form_pdf, password))
    value = f"{marker} Avery"
    local_service.control("DELETE", "faults")
    url = presigned_url(extend_client, form)
    local_service.inject_fault("expired", method="GET", path="/files/*")
    expired_url = presigned_url(extend_client, form)
    fill = {"file": form, "config": asking_by_schema(value)}

    def ends(end: str, dag_id: str, **content: Any) -> Plan:
        return Plan(end, dag_id, {**fill, **content})

    return {
        "in_schema": ends("success", WAYS),
        "in_instructions": ends("success", ONE, config=asking_for({"full_name": value})),
        "in_lines": ends("success", ONE, config={"instructions": f"Please fill this in:\nfull_name: {value}"}),
        "in_url": ends("success", ONE, file=url),
        "in_upload": ends("success", "locked_form", file=locked, password=password),
        "in_mapped": ends("success", "fill_several", files=[form, form]),
        "in_code": ends("success", "fill_form"),
        "asked_for": ends("success", "values_asked_for", config=asking_by_schema(f"{asked_for} Avery")),
        "wrong_key": ends("failed", ONE, connection="extend_wrong_key"),
        "wrong_password": ends("failed", "locked_form", file=locked, password=f"{marker}-wrong"),
        "wrong_type": ends("failed", WAYS, config=asking_by_schema(value, type="number")),
        "wrong_enum": ends("failed", ONE, config=asking_by_schema(value, enum=["one", "other"])),
        "wrong_request": ends("failed", ONE, config=asking_by_schema(value) | {"engineVersion": "none"}),
        "wrong_json": ends("failed", ONE, config=f'{{"instructions": {value}'),
        "expired_url": ends("failed", ONE, file=expired_url),
    }


@pytest.fixture(scope="module")
def runs(airflow_stack: AirflowStack, plans: dict[str, Plan], tmp_path_factory: pytest.TempPathFactory) -> Done:
    planned = {}
    for name, plan in plans.items():
        folder = tmp_path_factory.mktemp(name)
        planned[name] = plan.dag_id, write_input(folder, **plan.content) | {"filled_form": str(folder / "filled.pdf")}
    run_ids = start_together(airflow_stack, planned)
    for name, plan in plans.items():
        end = airflow_stack.wait_for_dag(plan.dag_id, run_ids[name], TIMEOUT)
        assert end == plan.end, airflow_stack.failure_report(plan.dag_id, run_ids[name])
    return Done(plans, run_ids)


@pytest.fixture(scope="module")
def secret_texts(
    local_service: LocalServiceProcess,
    patient_service: LocalServiceProcess,
    revoking_service: LocalServiceProcess,
    wrong_key: str,
    marker: str,
    runs: Done,
) -> dict[str, str | re.Pattern[str]]:
    """Name of a secret to what it looks like."""
    return {
        "key of a connection in the environment": local_service.api_key,
        "key of a connection in the database": patient_service.api_key,
        "refused key": wrong_key,
        "revoked key": revoking_service.api_key,
        "signed URL": PRESIGNED_URL,
        "signature of an input": signature_of(runs.plans["in_url"].content["file"]),
        "signature of a refused input": signature_of(runs.plans["expired_url"].content["file"]),
        "form value or password": marker,
    }


@pytest.mark.parametrize("name", SECRETS)
def test_no_secret_can_be_read(
    name: str, airflow_stack: AirflowStack, secret_texts: dict[str, str | re.Pattern[str]]
) -> None:
    assert set(secret_texts) == set(SECRETS)

    assert places_of(secret_texts[name], airflow_stack) == set()


@pytest.mark.parametrize("task", ["operator_deferred", "operator_synchronous", "sensor_deferred", "get"])
def test_values_that_are_asked_for_can_be_read_in_xcom_only(
    task: str, airflow_stack: AirflowStack, runs: Done, asked_for: str
) -> None:
    result = airflow_stack.xcoms("values_asked_for", runs.run_ids["asked_for"], task)["return_value"]

    assert result["filled_values"] == {"full_name": f"{asked_for} Avery"}
    assert places_of(asked_for, airflow_stack) == {"xcom.value"}


@pytest.mark.usefixtures("runs")
def test_the_values_of_an_example_can_be_read_in_its_code_only(airflow_stack: AirflowStack) -> None:
    values = values_of_example("fill_form")

    for value in (values["full_name"], values["email"], values["address"].splitlines()[0]):
        assert places_of(value, airflow_stack) == CODE


def test_the_search_finds_what_may_be_read(airflow_stack: AirflowStack, runs: Done) -> None:
    """In rows that are gone too: triggers, and the events that they gave."""
    found = airflow_stack.xcoms(WAYS, runs.run_ids["in_schema"], "operator_deferred")

    assert places_of(found["run_id"], airflow_stack) >= EVERYWHERE - {"rendered_task_instance_fields.rendered_fields"}


def test_the_search_finds_a_secret_that_gets_out(
    airflow_stack: AirflowStack, extend_client: ExtendClient, form_pdf: bytes, tmp_path: Path
) -> None:
    canary = f"canary-{token_hex(8)}"
    run_id = airflow_stack.trigger_dag("canary", write_input(tmp_path, text=canary))
    assert airflow_stack.wait_for_dag("canary", run_id, TIMEOUT) == "failed"

    assert places_of(canary, airflow_stack) >= EVERYWHERE
    assert PRESIGNED_URL.search(json.dumps(presigned_url(extend_client, write_form(tmp_path, form_pdf))))


def asking_by_schema(value: str, **definition: Any) -> dict[str, Any]:
    """A config that asks for a value by schema."""
    properties = {"full_name": {"type": "string", **definition, "extend_edit:value": value}}
    return {"schema": {"type": "object", "properties": properties}, "advancedOptions": UNFLATTENED}


def presigned_url(client: ExtendClient, form: str) -> str:
    """Store a form; return a URL that everybody can load it from."""
    with Path(form).open("rb") as stream:
        stored = client.upload_file(stream, "form.pdf")
    return str(client.get_file(stored.id).presigned_url)


def signature_of(url: str) -> str:
    return parse_qs(urlsplit(url).query)["signature"][0]


def encrypted(pdf: bytes, password: str) -> bytes:
    writer = PdfWriter(PdfReader(io.BytesIO(pdf)))
    writer.encrypt(password, algorithm="RC4-128")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()
