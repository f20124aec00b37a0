"""docs/local-service.md: what it shows happens."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dev.local_service import LocalServiceProcess
from dev.pages import Block
from extend_provider.hooks.extend import ExtendHook
from extend_provider.local import LocalService
from extend_provider.operators.classify import ExtendCreateClassifyRunOperator
from extend_provider.operators.extract import ExtendCreateExtractRunOperator
from extend_provider.operators.workflow import ExtendCreateWorkflowRunOperator
from tests.docs.claims import BLOCKS, claim, the_block
from tests.docs.scratch_airflow import clean_environment
from tests.docs.shell import Shell, compare, steps
from tests.task_runs import run_task

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = "docs/local-service.md"
PROGRAM = the_block(PAGE, "import os\n\nfrom extend_provider.local import LocalService")
FAULTS = the_block(PAGE, "extend_local.inject(")
CONTROL = the_block(PAGE, '$ curl -H "Authorization: Bearer $KEY" $URL/_local/faults')
LABELS = the_block(PAGE, "Invoice number: 881")
A_CLASS = the_block(PAGE, '{"id": "invoice"')
DECLARATIONS = the_block(PAGE, '{\n  "extractors"')
COMMANDS = claim(block for block in BLOCKS if block.page == PAGE and "$ python -m extend_provider.local" in block.code)


def test_the_program_points_the_connection_to_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_EXTEND_DEFAULT", "")
    within = "    look(extend)\n"
    seen = []

    exec(PROGRAM.code + within, {"look": lambda extend: seen.append((extend.base_url, ExtendHook().settings()))})

    ((base_url, settings),) = seen
    assert settings.base_url == base_url


def test_the_faults_are_injected(extend_local: LocalService) -> None:
    exec(FAULTS.code, {"extend_local": extend_local})

    said = [(fault["fault"], fault["path"], fault["times"]) for fault in faults(extend_local)]
    assert said == [("server_error", "/edit_runs", 3), ("unknown_status", None, None), ("cut_after", None, 1)]


def test_the_control_api_injects_a_fault(extend_local: LocalService, tmp_path: Path) -> None:
    url = {"URL": extend_local.base_url, "KEY": extend_local.api_key}
    with Shell(tmp_path, clean_environment(**url)) as shell:
        shell.follow(CONTROL)

    assert [(fault["fault"], fault["times"]) for fault in faults(extend_local)] == [("server_error", 2)]


def faults(service: LocalService) -> list[dict[str, Any]]:
    import httpx

    answer = httpx.get(f"{service.base_url}/_local/faults", headers={"Authorization": f"Bearer {service.api_key}"})
    listed: list[dict[str, Any]] = answer.json()["faults"]
    return listed


def test_labels_are_found_as_shown(extend_local: LocalService) -> None:
    text = re.sub(r"   a (label|value) .*", "", LABELS.code)
    kinds = {"invoice_number": "string", "total": "number", "buyer": "string"}
    schema = {"type": "object", "properties": {name: {"type": [kind, "null"]} for name, kind in kinds.items()}}
    task = ExtendCreateExtractRunOperator(
        task_id="x", file={"text": text}, config={"schema": schema}, include_output=True
    )

    values = run_task(task).value["output"]["value"]

    assert values == {"invoice_number": "881", "total": 40.0, "buyer": "Ada Lovelace"}


def test_the_class_is_told_by_its_keywords(extend_local: LocalService) -> None:
    shown = ast.literal_eval(A_CLASS.code)
    other = {"id": "other", "type": "other", "description": "Anything else"}
    file_id = extend_local.add_file("bill.txt", b"Amount due: 40 EUR")
    task = ExtendCreateClassifyRunOperator(task_id="x", file=file_id, config={"classifications": [other, shown]})

    assert run_task(task).value["classification"] == shown["type"]


@pytest.fixture
def declarations(tmp_path: Path) -> str:
    (tmp_path / "declarations.json").write_text(DECLARATIONS.code)
    return str(tmp_path / "declarations.json")


def test_what_is_declared_can_be_run(declarations: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = {"text": "Total: 40 EUR"}
    tasks = [
        ExtendCreateExtractRunOperator(task_id="extract", extractor_id="ex_invoices", file=text),
        ExtendCreateWorkflowRunOperator(task_id="process", workflow_id="workflow_inbox", file=text),
    ]
    with LocalService(declarations=declarations) as service:
        monkeypatch.setenv("AIRFLOW_CONN_EXTEND_DEFAULT", service.connection_json())
        assert [run_task(task).value["status"] for task in tasks] == ["PROCESSED", "PROCESSED"]


def commands(block: Block) -> Iterator[tuple[str, list[str]]]:
    return (step for step in steps(block) if step[0].startswith("python -m extend_provider.local"))


@pytest.mark.parametrize("block", COMMANDS, ids=str)
def test_the_command_starts_the_service(block: Block, tmp_path: Path) -> None:
    for command, shown in commands(block):
        options = command.removeprefix("python -m extend_provider.local").split()
        with LocalServiceProcess(tmp_path / "log", *options) as service:
            line = json.dumps({"base_url": service.base_url, "api_key": service.api_key})
            compare(line.replace(service.base_url, "http://127.0.0.1:40123"), shown)
