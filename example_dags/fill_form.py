"""
Fill a PDF form: upload it, let Extend fill it, wait without holding a worker, download the result, delete the run.

Needs a connection ``extend_default`` of type Extend. Without an account, ``make demo`` runs this DAG against the local
service.
"""

from __future__ import annotations

import json
from pathlib import Path

from airflow import DAG  # on Airflow 3 also: from airflow.sdk import DAG

from extend_provider.operators.edit import ExtendCreateEditRunOperator, ExtendDeleteEditRunOperator
from extend_provider.operators.files import ExtendDownloadFileOperator, ExtendUploadFileOperator
from extend_provider.sensors.run import ExtendEditRunSensor

FORM = Path(__file__).parent / "forms" / "onboarding.pdf"

VALUES = {
    "full_name": "Jordan Avery",
    "email": "jordan.avery@example.com",
    "start_date": "2026-12-01",
    "address": "12 Harbour Street\nUnit 4\nPortland, ME 04101",
    "business_type": "llc",
    "country": "United States",
    "skills": ["Airflow", "Python", "SQL"],
    "agrees_to_e_delivery": True,
    "hourly_rate": "95.00",
}

with DAG(
    dag_id="fill_form",
    schedule=None,
    catchup=False,
    tags=["extend", "example"],
    doc_md=__doc__,
    params={"filled_form": "/tmp/onboarding-filled.pdf"},  # where to write the result
) as dag:
    upload = ExtendUploadFileOperator(task_id="upload", file=str(FORM))

    create = ExtendCreateEditRunOperator(
        task_id="create",
        file=upload.output,
        config={"instructions": json.dumps(VALUES), "advancedOptions": {"flattenPdf": False}},
        wait_for_completion=False,
    )

    wait = ExtendEditRunSensor(task_id="wait", run_id=create.output, deferrable=True)

    download = ExtendDownloadFileOperator(
        task_id="download",
        file_id="{{ ti.xcom_pull('wait', key='output_file_ids')[0] }}",
        path="{{ params.filled_form }}",
    )

    # A teardown runs whatever becomes of the tasks before it, so that no filled form is left behind.
    delete = ExtendDeleteEditRunOperator(task_id="delete", run_id=create.output).as_teardown(setups=create)

    wait >> download >> delete
