from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader

from dev.draw_demo_packet import PAGES
from tests.airflow_names import DAG
from tests.task_runs import run_task

if TYPE_CHECKING:
    from extend_provider.local import LocalService

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "example_dags").glob("*.py"))


def dags_in(file: Path) -> list[DAG]:
    spec = importlib.util.spec_from_file_location(f"example_{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    return [value for value in vars(module).values() if isinstance(value, DAG)]


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_parses_without_network_and_explains_itself(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("network"))

    dags = dags_in(file)

    assert [dag.dag_id for dag in dags] == [file.stem]
    assert dags[0].doc_md
    assert len(file.read_text().splitlines()) < 80


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_is_documented_with_its_parameters(file: Path) -> None:
    page = (ROOT / "docs" / "examples.md").read_text()
    (parameters,) = re.findall(
        rf"^\| \[{file.stem}\]\(\.\./example_dags/{file.name}\) \|.*\| (.*) \|$", page, re.MULTILINE
    )

    assert re.findall(r"`(\w+)`", parameters) == list(dags_in(file)[0].params)


def test_the_packet_is_that_of_the_script_that_draws_it() -> None:
    pages = PdfReader(ROOT / "example_dags" / "forms" / "packet.pdf").pages

    assert [page.extract_text().splitlines() for page in pages] == [[title, *lines] for title, lines in PAGES]


@pytest.mark.extend_local(declarations=str(ROOT / "example_dags" / "local_service.json"))
def test_the_workflow_that_is_declared_wants_a_review(extend_local: LocalService) -> None:
    (dag,) = dags_in(ROOT / "example_dags" / "workflow_review.py")
    process = dag.get_task("process")
    process.render_template_fields({"params": dag.params.dump()})

    assert run_task(process).value["status"] == "NEEDS_REVIEW"
