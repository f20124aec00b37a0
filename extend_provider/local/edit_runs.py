"""Edit runs: fill a PDF form."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from extend_provider.local.bodies import as_text
from extend_provider.local.edit_config import resolve_config
from extend_provider.local.engine import count_pages, edit
from extend_provider.local.errors import RunFailure, not_found
from extend_provider.local.file_input import existing_file
from extend_provider.local.file_types import PDF
from extend_provider.local.records import FAILED, PROCESSED
from extend_provider.local.run_fields import FORM_FIELDS, FORM_SUMMARY
from extend_provider.local.run_kind import Job, Outcome, Produced, Resolved, RunKind, Takes

if TYPE_CHECKING:
    from extend_provider.local.store import Store


def _resolve(body: dict[str, Any], store: Store) -> Resolved:
    template_id = body.get("templateId")
    if template_id is None:
        return Resolved(resolve_config(body.get("config"), {}))
    template = store.templates.get(as_text(template_id, "templateId"))
    if template is None:
        raise not_found("Edit template", template_id)
    config = resolve_config(body.get("config"), template.config)
    return Resolved(config, file=existing_file(template.file_id, store))


def _process(job: Job) -> Outcome:
    document = job.document
    if document.type not in (PDF, None):
        raise RunFailure("FILE_TYPE_NOT_SUPPORTED", f"Edit runs require a PDF, the file is {document.type}.")
    pages = count_pages(document.data, document.password)
    job.charge(pages)
    result = edit(document.data, job.config, document.password)
    return Outcome(
        output={"filledValues": result.filled_values} if result.filled_values else {},
        metrics={
            "pageCount": result.page_count,
            "fieldCount": result.field_count,
            "fieldsDetectedCount": result.fields_detected,
            "fieldsAnnotatedCount": result.fields_annotated,
            "fieldDetectionTimeMs": round(result.timings["detection"]),
            "fieldAnnotationTimeMs": round(result.timings["annotation"]),
            "fieldFillingTimeMs": round(result.timings["filling"]),
        },
        pages=pages,
        files={"editedFile": Produced(_edited_name(document.name), result.pdf, PDF, result.page_count)},
    )


def _edited_name(name: str) -> str:
    return f"{PurePath(name).stem}-edited.pdf"


EDIT = RunKind(
    name="edit",
    label="Edit run",
    wire_object="edit_run",
    id_prefix="edr_",
    path="/edit_runs",
    sync_path="/edit",
    takes=Takes(keys=("config",), instead="templateId", metadata=False, priority=False),
    resolve=_resolve,
    process=_process,
    credits_per_page=2,
    fields=FORM_FIELDS,
    summary_fields=FORM_SUMMARY,
    filters=("status", "source", "fileNameContains"),
    sources=("API", "STUDIO", "ADMIN"),
    events={PROCESSED: "edit_run.processed", FAILED: "edit_run.failed"},
)
