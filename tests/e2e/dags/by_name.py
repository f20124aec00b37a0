"""DAGs of Airflow that fill a form by the names of its fields: detected by the task itself, or once for several."""

from __future__ import annotations

from typing import Any

from run_input import CONNECTION, DAG, DAG_ARGUMENTS, FILE, FOLDER

from extend_provider.operators.edit import ExtendCreateEditRunOperator, ExtendDetectFormOperator
from extend_provider.operators.files import ExtendDownloadFileOperator

COMMON: dict[str, Any] = {"file": FILE, "extend_conn_id": CONNECTION, "deferrable": True, "poll_interval": 0.5}

with DAG(dag_id="filled_by_name", **DAG_ARGUMENTS):
    fill = ExtendCreateEditRunOperator(
        task_id="fill",
        values="{{ load(params.input)['values'] }}",  # Jinja writes a dict in Python's notation
        config={"advancedOptions": {"flattenPdf": False}},
        **COMMON,
    )
    fill >> ExtendDownloadFileOperator(
        task_id="download",
        file_id="{{ ti.xcom_pull('fill', key='output_file_ids')[0] }}",
        path=f"{FOLDER}/filled.pdf",
        extend_conn_id=CONNECTION,
    )

with DAG(dag_id="detected_once", **DAG_ARGUMENTS):
    detect = ExtendDetectFormOperator(task_id="detect", **COMMON)
    ExtendCreateEditRunOperator.partial(task_id="fill", schema=detect.output["schema"], **COMMON).expand(
        values=[f"{{{{ load(params.input).people[{index}] | tojson }}}}" for index in range(2)]
    )
