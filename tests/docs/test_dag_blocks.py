"""Blocks with tasks run to success, in a real Airflow's ``dag.test()`` against the local service."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dev.pages import ROOT, Block
from extend_provider._compat import retry_policies
from extend_provider.local import LocalService
from tests.docs.claims import BLOCKS, each, is_for_a_dag
from tests.docs.python_blocks import as_dag_file, dag_id

if TYPE_CHECKING:
    from tests.docs.scratch_airflow import ScratchAirflow

# One process prepares what they share.
pytestmark = [pytest.mark.timeout(400), pytest.mark.xdist_group("scratch_airflow")]

HERE = Path(__file__).parent
FORMS = ROOT / "example_dags" / "forms"
# These stand alone: see test_errors_page.py.
FOR_DAGS = [block for block in BLOCKS if is_for_a_dag(block) and "def tell_somebody" not in block.code]
PASSWORD = "over-the-harbour"


def can_run(block: Block) -> bool:
    return "retry_policy" not in block.code or retry_policies()


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory, text_form: bytes) -> Path:
    """What stands in for buckets and ``/data``."""
    folder = tmp_path_factory.mktemp("places")
    fill_places(folder, text_form)
    return folder


@pytest.fixture(scope="module")
def outcomes(scratch_airflow: ScratchAirflow, places: Path) -> Any:
    """By DAG id, the states of its tasks."""
    with LocalService() as service:
        template = service.add_template("Onboarding", (FORMS / "onboarding.pdf").read_bytes())
        made = {"edt_x1y2": template, "/data/": f"{places}/data/"}
        arguments = {
            "file_ids": str([service.add_file(f"{number}.txt", b"Total: 40 EUR") for number in range(2)]),
            "person_id": '"Kim"',
        }
        for block in filter(can_run, FOR_DAGS):
            code = as_dag_file(block, arguments)
            for shown, real in made.items():
                code = code.replace(shown, real)
            (scratch_airflow.dags / f"{dag_id(block)}.py").write_text(code)
        said = scratch_airflow.run(
            *(str(HERE / "run_dags.py"), str(scratch_airflow.dags), str(places / "buckets"), str(places / "report")),
            AIRFLOW_CONN_EXTEND_DEFAULT=service.connection_json(),
            AIRFLOW_VAR_FORM_PASSWORD=PASSWORD,
        )
    return {"said": said, **json.loads((places / "report").read_text())}


def fill_places(folder: Path, form: bytes) -> None:
    """Put where the pages say that they are: forms and documents."""
    from pypdf import PdfReader, PdfWriter

    for name in ("forms", "inbox"):
        (folder / "buckets" / name).mkdir(parents=True)
    (folder / "buckets" / "forms" / "w9.pdf").write_bytes(form)
    shutil.copy(FORMS / "onboarding.pdf", folder / "buckets" / "forms")
    shutil.copy(FORMS / "packet.pdf", folder / "buckets" / "inbox")
    (folder / "data" / "forms").mkdir(parents=True)
    locked = PdfWriter(PdfReader(FORMS / "onboarding.pdf"))
    locked.encrypt(PASSWORD)
    locked.write(folder / "data" / "forms" / "locked.pdf")


@each(FOR_DAGS)
def test_tasks_succeed(block: Block, outcomes: dict[str, Any]) -> None:
    if not can_run(block):
        pytest.skip("Airflow below 3.3 has no retry policies")
    assert outcomes["import_errors"] == {}
    (name,) = [known for known in outcomes if known in {dag_id(block), *block.code.split('"')}]
    assert isinstance(outcomes[name], dict), outcomes[name]
    assert outcomes[name]
    assert set(outcomes[name].values()) == {"success"}, (outcomes[name], outcomes["said"][-6000:])


@pytest.mark.usefixtures("outcomes")
def test_files_are_where_the_pages_say(places: Path) -> None:
    written = {path.relative_to(places).as_posix() for path in places.rglob("*") if path.is_file()}

    assert "buckets/filled/onboarding.pdf" in written
    assert [path for path in written if path.startswith("buckets/extracted/") and path.endswith("/0.json")]
    assert [path for path in written if path.startswith("data/texts/") and path.endswith(".md")]
