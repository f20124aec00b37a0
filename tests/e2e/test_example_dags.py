"""Every example DAG does what it shows."""

from __future__ import annotations

import base64
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pypdf import PdfReader

from extend_provider.exceptions import ExtendNotFoundError
from tests.e2e.examples import EXAMPLE_DAGS, values_of_example
from tests.e2e.pdf_forms import shown_states, values_in
from tests.e2e.polling import until
from tests.e2e.run_files import UNFLATTENED
from tests.e2e.starting import start_together
from tests.e2e.waiting import is_noticed

if TYPE_CHECKING:
    from dev.airflow_stack import AirflowStack
    from dev.local_service import LocalServiceProcess
    from extend_provider.client import ExtendClient

EXAMPLES = sorted(path.stem for path in EXAMPLE_DAGS.glob("*.py"))
FORM = EXAMPLE_DAGS / "forms" / "onboarding.pdf"
RUN_TIMEOUT = 180

# Run parameters that name a file or folder to write.
WRITES = {
    "fill_and_extract": {"folder": "."},
    "fill_form": {"filled_form": "filled.pdf"},
    "fill_from_template": {"filled_form": "filled.pdf"},
    "fill_from_values": {"filled_form": "filled.pdf"},
    "fill_w9": {"result": "filled.pdf"},
    "packet": {"results": "."},
    "retention": {"filled_form": "filled.pdf"},
    "workflow_review": {"result": "result.json"},
}
# It waits for a human.
WAITING = "workflow_review"


@dataclass(frozen=True)
class ExampleRuns:
    """A DAG run of each example, which has been started: its id, and the folder that it writes to."""

    stack: AirflowStack
    ids: dict[str, str]
    folders: dict[str, Path]

    def finish(self, dag_id: str) -> tuple[str, Path]:
        """Wait for the end of a run; return its id and folder."""
        run_id = self.ids[dag_id]
        state = self.stack.wait_for_dag(dag_id, run_id, RUN_TIMEOUT)
        assert state == "success", self.stack.failure_report(dag_id, run_id)
        return run_id, self.folders[dag_id]


@pytest.fixture(scope="module")
def runs(
    airflow_stack: AirflowStack, local_service: LocalServiceProcess, tmp_path_factory: pytest.TempPathFactory
) -> ExampleRuns:
    """All examples, running at once, against a service that has what they need."""
    folders = {dag_id: tmp_path_factory.mktemp("example") for dag_id in EXAMPLES}
    conf: dict[str, dict[str, str]] = {
        dag_id: {name: str(folder / path) for name, path in WRITES.get(dag_id, {}).items()}
        for dag_id, folder in folders.items()
    }
    for role, items in json.loads((EXAMPLE_DAGS / "local_service.json").read_text()).items():
        for item in items:
            local_service.control("POST", role, item)
    form = base64.b64encode(FORM.read_bytes()).decode()
    template = {"name": "Onboarding", "fileBase64": form, "config": {"advancedOptions": UNFLATTENED}}
    conf["fill_from_template"]["template_id"] = local_service.control("POST", "templates", template)["id"]
    conf["fill_w9"]["form"] = str(FORM)
    shutil.copytree(FORM.parent, folders["parse_folder"] / "inbox")
    conf["parse_folder"]["folder"] = (folders["parse_folder"] / "inbox").as_uri()
    ids = start_together(airflow_stack, {dag_id: (dag_id, conf[dag_id]) for dag_id in EXAMPLES})
    return ExampleRuns(airflow_stack, ids, folders)


@pytest.mark.parametrize("dag_id", [dag_id for dag_id in EXAMPLES if dag_id != WAITING])
def test_runs_to_success(dag_id: str, airflow_stack: AirflowStack, runs: ExampleRuns) -> None:
    run_id, _ = runs.finish(dag_id)

    assert set(airflow_stack.task_states(dag_id, run_id).values()) == {"success"}


def test_fill_form(
    airflow_stack: AirflowStack, local_service: LocalServiceProcess, extend_client: ExtendClient, runs: ExampleRuns
) -> None:
    run_id, folder = runs.finish("fill_form")

    assert values_in(folder / "filled.pdf") == values_of_example("fill_form")
    assert shown_states(folder / "filled.pdf")["agrees_to_e_delivery"]
    extend_run = airflow_stack.xcoms("fill_form", run_id, "wait")["run_id"]
    assert extend_run not in [run["id"] for run in local_service.runs()["runs"]]
    with pytest.raises(ExtendNotFoundError, match=extend_run) as refused:
        extend_client.get_run(extend_run)
    assert refused.value.status_code == 404


