"""Real forms are filled through DAGs, and hold what was asked, field by field."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.pdf_forms import Value, schema_for, shown_states, values_in, values_to_ask
from tests.e2e.run_files import UNFLATTENED, asking_for, write_input
from tests.e2e.starting import start_together

if TYPE_CHECKING:
    from dev.airflow_stack import AirflowStack

FORMS = Path(__file__).parents[3] / "shared" / "forms"
# Fields that can be filled: those of the form without the nodes of its tree.
FIELDS = {"irs-f1040-2024.pdf": 141, "irs-f1116-2024.pdf": 120}
RUN_TIMEOUT = 120

pytestmark = pytest.mark.skipif(not FORMS.is_dir(), reason=f"The IRS forms are not there: no folder {FORMS}")


@pytest.fixture(scope="module")
def single_runs(
    airflow_stack: AirflowStack, marker: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[str, Path, dict[str, Value]]]:
    """For each form, a DAG run that has been started: its id, its folder, and the values asked for."""
    planned, runs = {}, {}
    for name in FIELDS:
        folder = tmp_path_factory.mktemp("form")
        asked = values_to_ask(FORMS / name, marker)
        config = {"schema": schema_for(FORMS / name, asked), "advancedOptions": UNFLATTENED}
        planned[name] = "fill_and_download", write_input(folder, file=str(FORMS / name), config=config)
        runs[name] = folder, asked
    return {name: (run_id, *runs[name]) for name, run_id in start_together(airflow_stack, planned).items()}


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_holds_what_its_schema_asked_for(
    name: str, airflow_stack: AirflowStack, single_runs: dict[str, tuple[str, Path, dict[str, Value]]]
) -> None:
    run_id, folder, asked = single_runs[name]
    assert_success(airflow_stack, "fill_and_download", run_id)

    assert len(asked) == FIELDS[name]
    assert_filled(folder / "filled.pdf", asked)
    result = airflow_stack.xcoms("fill_and_download", run_id, "fill")["return_value"]
    assert result["filled_fields"] == [f"field_{number:03}" for number in range(FIELDS[name])]
    assert (result["page_count"], result["credits"]) == (2, 4)


def test_a_mapped_operator_fills_several_forms(airflow_stack: AirflowStack, marker: str, tmp_path: Path) -> None:
    asked = {name: values_to_ask(FORMS / name, f"{marker}m") for name in FIELDS}
    both = merged(*asked.values())
    given = write_input(tmp_path, files=[str(FORMS / name) for name in FIELDS], config=asking_for(both))

    run_id = airflow_stack.trigger_dag("fill_several", given)

    assert_success(airflow_stack, "fill_several", run_id)
    for index, name in enumerate(FIELDS):
        assert_filled(tmp_path / f"{index}.pdf", {field: both[field] for field in asked[name]})
        published = airflow_stack.xcoms("fill_several", run_id, "fill", index)
        assert len(published["return_value"]["filled_fields"]) == FIELDS[name]
        assert published["return_value"]["output_file_ids"] == published["output_file_ids"]


def merged(first: dict[str, Value], second: dict[str, Value]) -> dict[str, Value]:
    """The values of two forms; of those for a field that both have, the one that fits both."""
    common = {name: min(first[name], second[name], key=length) for name in first.keys() & second.keys()}
    return {**first, **second, **common}


def length(value: Value) -> int:
    return len(value) if isinstance(value, str) else 0


def assert_success(stack: AirflowStack, dag_id: str, run_id: str) -> None:
    assert stack.wait_for_dag(dag_id, run_id, RUN_TIMEOUT) == "success", stack.failure_report(dag_id, run_id)


def assert_filled(pdf: Path, asked: dict[str, Value]) -> None:
    """The fields hold what was asked, and the check boxes show it too."""
    found = values_in(pdf)
    assert {name: (value, found.get(name)) for name, value in asked.items() if found.get(name) != value} == {}
    assert set(found) == set(asked)
    assert shown_states(pdf) == {name: value for name, value in asked.items() if isinstance(value, bool)}
