"""Form detection runs: an edit schema that describes a PDF form."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from extend_provider.local.bodies import as_object
from extend_provider.local.edit_config import resolve_detection_config
from extend_provider.local.engine import count_pages, detect
from extend_provider.local.errors import RunFailure
from extend_provider.local.file_types import PDF
from extend_provider.local.names import normalise
from extend_provider.local.records import FAILED, PROCESSED
from extend_provider.local.run_fields import FORM_FIELDS
from extend_provider.local.run_kind import Job, Outcome, Resolved, RunKind, Takes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from extend_provider.local.store import Store


def _resolve(body: dict[str, Any], _: Store) -> Resolved:
    return Resolved(resolve_detection_config(body.get("config")))


def _process(job: Job) -> Outcome:
    document, began = job.document, time.perf_counter()
    if document.type not in (PDF, None):
        raise RunFailure("FILE_TYPE_NOT_SUPPORTED", f"Form detection requires a PDF, the file is {document.type}.")
    pages = count_pages(document.data, document.password)
    job.charge(pages)
    radio_enums = job.config["advancedOptions"]["radioEnumsEnabled"]
    schema = detect(document.data, document.password, radio_enums=radio_enums)
    fields = len(schema["properties"])
    given = job.config.get("inputSchema")
    return Outcome(
        output={
            "schema": schema,
            "annotatedSchema": None,
            "mappingResult": None if given is None else _mapping(_paths(given), list(schema["properties"])),
        },
        pages=pages,
        metrics={
            "pageCount": pages,
            "fieldCount": fields,
            "fieldsDetectedCount": fields,
            "fieldsAnnotatedCount": fields,
            "fieldDetectionTimeMs": round((time.perf_counter() - began) * 1000),
            "fieldAnnotationTimeMs": 0,
        },
    )


def _paths(schema: dict[str, Any], parent: str = "") -> Iterable[str]:
    """The single values of a schema, as "address.city"."""
    properties = schema.get("properties")
    for name, item in as_object({} if properties is None else properties, "properties").items():
        if isinstance(item, dict) and "properties" in item:
            yield from _paths(item, f"{parent}{name}.")
        else:
            yield f"{parent}{name}"


def _mapping(paths: Iterable[str], fields: list[str]) -> dict[str, Any]:
    """Which of the client's values goes into which field, by name."""
    by_name = {normalise(field): field for field in reversed(fields)}
    matches, unmatched = [], []
    for path in paths:
        names = (path, path.rpartition(".")[2])
        field = next((by_name[key] for key in map(normalise, names) if key in by_name), None)
        if field is None:
            unmatched.append(path)
        else:
            matches.append({"inputPath": path, "formFieldKey": field})
    used = {match["formFieldKey"] for match in matches}
    unused = [field for field in fields if field not in used]
    return {"matches": matches, "unmatchedInputPaths": unmatched, "unusedFormFieldKeys": unused}


FORM_DETECTION = RunKind(
    name="form_detection",
    label="Form detection run",
    wire_object="form_detection_run",
    id_prefix="sgr_",
    path="/form_detection_runs",
    sync_path="/detect_form",
    takes=Takes(keys=("config",), metadata=False, priority=False),
    resolve=_resolve,
    process=_process,
    credits_per_page=1,
    fields=FORM_FIELDS,
    summary_fields=(),  # they can be neither listed nor deleted
    events={PROCESSED: "form_detection_run.processed", FAILED: "form_detection_run.failed"},
)
