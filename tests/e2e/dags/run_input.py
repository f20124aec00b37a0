"""What a run is to do is told in a JSON file, so that no form value stands in source code or in a run's conf."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

try:
    from airflow.sdk import DAG, BaseOperator, task
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.decorators import task
    from airflow.models.baseoperator import BaseOperator

__all__ = ["CONFIG", "CONNECTION", "DAG", "DAG_ARGUMENTS", "FILE", "FOLDER", "BaseOperator", "load", "task"]


def load(path: str) -> Any:
    """Read the input of a run; its templates are rendered on the worker."""
    return json.loads(Path(path).read_text())


# Arguments of each DAG here; a run's only parameter is the path of its input.
DAG_ARGUMENTS: dict[str, Any] = {"schedule": None, "params": {"input": ""}, "user_defined_macros": {"load": load}}

FILE = "{{ load(params.input).file }}"
CONFIG = "{{ load(params.input).config | tojson }}"
CONNECTION = "{{ load(params.input).connection }}"
FOLDER = "{{ load(params.input).folder }}"
