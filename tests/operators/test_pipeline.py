"""Runs in a chain: what one gives is what the next one takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from extend_provider.operators.edit import ExtendCreateEditRunOperator
from extend_provider.operators.extract import ExtendCreateExtractRunOperator
from extend_provider.operators.parse import ExtendCreateParseRunOperator
from extend_provider.operators.split import ExtendCreateSplitRunOperator
from tests.task_runs import run_task

if TYPE_CHECKING:
    from extend_provider.local import LocalService

TYPES = [{"id": "form", "type": "form", "description": "A form"}]


@pytest.mark.parametrize("flatten", [True, False])
def test_values_that_went_in_come_out(
    extend_local: LocalService, uploaded_form: str, tmp_path: Path, flatten: bool
) -> None:
    fill = run_task(
        ExtendCreateEditRunOperator(
            task_id="fill",
            file=uploaded_form,
            config={"instructions": "full_name: Jordan Avery", "advancedOptions": {"flattenPdf": flatten}},
            poll_interval=0.05,
        )
    )
    [filled] = fill.xcom["output_file_ids"]
    text, values = tmp_path / "form.md", tmp_path / "form.json"
    run_task(ExtendCreateParseRunOperator(task_id="p", file=filled, markdown_path=str(text), poll_interval=0.05))
    schema = {"type": "object", "properties": {"full_name": {"type": ["string", "null"]}}}
    run_task(
        ExtendCreateExtractRunOperator(
            task_id="e", file=filled, config={"schema": schema}, result_path=str(values), poll_interval=0.05
        )
    )
    assert "Jordan Avery" in text.read_text()
    assert json.loads(values.read_text())["value"] == {"full_name": "Jordan Avery"}


def test_the_parts_of_a_split_file_are_files(extend_local: LocalService, uploaded_form: str) -> None:
    split = run_task(
        ExtendCreateSplitRunOperator(
            task_id="s", file=uploaded_form, config={"splitClassifications": TYPES}, poll_interval=0.05
        )
    )
    [part] = split.xcom["output_file_ids"]
    assert part == split.value["splits"][0]["file_id"]
    assert run_task(ExtendCreateParseRunOperator(task_id="p", file=part, poll_interval=0.05)).value["page_count"] == 1
