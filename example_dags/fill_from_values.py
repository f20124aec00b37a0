"""
Fill a PDF form from values: a pydantic model says which fields the form has, a dict what to fill in.

Wrong names, wrong types and missing fields are found before anything is paid for. Needs a connection
``extend_default`` of type Extend.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal

from airflow import DAG  # on Airflow 3 also: from airflow.sdk import DAG
from pydantic import BaseModel, Field

from extend_provider.operators.edit import ExtendCreateEditRunOperator
from extend_provider.operators.files import ExtendDownloadFileOperator

FORM = Path(__file__).parent / "forms" / "onboarding.pdf"

VALUES = {
    "full_name": "Jordan Avery",
    "email": "jordan.avery@example.com",
    "start_date": "2026-12-01",
    "business_type": "llc",
    "skills": ["Airflow", "SQL"],
    "agrees_to_e_delivery": True,
}


class Onboarding(BaseModel):
    full_name: str = Field(description="Full name of the contractor")
    email: str
    start_date: date
    business_type: Literal["sole_proprietor", "partnership", "llc"]
    skills: list[Literal["Airflow", "Python", "SQL"]] = []
    agrees_to_e_delivery: bool = False


with DAG(
    dag_id="fill_from_values",
    schedule=None,
    catchup=False,
    tags=["extend", "example"],
    doc_md=__doc__,
    params={"filled_form": "/tmp/onboarding-from-values.pdf"},  # where to write the result
) as dag:
    fill = ExtendCreateEditRunOperator(
        task_id="fill",
        file=str(FORM),
        schema=Onboarding,
        values=VALUES,
        config={"advancedOptions": {"flattenPdf": False}},  # keep the fields, to read them back
        deferrable=True,
        retries=3,
    )

    download = ExtendDownloadFileOperator(
        task_id="download",
        file_id="{{ ti.xcom_pull('fill', key='output_file_ids')[0] }}",
        path="{{ params.filled_form }}",
    )

    fill >> download
