"""Edit runs: fill a PDF form."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from extend_provider.local.bodies import as_text, refuse_unknown
from extend_provider.local.edit_config import resolve_config
from extend_provider.local.engine import count_pages, edit
from extend_provider.local.errors import RunFailure, invalid, not_found
from extend_provider.local.file_input import existing_file, read_file_input
from extend_provider.local.file_types import PDF
from extend_provider.local.run_kind import Job, NewRun, Outcome, Produced, RunKind

if TYPE_CHECKING:
    from extend_provider.local.store import Store

CREDITS_PER_PAGE = 2


def _validate(body: dict[str, Any], store: Store) -> NewRun:
    refuse_unknown(body, ("file", "templateId", "config"), "an edit run")
    file, template_id = body.get("file"), body.get("templateId")
    if (file is None) == (template_id is None):
        raise invalid("Provide exactly one of file, templateId.")
    if template_id is None:
        return read_file_input(file, resolve_config(body.get("config"), {}), store)
    template = store.templates.get(as_text(template_id, "templateId"))
    if template is None:
        raise not_found("Edit template", template_id)
    return NewRun(resolve_config(body.get("config"), template.config), file=existing_file(template.file_id, store))


def _process(job: Job) -> Outcome:
    if job.file_type not in (PDF, None):
        raise RunFailure("FILE_TYPE_NOT_SUPPORTED", f"Edit runs require a PDF, the file is {job.file_type}.")
    pages = count_pages(job.data, job.password)
    job.charge(pages * CREDITS_PER_PAGE)
    result = edit(job.data, job.config, job.password)
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
        files={"editedFile": Produced(_edited_name(job.file_name), result.pdf, PDF, result.page_count)},
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
    validate=_validate,
    process=_process,
)
