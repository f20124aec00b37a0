"""Overviews are complete, and tables equal the code."""

from __future__ import annotations

import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

from dev.pages import ROOT
from extend_provider.client import ExtendClient, answers, http, settings
from extend_provider.connection_fields import FIELDS, ui_field_behaviour
from extend_provider.get_provider_info import get_provider_info
from extend_provider.hooks import connection, connection_advice
from extend_provider.local import LocalService
from extend_provider.operators.edit import ExtendCreateEditRunOperator, ExtendGetEditRunOperator
from tests.docs.claims import PAGES
from tests.docs.tables import rows
from tests.task_runs import run_task

CONNECTION, FILLING, LOCAL = (PAGES[f"docs/{name}.md"] for name in ("connection", "filling-forms", "local-service"))


def test_every_target_is_explained() -> None:
    [phony] = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    listed = {row[0].removeprefix("make ") for row in rows(PAGES["CONTRIBUTING.md"], "target")}
    assert listed == set(phony.split()) - {"help"}


def test_every_page_is_in_the_index() -> None:
    for page in PAGES:
        assert page == "docs/index.md" or Path(page).name in PAGES["docs/index.md"], page


def test_the_readme_is_short() -> None:
    assert len(PAGES["README.md"].splitlines()) < 120


def test_class_table() -> None:
    info, groups = get_provider_info(), ("operators", "sensors", "triggers", "hooks")
    modules = [name for group in groups for name in info[group][0]["python-modules"]]
    public = {(name, module) for module in modules for name in importlib.import_module(module).__all__}
    listed = {(name, module) for name, module, _ in rows(PAGES["README.md"], "class")}
    assert listed == {(name, module) for name, module in public if not name.endswith("Error")}


def test_connection_tables() -> None:
    in_page = {row[0]: row for row in rows(CONNECTION, "field")}
    assert set(in_page) == {"password", "host", *connection.EXTRAS}
    for field in FIELDS:
        assert in_page[field.name][1] == field.label
        assert field.default is None or field.default == in_page[field.name][3]
    relabelled = ui_field_behaviour()["relabeling"]
    assert {name: in_page[name][1] for name in relabelled} == relabelled
    assert dict(rows(CONNECTION, "region")) == settings.REGIONS


def test_messages_of_the_test_button() -> None:
    sources = "".join(inspect.getsource(module) for module in (answers, http, settings, connection, connection_advice))
    for message, _ in rows(CONNECTION, "it says"):
        assert all(part in sources for part in message.split("…")), message


def test_result_tables(extend_local: LocalService, uploaded_form: str) -> None:
    created = run_task(ExtendCreateEditRunOperator(task_id="f", file=uploaded_form, include_filled_values=True))
    got = run_task(ExtendGetEditRunOperator(task_id="g", run_id=created.value["run_id"]))
    assert {row[0] for row in rows(FILLING, "XCom key")} == {*created.xcom, "return_value"}
    keys = [name for row in rows(FILLING, "key of the dict") for name in row[0].split(", ")]
    assert sorted(keys) == sorted({*created.value, *got.value})


def test_the_methods_of_the_client() -> None:
    [listed] = re.findall(r"Methods: (.*?)\.\n", FILLING, re.DOTALL)
    methods = {name for name in vars(ExtendClient) if not name.startswith("_")}
    assert set(re.findall(r"`(\w+)`", listed)) == methods - {"close"}


def test_attributes_of_the_local_service() -> None:
    first_column = " ".join(row[0] for row in rows(LOCAL, "attribute or method"))
    listed = re.findall(r"\b(\w+)(?=\(|,|$| )(?![^(]*\))", first_column)
    assert {name for name in dir(LocalService) if not name.startswith("_")} == set(listed)


def test_options_of_the_local_service() -> None:
    listed = {row[0]: row[1] for row in rows(LOCAL, "command line")}
    assert set(listed) == options_of("extend_provider.local")
    assert {name.removeprefix("--").replace("-", "_") for name in listed} == set(listed.values())


def test_options_of_the_crash_test() -> None:
    assert {row[0] for row in rows(PAGES["docs/chaos.md"], "option")} == options_of("dev.chaos")


def options_of(program: str) -> set[str]:
    """Options that a program tells of."""
    command = [sys.executable, "-m", program, "--help"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"^  (--[a-z-]+)", told, re.MULTILINE))
