"""
Run a workflow that may want a human to look at the document: tell somebody, and wait, for days if need be, without
holding a worker.

Needs a connection ``extend_default`` of type Extend, and a workflow with a human review. Make it in Extend's dashboard;
for the local service, see "What the local service needs" in docs/examples.md.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

try:
    from airflow.sdk import DAG, task
except ImportError:  # Airflow 2
    from airflow.decorators import task
    from airflow.models.dag import DAG

from extend_provider.operators.workflow import ExtendCreateWorkflowRunOperator
from extend_provider.sensors.run import ExtendRunSensor

with DAG(
    dag_id="workflow_review",
    schedule=None,
    catchup=False,
    tags=["extend", "example"],
    doc_md=__doc__,
    params={
        "document": str(Path(__file__).parent / "forms" / "packet.pdf"),
        "workflow_id": "workflow_reviewed_invoices",
        "result": "/tmp/reviewed-invoice.json",  # where to write what came of it
    },
) as dag:
    process = ExtendCreateWorkflowRunOperator(
        task_id="process",
        file="{{ params.document }}",
        workflow_id="{{ params.workflow_id }}",
        on_review="succeed",  # go on when the machine is done
        deferrable=True,
        retries=3,
    )

    @task
    def tell_reviewers(run: Any) -> None:
        """In real life: a message to those who review, with the link that the task `process` shows."""
        if run["status"] == "NEEDS_REVIEW":
            logging.getLogger(__name__).warning("Somebody has to look at %s.", run["run_id"])

    # A rejected document fails this task. A document that needs no review is here already.
    reviewed = ExtendRunSensor(
        task_id="reviewed",
        run_id="{{ ti.xcom_pull('process', key='run_id') }}",
        on_review="wait",
        timeout=timedelta(days=7).total_seconds(),
        deferrable=True,
        result_path="{{ params.result }}",
    )

    tell_reviewers(process.output) >> reviewed
