from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.docs.scratch_airflow import ScratchAirflow

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def scratch_airflow(tmp_path_factory: pytest.TempPathFactory) -> ScratchAirflow:
    """An Airflow with a database, for commands and for ``dag.test()``."""
    airflow = ScratchAirflow(tmp_path_factory.mktemp("scratch") / "airflow")
    airflow.prepare()
    return airflow


@pytest.fixture(scope="session")
def text_form() -> bytes:
    """A form with the text fields that the pages fill."""
    import io

    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=True)
    canvas.drawString(72, 770, "A form")
    for row, name in enumerate(("first_name", "legal_name", "city", "business_type")):
        canvas.acroForm.textfield(name=name, tooltip=name.replace("_", " "), x=150, y=735 - 40 * row, width=250)
    canvas.save()
    return buffer.getvalue()


@pytest.fixture
def text_form_file(text_form: bytes, tmp_path: Path) -> Path:
    file = tmp_path / "w9.pdf"
    file.write_bytes(text_form)
    return file
