"""Extract runs: values by JSON schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from extend_provider.local.bodies import as_object
from extend_provider.local.documents.finder import Finder
from extend_provider.local.documents.read import read_document
from extend_provider.local.errors import RunFailure, invalid
from extend_provider.local.extraction import Extraction, infer_schema
from extend_provider.local.page_ranges import check_page_ranges, page_ranges
from extend_provider.local.parse_config import resolve_parse_config
from extend_provider.local.processor_kinds import processor_kind
from extend_provider.local.processors import resolve_processor
from extend_provider.local.run_kind import Job, Outcome, Resolved, Takes

if TYPE_CHECKING:
    from extend_provider.local.store import Store


def resolve_extract_config(config: Any) -> dict[str, Any]:
    """
    Check the configuration of an extract run or extractor.

    :param config: what was sent.
    :return: effective configuration.
    :raises ApiError: 400, a value has the wrong type.
    """
    sent = {key: value for key, value in as_object(config, "config").items() if value is not None}
    if "schema" in sent:
        schema = as_object(sent["schema"], "config.schema")
        if schema.get("type") != "object":
            raise invalid('config.schema.type must be "object".')
        as_object(schema.get("properties"), "config.schema.properties")
    options = as_object(sent.get("advancedOptions", {}), "config.advancedOptions")
    check_page_ranges(options.get("pageRanges"), "config.advancedOptions.pageRanges")
    if "parseConfig" in sent:
        resolve_parse_config(sent["parseConfig"])
    return {"baseProcessor": "extraction_performance", "baseVersion": "latest", "advancedOptions": {}, **sent}


def _resolve(body: dict[str, Any], store: Store) -> Resolved:
    return Resolved(*resolve_processor("extractor", body, store, resolve_extract_config, optional=True))


def _process(job: Job) -> Outcome:
    readings = [read_document(document, page_ranges(job.config)) for document in job.documents]
    pages = sum(len(reading.pages) for reading in readings)
    job.charge(pages)
    finder = Finder(readings)
    schema = job.config.get("schema") or infer_schema(finder)
    if not schema["properties"] and "schema" not in job.config:
        raise RunFailure(
            "SCHEMA_GENERATION_FAILED",
            "No schema was given, and the document has neither filled form fields nor labelled text.",
        )
    cited = job.config["advancedOptions"].get("citationsEnabled") is not False
    extraction = Extraction(schema, finder, citations=cited)
    value = extraction.read()
    return Outcome(
        output={"value": value, "metadata": extraction.metadata},
        pages=pages,
        metrics={"pageCount": pages},
        config={**job.config, "schema": schema},
    )


EXTRACT = processor_kind(
    name="extract",
    role="extractor",
    takes=Takes(keys=("extractor", "config"), instead="package", texts=True),
    fields=("files", "edits"),
    summary_fields=("files",),
    id_prefix="exr_",
    resolve=_resolve,
    process=_process,
    credits_per_page=3,
)
