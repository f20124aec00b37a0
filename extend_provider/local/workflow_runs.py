"""Workflow runs: parse, classify, split and extract in a row, and the wait for a human."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from extend_provider.local.bodies import as_object, as_text, json_type, refuse_unknown
from extend_provider.local.errors import invalid
from extend_provider.local.processors import find_processor
from extend_provider.local.records import (
    CANCELLED,
    CANCELLING,
    FAILED,
    NEEDS_REVIEW,
    PENDING,
    PROCESSED,
    PROCESSING,
    REJECTED,
)
from extend_provider.local.run_fields import SHORT_USAGE, STAMPS
from extend_provider.local.run_kind import Batch, Cancel, Job, Outcome, Resolved, RunKind, Takes
from extend_provider.local.workflow_config import resolve_steps
from extend_provider.local.workflow_walk import StepFailedError, WorkflowWalk

if TYPE_CHECKING:
    from extend_provider.local.store import Store

_FIELDS = (
    *("status", "workflow", "workflowVersion", "dashboardUrl", "batchId", "files=allFiles"),
    *("initialRunAt", "startTime", "endTime", "reviewedByUser", "reviewedAt", "rejectionNote"),
)
# The documentation knows few reasons; what is not here is a fault of a step.
_REASONS = {"FAILED_TO_PROCESS_FILE": "FAILED_TO_PROCESS_FILE", "OUT_OF_CREDITS": "OUT_OF_CREDITS"}
_DOCUMENT_REASONS = (
    *("UNABLE_TO_DOWNLOAD_FILE", "FILE_TYPE_NOT_SUPPORTED", "FILE_SIZE_TOO_LARGE", "CORRUPT_FILE"),
    "PASSWORD_PROTECTED_FILE",
)


def _resolve(body: dict[str, Any], store: Store) -> Resolved:
    record = find_processor("workflow", body.get("workflow"), store)
    refuse_unknown(body["workflow"], ("id", "version"), "workflow")
    if body.get("secrets") is not None:
        as_object(body["secrets"], "secrets")  # no step could use them, so they are not kept
    is_package = body.get("package") is not None
    outputs = _outputs(body.get("outputs"))
    if is_package and outputs:
        raise invalid("outputs do not go with a package.")
    steps = resolve_steps(record.config["steps"], store)
    return Resolved({"steps": steps, "outputs": outputs, "together": is_package}, record)


def _outputs(value: Any) -> list[dict[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise invalid(f"outputs must be an array, not {json_type(value)}.")
    for index, item in enumerate(value):
        where = f"outputs[{index}]"
        refuse_unknown(as_object(item, where), ("processorId", "output"), where)
        as_text(item.get("processorId"), f"{where}.processorId")
        as_object(item.get("output"), f"{where}.output")
    return value


def _process(job: Job) -> Outcome:
    walk = WorkflowWalk(job)
    failure: tuple[str, str] | None = None
    try:
        walk.walk()
    except StepFailedError:
        step = walk.done[-1]
        reason, message = step.failure or ("INTERNAL_ERROR", "")
        reason = "FAILED_TO_PROCESS_FILE" if reason in _DOCUMENT_REASONS else reason
        failure = _REASONS.get(reason, "DOCUMENT_PROCESSOR_ERROR"), f"Step {step.name} failed: {message}"
    return Outcome(
        output={},
        pages=walk.pages,
        steps=tuple(walk.done),
        status=NEEDS_REVIEW if walk.needs_review else PROCESSED,
        failure=failure,
    )


WORKFLOW = RunKind(
    name="workflow",
    label="Workflow run",
    wire_object="workflow_run",
    id_prefix="workflow_run_",
    path="/workflow_runs",
    sync_path=None,
    takes=Takes(keys=("workflow", "outputs", "secrets"), instead="package", package=(2, 50), texts=True),
    resolve=_resolve,
    process=_process,
    credits_per_page=0,  # its steps cost
    fields=(
        *(*_FIELDS, "metadata=metadataOrEmpty", "failureReason", "failureMessage"),
        *("reviewed", "stepRuns", "usage"),
    ),
    summary_fields=(*_FIELDS, SHORT_USAGE, *STAMPS),
    filters=("status", "workflowId", "batchId", "fileNameContains"),
    statuses=(PENDING, PROCESSING, NEEDS_REVIEW, REJECTED, PROCESSED, FAILED, CANCELLED, CANCELLING),
    reasons=dict.fromkeys(_DOCUMENT_REASONS, "FAILED_TO_PROCESS_FILE"),
    cancel=Cancel(ends=CANCELLED, statuses=(PROCESSING, PENDING), through=CANCELLING),
    batch=Batch("batch_", "API", shared=("workflow",), required=("workflow",), only_id=True, priority=90),
    events={
        PROCESSED: "workflow_run.completed",
        FAILED: "workflow_run.failed",
        NEEDS_REVIEW: "workflow_run.needs_review",
        REJECTED: "workflow_run.rejected",
        CANCELLED: "workflow_run.cancelled",
    },
    updates=("name", "metadata"),
)
