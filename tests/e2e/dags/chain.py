"""Fill a form, parse what comes of it, and extract the values again."""

from __future__ import annotations

from typing import Any

from run_input import CONNECTION, DAG, DAG_ARGUMENTS, FILE, FOLDER

from extend_provider.operators.edit import ExtendCreateEditRunOperator
from extend_provider.operators.extract import ExtendCreateExtractRunOperator
from extend_provider.operators.parse import ExtendCreateParseRunOperator

COMMON: dict[str, Any] = {"extend_conn_id": CONNECTION, "poll_interval": 0.5}
FILLED = "{{ ti.xcom_pull('fill', key='output_file_ids')[0] }}"

with DAG(dag_id="chain", **DAG_ARGUMENTS):
    fill = ExtendCreateEditRunOperator(
        task_id="fill",
        file=FILE,
        schema="{{ load(params.input).schema | tojson }}",
        values="{{ load(params.input)['values'] | tojson }}",
        **COMMON,
    )
    parse = ExtendCreateParseRunOperator(task_id="parse", file=FILLED, markdown_path=f"{FOLDER}/form.md", **COMMON)
    extract = ExtendCreateExtractRunOperator(
        task_id="extract",
        file=FILLED,
        config="{{ load(params.input).extraction | tojson }}",
        result_path=f"{FOLDER}/values.json",
        **COMMON,
    )
    fill >> parse >> extract
