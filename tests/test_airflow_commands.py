"""Airflow's own commands show this provider, and have nothing to complain of."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from extend_provider import __version__
from extend_provider.connection_fields import FIELDS
from extend_provider.get_provider_info import get_provider_info

# The fixtures are made once.
pytestmark = pytest.mark.xdist_group("airflow_commands")

NAME = "airflow-provider-extend"
HOOK = "extend_provider.hooks.extend.ExtendHook"
COMMANDS = (
    ["list"],
    ["get", "--full", NAME],
    ["hooks"],
    ["links"],
    ["triggers"],
    ["behaviours"],
    ["widgets"],
)
# All in one process, because each would import Airflow for seconds. After those about this package come all others, but
# for lazy-loaded, a check that Airflow 3.3 fails by itself.
RUN_COMMANDS = """
import json, sys, warnings
warnings.simplefilter("always")
from airflow.cli import cli_parser
from airflow.cli.cli_config import PROVIDERS_COMMANDS
parser = cli_parser.get_parser()
asked = json.loads(sys.argv[1])
others = {command.name for command in PROVIDERS_COMMANDS} - {command[0] for command in asked} - {"lazy-loaded"}
for command in [*asked, *([name] for name in sorted(others))]:
    print("<<", command[0], flush=True)
    arguments = parser.parse_args(["providers", *command, "--output", "json"])
    arguments.func(arguments)
    print(">>", flush=True)
"""
PARSE = """
import sys, warnings
warnings.simplefilter("always")
from pathlib import Path
from airflow.models import DagBag
try:
    from airflow.dag_processing.dagbag import DagBag
except ImportError:  # Airflow below 3.2
    pass
bag = DagBag(sys.argv[1])
assert not bag.import_errors, bag.import_errors
print(sorted(bag.dags))
"""


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done


def complaints(done: subprocess.CompletedProcess[str]) -> list[str]:
    """What was said about this package, or by it, that sounds like a warning."""
    lines = (done.stdout + done.stderr).splitlines()
    about_us = [line for line in lines if "extend_provider" in line or NAME in line]
    return [line for line in about_us if re.search(r"warn|error|deprecat|exception", line, re.IGNORECASE)]


@pytest.fixture(scope="module")
def shown() -> subprocess.CompletedProcess[str]:
    return run(RUN_COMMANDS, json.dumps(COMMANDS))


@pytest.fixture(scope="module")
def answers(shown: subprocess.CompletedProcess[str]) -> dict[str, list[dict[str, Any]]]:
    """Command to the rows that are about this package."""
    found = {}
    for name, output in re.findall(r"^<< ([\w-]+)\n(.*?)^>>$", shown.stdout, re.MULTILINE | re.DOTALL):
        rows = json.loads(output[output.index("[") :]) if "[" in output else []
        found[name] = [row for row in rows if "extend" in json.dumps(row)]
    return found


def test_list(answers: dict[str, Any]) -> None:
    (row,) = answers["list"]
    assert (row["package_name"], row["version"]) == (NAME, __version__)
    assert "Fill PDF forms" in row["description"]


def test_get(answers: dict[str, Any]) -> None:
    (row,) = answers["get"]
    wanted = {**get_provider_info(), "description": row["description"]}  # Airflow shortens it
    assert {key: row[key] for key in wanted} == wanted


def test_hooks(answers: dict[str, Any]) -> None:
    (row,) = answers["hooks"]
    assert row == {
        "connection_type": "extend",
        "class": HOOK,
        "conn_id_attribute_name": "extend_conn_id",
        "package_name": NAME,
        "hook_name": "Extend",
    }


def test_links_and_triggers(answers: dict[str, Any]) -> None:
    assert answers["links"] == [{"extra_link_class_name": "extend_provider.links.ExtendRunLink"}]
    (trigger,) = answers["triggers"]
    assert (trigger["package_name"], trigger["class"]) == (NAME, "extend_provider.triggers.run")


def test_nothing_else_is_said_of_it(answers: dict[str, Any]) -> None:
    others = {name: rows for name, rows in answers.items() if [name] not in [command[:1] for command in COMMANDS]}
    assert {"auth-managers", "configs", "executors", "logging", "notifications", "secrets"} <= set(others)
    assert {name: rows for name, rows in others.items() if rows} == {}


def test_form(answers: dict[str, Any]) -> None:
    import airflow

    if airflow.__version__.startswith(("3.0.", "3.1.")) and not importlib.util.find_spec("flask_appbuilder"):
        pytest.skip("Airflow 3.0 and 3.1 list form fields only where Flask-AppBuilder is installed")
    assert answers["behaviours"] == [{"field_behaviours": "extend"}]
    names = {row["connection_parameter_name"] for row in answers["widgets"]}
    assert names == {f"extra__extend__{field.name}" for field in FIELDS}


def test_commands_complain_of_nothing(shown: subprocess.CompletedProcess[str]) -> None:
    assert complaints(shown) == []


def test_import_complains_of_nothing() -> None:
    import extend_provider
    from extend_provider._compat import retry_policies

    package = Path(extend_provider.__file__).parent
    # Not programs, not what is only imported where common-compat is older than its 1.12, nor what this Airflow lacks.
    left_out = {"__main__", "_older_compat"} | (set() if retry_policies() else {"retry_policy"})
    files = [file for file in package.rglob("*.py") if file.stem not in left_out]
    paths = (file.relative_to(package.parent).with_suffix("") for file in files)
    modules = sorted(".".join(path.parts).removesuffix(".__init__") for path in paths)
    code = "import sys, warnings; warnings.simplefilter('always'); [__import__(name) for name in sys.argv[1:]]"
    assert len(modules) > 50
    assert complaints(run(code, *modules)) == []


def test_parsing_complains_of_nothing() -> None:
    examples = Path(__file__).parents[1] / "example_dags"
    done = run(PARSE, str(examples))
    assert done.stdout.splitlines()[-1] == str(sorted(file.stem for file in examples.glob("*.py")))
    assert complaints(done) == []
