"""Parse runs: the text of a document, in chunks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from extend_provider.local.bodies import as_object, refuse_unknown
from extend_provider.local.documents.chunks import chunks_of
from extend_provider.local.documents.read import read_document
from extend_provider.local.errors import invalid
from extend_provider.local.page_ranges import page_ranges
from extend_provider.local.parse_config import resolve_parse_config
from extend_provider.local.records import FAILED, PENDING, PROCESSED, PROCESSING
from extend_provider.local.run_fields import ENDING, KEPT_FILE, SHORT_USAGE, STAMPS
from extend_provider.local.run_kind import Batch, Cancel, Job, Outcome, Resolved, RunKind, Takes

if TYPE_CHECKING:
    from extend_provider.local.documents.model import Reading
    from extend_provider.local.store import Store

_RETENTIONS = ("workspace_default", "zero")
_POINTS_PER_INCH = 72


def _resolve(body: dict[str, Any], _: Store) -> Resolved:
    retention = body.get("dataRetention")
    if retention is not None:
        refuse_unknown(as_object(retention, "dataRetention"), ("mode",), "dataRetention")
        mode = retention.get("mode", _RETENTIONS[0])
        if mode not in _RETENTIONS:
            raise invalid(f"dataRetention.mode must be one of {', '.join(_RETENTIONS)}.")
        if mode == "zero":
            raise invalid("dataRetention.mode zero needs a plan that allows it; the local service has none.")
    return Resolved(resolve_parse_config(body.get("config")))


def _process(job: Job) -> Outcome:
    reading = read_document(job.document, page_ranges(job.config))
    job.charge(len(reading.pages))
    strategy = job.config["chunkingStrategy"]
    options = strategy.get("options") or {}
    chunks = chunks_of(
        reading,
        strategy["type"],
        least=options.get("minCharacters"),
        most=options.get("maxCharacters"),
        spatial=job.config["target"] == "spatial",
    )
    return Outcome(
        output={"chunks": chunks, "metadata": _metadata(reading)},
        pages=len(reading.pages),
        metrics={"pageCount": len(reading.pages)},
    )


def _metadata(reading: Reading) -> dict[str, Any]:
    pages = [
        {
            "number": page.number,
            "rotationApplied": 0,
            "originalPageWidth": page.width,
            "originalPageHeight": page.height,
            "dpi": _POINTS_PER_INCH,
        }
        for page in reading.pages
        if page.width is not None
    ]
    return {"originalMimeType": reading.media_type, "finalMimeType": reading.media_type, "pages": pages}


PARSE = RunKind(
    name="parse",
    label="Parse run",
    wire_object="parse_run",
    id_prefix="pr_",
    path="/parse_runs",
    sync_path="/parse",
    takes=Takes(keys=("config", "dataRetention"), priority=False),
    resolve=_resolve,
    process=_process,
    credits_per_page=2,
    fields=("batchId", KEPT_FILE, *ENDING, "metadata", "output", "outputUrl", "metrics", "config", "usage"),
    summary_fields=("batchId", KEPT_FILE, *ENDING, "metadata", "metrics", SHORT_USAGE, *STAMPS),
    filters=("status", "batchId", "source", "sourceId", "fileNameContains"),
    sortable=(),
    statuses=(PENDING, PROCESSING, PROCESSED, FAILED),
    sources=(
        *("API", "STUDIO", "WORKFLOW_RUN", "ADMIN", "BATCH_PARSER_RUN"),
        *("EDIT_RUN", "DOCUMENT_PROCESSOR_RUN"),
    ),
    reasons={"INVALID_OPTIONS": "INVALID_CONFIG_OPTIONS"},
    # Extend documents no status "cancelled" for parse runs.
    cancel=Cancel(ends=FAILED, reason="ABORTED"),
    batch=Batch(
        id_prefix="bpar_",
        source="BATCH_PARSER_RUN",
        shared=("config",),
        events={PROCESSED: "batch_parse_run.processed", FAILED: "batch_parse_run.failed"},
    ),
    events={PROCESSED: "parse_run.processed", FAILED: "parse_run.failed"},
    event_fields=(*ENDING, "metadata"),
    large_output=True,
)
