"""
Fill a form that is on the web, and download the result: two tasks.

Needs a connection ``extend_default`` of type Extend.
"""

from __future__ import annotations

from airflow import DAG  # on Airflow 3 also: from airflow.sdk import DAG

from extend_provider.operators.edit import ExtendCreateEditRunOperator
from extend_provider.operators.files import ExtendDownloadFileOperator

FORM = "https://www.irs.gov/pub/irs-pdf/fw9.pdf"

with DAG(
    dag_id="fill_w9",
    schedule=None,
    catchup=False,
    tags=["extend", "example"],
    doc_md=__doc__,
    params={"form": FORM, "name": "Jordan Avery", "result": "/tmp/w9.pdf"},
) as dag:
    fill = ExtendCreateEditRunOperator(
        task_id="fill",
        file="{{ params.form }}",  # a URL, a file id, a local path or one in object storage
        config={"instructions": "Full name: {{ params.name }}"},
        deferrable=True,  # waits in the triggerer, without a worker
        retries=3,  # a retry goes on with the same run; nothing is paid for twice
    )

    download = ExtendDownloadFileOperator(
        task_id="download",
        file_id="{{ ti.xcom_pull('fill', key='output_file_ids')[0] }}",
        path="{{ params.result }}",
    )

    fill >> download
