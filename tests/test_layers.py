"""Imports point downwards only, and what is named once is imported once."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import extend_provider

PACKAGE = Path(extend_provider.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))


def imports(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def importers(*prefixes: str) -> set[str]:
    return {
        str(file.relative_to(PACKAGE))
        for file in FILES
        if any(name == prefix or name.startswith(f"{prefix}.") for name in imports(file) for prefix in prefixes)
    }


def test_httpx_is_imported_by_the_client_alone() -> None:
    # The local service is an application of its own, and delivers webhooks.
    webhooks = {"local/webhooks.py"}
    client = {"client/http.py", "client/bounded_body.py", "client/sync_shell.py", "client/async_client.py"}
    assert importers("httpx") - webhooks == client


def test_airflow_is_imported_in_one_place_and_for_the_trigger() -> None:
    assert importers("airflow") == {"_compat.py", "_older_compat.py", "triggers/run.py"}


@pytest.mark.parametrize("below", ["client", "forms", "local"])
def test_lower_layers_know_nothing_of_airflow(below: str) -> None:
    upper = tuple(f"extend_provider.{name}" for name in ("hooks", "operators", "sensors", "triggers", "_compat"))
    offenders = {name for name in importers(*upper, "airflow") if name.startswith(below)}
    assert offenders == set()


def test_local_service_does_not_use_the_client_it_tests() -> None:
    assert {name for name in importers("extend_provider.client") if name.startswith("local")} == set()


def test_operators_and_sensors_do_not_know_each_other() -> None:
    assert not {
        name for name in importers("extend_provider.operators") if name.startswith(("sensors", "triggers", "hooks"))
    }
    assert not {
        name for name in importers("extend_provider.sensors") if name.startswith(("operators", "triggers", "hooks"))
    }


def test_files_are_small() -> None:
    lengths = {str(file.relative_to(PACKAGE)): len(file.read_text().splitlines()) for file in FILES}
    assert {name: lines for name, lines in lengths.items() if lines > 350} == {}


def test_forms_are_pure() -> None:
    beyond = tuple(f"extend_provider.{name}" for name in ("client", "models", "submit", "arguments"))
    assert {name for name in importers(*beyond) if name.startswith("forms")} == set()
