"""Fill one form, or several with a mapped operator, and download what comes of it."""

from __future__ import annotations

from typing import Any

# Airflow reads only files that name it.
from run_input import CONFIG, CONNECTION, DAG, DAG_ARGUMENTS, FILE, FOLDER, load, task

from extend_provider.operators.edit import ExtendCreateEditRunOperator
from extend_provider.operators.files import ExtendDownloadFileOperator

FILLING: dict[str, Any] = {
    "task_id": "fill",
    "config": CONFIG,
    "extend_conn_id": CONNECTION,
    "deferrable": True,
    "poll_interval": 0.5,
}

with DAG(dag_id="fill_and_download", **DAG_ARGUMENTS):
    fill = ExtendCreateEditRunOperator(file=FILE, **FILLING)
    fill >> ExtendDownloadFileOperator(
        task_id="download",
        file_id="{{ ti.xcom_pull('fill', key='output_file_ids')[0] }}",
        path=f"{FOLDER}/filled.pdf",
    )

with DAG(dag_id="fill_several", **DAG_ARGUMENTS):

    @task
    def forms(params: Any = None) -> list[str]:
        files: list[str] = load(params["input"])["files"]
        return files

    fill_each = ExtendCreateEditRunOperator.partial(**FILLING).expand(file=forms())
    ExtendDownloadFileOperator.partial(task_id="download", path=f"{FOLDER}/{{{{ ti.map_index }}}}.pdf").expand(
        file_id=fill_each.output.map(lambda result: result["output_file_ids"][0])
    )
