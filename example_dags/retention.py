"""
Keep nothing at Extend: a setup creates the run, a teardown deletes it with its files, whatever happens in between.

Clearing a task in between runs the setup again, which pays for a new run: what the teardown has deleted is gone.
Needs a connection ``extend_default`` of type Extend.
"""

from __future__ import annotations

from pathlib import Path

from airflow import DAG  # on Airflow 3 also: from airflow.sdk import DAG

from extend_provider.operators.edit import ExtendCreateEditRunOperator, ExtendDeleteEditRunOperator
from extend_provider.operators.files import ExtendDownloadFileOperator
from extend_provider.sensors.run import ExtendEditRunSensor

FORM = Path(__file__).parent / "forms" / "onboarding.pdf"

with DAG(
    dag_id="retention",
    schedule=None,
    catchup=False,
    tags=["extend", "example"],
    doc_md=__doc__,
    params={"filled_form": "/tmp/onboarding-retained.pdf"},  # where to write the result
) as dag:
    create = ExtendCreateEditRunOperator(
        task_id="create",
        file=str(FORM),
        config={"instructions": "Full name: Jordan Avery"},
        wait_for_completion=False,
    )

    wait = ExtendEditRunSensor(task_id="wait", run_id=create.output, deferrable=True)

    download = ExtendDownloadFileOperator(
        task_id="download",
        file_id="{{ ti.xcom_pull('wait', key='output_file_ids')[0] }}",
        path="{{ params.filled_form }}",
    )

    # Makes `create` its setup. Deletes the run, the filled form, and the blank one that `create` has uploaded.
    delete = ExtendDeleteEditRunOperator(
        task_id="delete", run_id=create.output, delete_files=True, retries=3
    ).as_teardown(setups=create)

    wait >> download >> delete
