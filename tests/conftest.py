"""Shared by all tests: an Airflow home of their own, and a small form."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import tempfile
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from extend_provider.local import LocalService

_home = tempfile.mkdtemp(prefix="extend-provider-tests-")
atexit.register(shutil.rmtree, _home, ignore_errors=True)
# Before anything imports Airflow, which reads them once.
os.environ["AIRFLOW_HOME"] = _home
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"


def pytest_collection_finish() -> None:
    """Keep the garbage collector off what stays anyway, Airflow and thousands of tests: a pass took half a second."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def form_pdf() -> bytes:
    """A small fillable form: full_name (text) and agree (check box)."""
    import io

    from reportlab.pdfgen.canvas import Canvas

    buffer = io.BytesIO()
    canvas = Canvas(buffer, invariant=True)
    canvas.drawString(72, 745, "Full name")
    canvas.acroForm.textfield(name="full_name", tooltip="Full name", x=150, y=735, width=250, height=22)
    canvas.acroForm.checkbox(name="agree", tooltip="Agree", x=150, y=700, size=16)
    canvas.save()
    return buffer.getvalue()


@pytest.fixture
def uploaded_form(extend_local: LocalService, form_pdf: bytes) -> str:
    """Id of the form in the local service."""
    file_id: str = extend_local.add_file("form.pdf", form_pdf)
    return file_id
