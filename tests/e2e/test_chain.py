"""Real forms are filled, parsed and extracted in a row: the values that come out are those that went in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.pdf_forms import schema_for, values_to_ask
from tests.e2e.run_files import write_input
from tests.e2e.starting import start_together

if TYPE_CHECKING:
    from dev.airflow_stack import AirflowStack

FORMS = Path(__file__).parents[3] / "shared" / "forms"
FIELDS = {"irs-f1040-2024.pdf": 141, "irs-f1116-2024.pdf": 120}
RUN_TIMEOUT = 180

pytestmark = pytest.mark.skipif(not FORMS.is_dir(), reason=f"The IRS forms are not there: no folder {FORMS}")


@pytest.fixture(scope="module")
def runs(
    airflow_stack: AirflowStack, marker: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[str, Path, dict[str, Any]]]:
    """For each form, a DAG run that has been started: its id, its folder, and the values that go in."""
    planned, folders, values = {}, {}, {}
    for name in FIELDS:
        folders[name] = tmp_path_factory.mktemp("chain")
        schema, extraction, values[name] = to_fill_and_read_back(FORMS / name, f"{marker}c")
        given = write_input(
            folders[name],
            file=str(FORMS / name),
            schema=schema,
            values=values[name],
            extraction={"schema": extraction},
        )
        planned[name] = "chain", given
    started = start_together(airflow_stack, planned)
    return {name: (started[name], folders[name], values[name]) for name in FIELDS}


@pytest.mark.parametrize("name", FIELDS)
def test_the_values_come_out_that_went_in(
    name: str, airflow_stack: AirflowStack, runs: dict[str, tuple[str, Path, dict[str, Any]]]
) -> None:
    run_id, folder, values = runs[name]

    state = airflow_stack.wait_for_dag("chain", run_id, RUN_TIMEOUT)

    assert state == "success", airflow_stack.failure_report("chain", run_id)
    extracted = json.loads((folder / "values.json").read_text())["value"]
    differing = {field: (value, extracted.get(field)) for field, value in values.items() if extracted[field] != value}
    assert differing == {}
    assert len(extracted) == len(values) == FIELDS[name]
    # Parsing breaks a text that is longer than its field.
    text = "".join((folder / "form.md").read_text().split())
    assert [value for value in values.values() if isinstance(value, str) and value not in text] == []


def to_fill_and_read_back(pdf: Path, marker: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The schema of a form, the same one without what is about filling, and a value for each field."""
    properties = schema_for(pdf, values_to_ask(pdf, marker))["properties"]
    values = {name: field.pop("extend_edit:value") for name, field in properties.items()}
    plain = {name: {"type": field["type"]} for name, field in properties.items()}
    return {"type": "object", "properties": properties}, {"type": "object", "properties": plain}, values