@pytest.mark.parametrize("dag_id", ["fill_from_template", "fill_from_values"])
def test_filling_by_name(dag_id: str, runs: ExampleRuns) -> None:
    _, folder = runs.finish(dag_id)

    asked = values_of_example(dag_id)
    assert {name: value for name, value in values_in(folder / "filled.pdf").items() if name in asked} == asked


def test_fill_w9(runs: ExampleRuns) -> None:
    _, folder = runs.finish("fill_w9")

    assert "Jordan Avery" in PdfReader(folder / "filled.pdf").pages[0].extract_text()


def test_retention(airflow_stack: AirflowStack, extend_client: ExtendClient, runs: ExampleRuns) -> None:
    run_id, _ = runs.finish("retention")

    waited = airflow_stack.xcoms("retention", run_id, "wait")
    with pytest.raises(ExtendNotFoundError):
        extend_client.get_run(waited["run_id"])
    for file_id in waited["output_file_ids"]:
        with pytest.raises(ExtendNotFoundError):
            extend_client.get_file(file_id)


def test_fill_and_extract(runs: ExampleRuns) -> None:
    _, folder = runs.finish("fill_and_extract")

    values = values_of_example("fill_and_extract")
    assert value_of(folder / "values.json") == values
    assert values["full_name"] in (folder / "form.md").read_text()


def test_packet(runs: ExampleRuns) -> None:
    _, folder = runs.finish("packet")

    assert [value_of(folder / f"{index}.json") for index in range(4)] == [
        {"invoice_number": "2026-118", "amount_due": 4275.0},
        {"contractor": "Jordan Avery", "total_hours": 40},
        {"invoice_number": "2026-119", "amount_due": 310.5},
        {"policy_number": "PL-20077", "insured": "Harbour Cleaning"},
    ]


def test_parse_folder(runs: ExampleRuns) -> None:
    _, folder = runs.finish("parse_folder")

    assert {path.name for path in (folder / "inbox").iterdir()} == {
        *("onboarding.pdf", "onboarding.md", "packet.pdf", "packet.md")
    }
    assert "## Certificate of insurance" in (folder / "inbox" / "packet.md").read_text()
    assert "New contractor onboarding" in (folder / "inbox" / "onboarding.md").read_text()


def test_mapped_tasks_are_called_after_their_files(airflow_stack: AirflowStack, runs: ExampleRuns) -> None:
    run_id, _ = runs.finish("parse_folder")

    query = "SELECT map_index, rendered_map_index FROM task_instance WHERE run_id = ? AND task_id = 'parse'"
    with airflow_stack.database() as database:
        named = {row["map_index"]: row["rendered_map_index"] for row in database.execute(query, (run_id,)).fetchall()}
    assert named == {0: "onboarding.pdf", 1: "packet.pdf"}


def test_workflow_review(airflow_stack: AirflowStack, local_service: LocalServiceProcess, runs: ExampleRuns) -> None:
    run_id, folder = runs.ids[WAITING], runs.folders[WAITING]
    airflow_stack.wait_for_triggerer(WAITING, run_id, "reviewed", RUN_TIMEOUT)
    processed = airflow_stack.xcoms(WAITING, run_id, "process")["return_value"]
    assert processed["status"] == "NEEDS_REVIEW"
    until(lambda: is_noticed(airflow_stack, run_id, "reviewed", WAITING), "the scheduler to notice", RUN_TIMEOUT)
    assert not (folder / "result.json").exists()

    local_service.control("POST", f"runs/{processed['run_id']}/review", {"approve": True})

    runs.finish(WAITING)
    assert airflow_stack.xcoms(WAITING, run_id, "reviewed")["return_value"]["status"] == "PROCESSED"
    (step,) = json.loads((folder / "result.json").read_text())["stepRuns"]
    assert step["result"]["extractRun"]["output"]["value"]["invoice_number"] == "2026-118"


def value_of(path: Path) -> Any:
    """Read the values of an extract run's output."""
    return json.loads(path.read_text())["value"]
