"""An Airflow task for each way to name the input of a run."""

from __future__ import annotations

from typing import Any

from run_input import CONFIG, CONNECTION, DAG, DAG_ARGUMENTS, FILE

from extend_provider.operators.edit import ExtendCreateEditRunOperator

RUN: dict[str, Any] = {"config": CONFIG, "extend_conn_id": CONNECTION, "poll_interval": 0.5}

with DAG(dag_id="lost_answers", **DAG_ARGUMENTS):
    ExtendCreateEditRunOperator(task_id="by_path", file=FILE, deferrable=True, **RUN)
    ExtendCreateEditRunOperator(task_id="by_url", file="{{ load(params.input).url }}", **RUN)
    ExtendCreateEditRunOperator(task_id="by_file_id", file="{{ load(params.input).file_id }}", **RUN)
    ExtendCreateEditRunOperator(task_id="by_template", template_id="{{ load(params.input).template_id }}", **RUN)
