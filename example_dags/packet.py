"""
Take a packet of documents apart: split it, classify the parts whose type the splitter leaves open, and extract from
each part what documents of its type hold.

Needs a connection ``extend_default`` of type Extend.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

try:
    from airflow.sdk import DAG, task
except ImportError:  # Airflow 2
    from airflow.decorators import task
    from airflow.models.dag import DAG

from extend_provider.operators.classify import ExtendCreateClassifyRunOperator
from extend_provider.operators.extract import ExtendCreateExtractRunOperator
from extend_provider.operators.split import ExtendCreateSplitRunOperator

PACKET = Path(__file__).parent / "forms" / "packet.pdf"

OTHER = {"id": "other", "type": "other", "description": "Anything else"}
# Extend reads descriptions; the local service counts the keywords in them.
PARTS = [
    {"id": "invoice", "type": "invoice", "description": "A bill. Keywords: invoice, amount due"},
    {"id": "attachment", "type": "attachment", "description": "Goes with a bill. Keywords: timesheet, insurance"},
    OTHER,
]
ATTACHMENTS = [
    {"id": "timesheet", "type": "timesheet", "description": "Hours of work. Keywords: timesheet, hours"},
    {"id": "insurance", "type": "insurance", "description": "Proof of insurance. Keywords: insurance, policy"},
    OTHER,
]
TEXT, NUMBER = {"type": ["string", "null"]}, {"type": ["number", "null"]}
FIELDS = {
    "invoice": {"invoice_number": TEXT, "amount_due": NUMBER},
    "timesheet": {"contractor": TEXT, "total_hours": NUMBER},
    "insurance": {"policy_number": TEXT, "insured": TEXT},
}

with DAG(
    dag_id="packet",
    schedule=None,
    catchup=False,
    tags=["extend", "example"],
    doc_md=__doc__,
    params={"packet": str(PACKET), "results": "/tmp/packet"},  # where to write a JSON file for each part
    default_args={"deferrable": True, "retries": 3},
) as dag:
    split = ExtendCreateSplitRunOperator(
        task_id="split", file="{{ params.packet }}", config={"splitClassifications": PARTS}
    )

    @task
    def attachments(packet: Any) -> list[str]:
        return [part["file_id"] for part in packet["splits"] if part["type"] == "attachment"]

    classify = ExtendCreateClassifyRunOperator.partial(
        task_id="classify", config={"classifications": ATTACHMENTS}
    ).expand(file=attachments(split.output))

    @task(trigger_rule="none_failed")  # a packet may have no attachments
    def orders(packet: Any, classified: Any) -> list[dict[str, Any]]:
        types = iter([result["classification"] for result in classified or []])
        return [
            {"file": part["file_id"], "config": {"schema": {"type": "object", "properties": FIELDS[kind]}}}
            for part in packet["splits"]
            for kind in [next(types) if part["type"] == "attachment" else part["type"]]
            if kind in FIELDS  # nothing is asked of other documents
        ]

    ExtendCreateExtractRunOperator.partial(
        task_id="extract", result_path="{{ params.results }}/{{ ti.map_index }}.json"
    ).expand_kwargs(orders(split.output, classify.output))
