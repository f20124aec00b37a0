"""Classify runs: what kind of document something is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from extend_provider.local.classifications import resolve_class_config
from extend_provider.local.documents.keywords import Classifier
from extend_provider.local.documents.read import read_document
from extend_provider.local.page_ranges import page_ranges
from extend_provider.local.processor_kinds import processor_kind
from extend_provider.local.processors import resolve_processor
from extend_provider.local.run_kind import Job, Outcome, Resolved, Takes

if TYPE_CHECKING:
    from extend_provider.local.store import Store


def resolve_classify_config(config: Any) -> dict[str, Any]:
    """
    Check the configuration of a classify run or classifier.

    :param config: what was sent.
    :return: effective configuration.
    :raises ApiError: 400, a value has the wrong type.
    """
    return resolve_class_config(config, "classifications", "classification_performance")


def _resolve(body: dict[str, Any], store: Store) -> Resolved:
    return Resolved(*resolve_processor("classifier", body, store, resolve_classify_config, optional=False))


def _process(job: Job) -> Outcome:
    reading = read_document(job.document, page_ranges(job.config))
    job.charge(len(reading.pages))
    choice = Classifier(job.config["classifications"]).choose(reading.text)
    output = {
        "id": choice.classification["id"],
        "type": choice.classification["type"],
        "confidence": choice.confidence,
        "insights": [{"type": "reasoning", "content": choice.reason}],
    }
    return Outcome(output, pages=len(reading.pages))


CLASSIFY = processor_kind(
    name="classify",
    role="classifier",
    takes=Takes(keys=("classifier", "config"), texts=True),
    id_prefix="clr_",
    resolve=_resolve,
    process=_process,
    credits_per_page=1,
)
