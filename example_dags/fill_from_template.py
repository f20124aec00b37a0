"""
Fill a saved edit template: Extend knows the form and its fields, the DAG gives nothing but values.

Needs a connection ``extend_default`` of type Extend, and a template of the form. Make it in Extend's dashboard; for the
local service, see "What the local service needs" in docs/examples.md.
"""

from __future__ import annotations

from airflow import DAG  # on Airflow 3 also: from airflow.sdk import DAG

from extend_provider.operators.edit import ExtendCreateEditRunOperator
from extend_provider.operators.files import ExtendDownloadFileOperator

VALUES = {
    "full_name": "Jordan Avery",
    "email": "jordan.avery@example.com",
    "agrees_to_e_delivery": True,
}

with DAG(
    dag_id="fill_from_template",
    schedule=None,
    catchup=False,
    tags=["extend", "example"],
    doc_md=__doc__,
    params={
        "template_id": "edt_onboarding",  # the template
        "filled_form": "/tmp/onboarding-from-template.pdf",  # where to write the result
    },
) as dag:
    fill = ExtendCreateEditRunOperator(
        task_id="fill",
        template_id="{{ params.template_id }}",
        values=VALUES,  # checked against the fields of the template
        deferrable=True,
        retries=3,
    )

    download = ExtendDownloadFileOperator(
        task_id="download",
        file_id="{{ ti.xcom_pull('fill', key='output_file_ids')[0] }}",
        path="{{ params.filled_form }}",
    )

    fill >> download
