"""Writes what the DAGs of ``tests/e2e/dags`` read: see ``dags/run_input.py``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

UNFLATTENED = {"flattenPdf": False}
"""Keeps the fields, so that their values can be read back."""


def write_input(folder: Path, *, connection: str = "extend_default", **content: Any) -> dict[str, str]:
    """
    Write the input of a DAG run.

    :param folder: where to, one for each run; also where the run puts what it downloads.
    :param connection: id of the Airflow connection to use.
    :param content: ``file``, ``config`` and what else the DAG reads.
    :return: conf of the run.
    """
    path = folder / "input.json"
    path.write_text(json.dumps({"folder": str(folder), "connection": connection, **content}))
    return {"input": str(path)}


def write_form(folder: Path, form_pdf: bytes, name: str = "form.pdf") -> str:
    """Put a form where workers can read it; return its path."""
    path = folder / name
    path.write_bytes(form_pdf)
    return str(path)


def form_input(folder: Path, connection: str, form_pdf: bytes, marker: str) -> dict[str, str]:
    """Write the input of a DAG run that fills the small form with a name that tells whose it is."""
    config = asking_for({"full_name": f"{marker} Avery"})
    return write_input(folder, connection=connection, file=write_form(folder, form_pdf), config=config)


def asking_for(values: dict[str, Any]) -> dict[str, Any]:
    """Return a config that asks for values by field name, in instructions."""
    return {"instructions": json.dumps(values), "advancedOptions": UNFLATTENED}
