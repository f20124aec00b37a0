"""
Fill a PDF form, then parse and extract what was filled: the values that come out are those that went in.

Needs a connection ``extend_default`` of type Extend.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

try:
    from airflow.sdk import DAG, ObjectStoragePath, task
except ImportError:  # Airflow 2
    from airflow.decorators import task
    from airflow.io.path import ObjectStoragePath
    from airflow.models.dag import DAG

from extend_provider.operators.edit import ExtendCreateEditRunOperator
from extend_provider.operators.extract import ExtendCreateExtractRunOperator
from extend_provider.operators.parse import ExtendCreateParseRunOperator

FORM = Path(__file__).parent / "forms" / "onboarding.pdf"

VALUES = {
    "full_name": "Jordan Avery",
    "email": "jordan.avery@example.com",
    "start_date": "2026-12-01",
    "hourly_rate": 95.5,
    "agrees_to_e_delivery": True,
}

# One schema says what to fill in and what to read back.
SCHEMA = {
    "type": "object",
    "properties": {
        "full_name": {"type": ["string", "null"], "description": "Full name of the contractor"},
        "email": {"type": ["string", "null"]},
        "start_date": {"type": ["string", "null"], "description": "First day of work"},
        "hourly_rate": {"type": ["number", "null"], "description": "US dollars"},
        "agrees_to_e_delivery": {"type": ["boolean", "null"]},
    },
}

with DAG(
    dag_id="fill_and_extract",
    schedule=None,
    catchup=False,
    tags=["extend", "example"],
    doc_md=__doc__,
    params={"folder": "/tmp/onboarding"},  # where to write what comes out
) as dag:
    fill = ExtendCreateEditRunOperator(
        task_id="fill", file=str(FORM), schema=SCHEMA, values=VALUES, deferrable=True, retries=3
    )

    filled = "{{ ti.xcom_pull('fill', key='output_file_ids')[0] }}"
    parse = ExtendCreateParseRunOperator(
        task_id="parse", file=filled, markdown_path="{{ params.folder }}/form.md", deferrable=True, retries=3
    )
    extract = ExtendCreateExtractRunOperator(
        task_id="extract",
        file=filled,
        config={"schema": SCHEMA},
        result_path="{{ params.folder }}/values.json",  # what is personal does not go through XCom
        deferrable=True,
        retries=3,
    )

    @task
    def compare(params: Any = None) -> None:
        """Fail unless every value has come back."""
        extracted = json.loads(ObjectStoragePath(f"{params['folder']}/values.json").read_text())
        if extracted["value"] != VALUES:
            raise ValueError("What was extracted is not what was filled in.")

    fill >> [parse, extract] >> compare()
