"""The example DAGs, read without importing them and Airflow with them."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

EXAMPLE_DAGS = Path(__file__).parents[2] / "example_dags"


def values_of_example(dag_id: str) -> dict[str, Any]:
    """Read the constant VALUES of an example: the form values that it asks for."""
    source = ast.parse((EXAMPLE_DAGS / f"{dag_id}.py").read_text())
    constant = next(
        node.value for node in source.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "VALUES"
    )
    values: dict[str, Any] = ast.literal_eval(constant)
    return values
