"""
Extend's failure reasons as data: is another try worth its price, and what helps.

The API declares the list as open. A reason that is not in it is worth another try: Airflow's own retries bound the
cost, and the message tells that the reason is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FAILURE_REASONS", "FailureAdvice", "advice_for"]


@dataclass(frozen=True)
class FailureAdvice:
    """
    What to do about a failure reason.

    :param retryable: whether the same input may succeed on another try.
    :param remedy: what helps, addressed to the DAG's author.
    """

    retryable: bool
    remedy: str


FAILURE_REASONS: dict[str, FailureAdvice] = {
    "UNABLE_TO_DOWNLOAD_FILE": FailureAdvice(
        # A new try renders its templates anew, and with them a presigned URL.
        retryable=True,
        remedy="Extend could not load the file: check that its URL answers from outside your network and, if it is "
        "presigned, make a fresh one in each try (15 minutes or longer), or upload the file first.",
    ),
    "FILE_TYPE_NOT_SUPPORTED": FailureAdvice(
        retryable=False,
        remedy="Extend cannot read this type of file (edit and form detection runs take PDF only): convert it to PDF "
        "before this task.",
    ),
    "FILE_SIZE_TOO_LARGE": FailureAdvice(
        retryable=False, remedy="The file is over the size limit: split it or compress its images."
    ),
    "CORRUPT_FILE": FailureAdvice(
        retryable=False, remedy="The file is damaged: open it in a PDF viewer, save it anew and use that copy."
    ),
    "FIELD_DETECTION_ERROR": FailureAdvice(
        retryable=True,
        remedy="Extend could not detect the fields: try again, or pass a schema in config so that nothing is detected.",
    ),
    "PASSWORD_PROTECTED_FILE": FailureAdvice(
        retryable=False,
        remedy="The PDF is locked: upload it with its password (ExtendUploadFileOperator(password=…)), or unlock it.",
    ),
    "FAILED_TO_CONVERT_TO_PDF": FailureAdvice(
        retryable=False, remedy="Extend could not convert the file to PDF: convert it yourself before this task."
    ),
    "INTERNAL_ERROR": FailureAdvice(
        retryable=True, remedy="Something failed inside Extend: try again; if it persists, tell its support the run id."
    ),
    "INVALID_OPTIONS": FailureAdvice(
        retryable=False, remedy="Extend refused the options: compare config with its API page for creating an edit run."
    ),
    "EMPTY_SCHEMA": FailureAdvice(
        retryable=False,
        remedy="No schema was given and no field was found: pass config['schema'], or check that the PDF is a form.",
    ),
    "OUT_OF_CREDITS": FailureAdvice(
        retryable=False,
        remedy="The workspace has no credits left: top it up in Extend's dashboard, then clear the task.",
    ),
    "SCHEMA_VALIDATION_ERROR": FailureAdvice(
        retryable=False,
        remedy="The values break the schema: check types, enum members and required fields in config['schema'].",
    ),
    "INVALID_CONFIG_OPTIONS": FailureAdvice(
        retryable=False,
        remedy="Extend refused the config: compare it with the parse configuration in Extend's documentation.",
    ),
    "OCR_ERROR": FailureAdvice(retryable=True, remedy="Extend's text recognition failed: try again."),
    "FAILED_TO_CONVERT_TO_JPEG": FailureAdvice(
        retryable=False, remedy="Extend could not turn the pages into images: convert the file to PDF before this task."
    ),
    "FAILED_TO_GENERATE_TARGET_FORMAT": FailureAdvice(
        retryable=False, remedy="Extend could not write the format: choose another config['target']."
    ),
    "CHUNKING_ERROR": FailureAdvice(
        retryable=False, remedy="Extend could not cut the document: choose another config['chunkingStrategy']."
    ),
    "ABORTED": FailureAdvice(
        retryable=False,
        remedy="Somebody stopped the run. If that was a mistake, clear the task, which creates another.",
    ),
    "FAILED_TO_PROCESS_FILE": FailureAdvice(
        retryable=False, remedy="Extend could not process the file: open it to see whether it is whole and readable."
    ),
    "INVALID_PROCESSOR": FailureAdvice(
        retryable=False,
        remedy="There is no such extractor, classifier or splitter, or no such version: check its id in the dashboard.",
    ),
    "INVALID_CONFIGURATION": FailureAdvice(
        retryable=False, remedy="Extend refused the configuration: run the processor once in the dashboard to see why."
    ),
    "PARSING_ERROR": FailureAdvice(
        retryable=False, remedy="Extend could not read the document's text: create a parse run of it to see why."
    ),
    "PRE_PROCESSING_FAILURE": FailureAdvice(
        retryable=True, remedy="A step before the processing failed inside Extend: try again."
    ),
    "POST_PROCESSING_FAILURE": FailureAdvice(
        retryable=True, remedy="A step after the processing failed inside Extend: try again."
    ),
    "SCHEMA_GENERATION_FAILED": FailureAdvice(
        retryable=False, remedy="Extend could not infer a schema: pass config['schema'] or an extractor_id."
    ),
    "DOCUMENT_PROCESSOR_ERROR": FailureAdvice(
        retryable=True,
        remedy="A step of the workflow failed: try again; the workflow run in the dashboard tells which.",
    ),
    "INVALID_WORKFLOW": FailureAdvice(
        retryable=False, remedy="The workflow cannot run as it is: correct it in the dashboard and deploy it."
    ),
}

_UNKNOWN = FailureAdvice(
    retryable=True,
    remedy="This version of the provider does not know the reason; Extend's documentation on error handling may.",
)


def advice_for(reason: str | None) -> FailureAdvice:
    """Return the advice for a reason, known or not."""
    return FAILURE_REASONS.get(reason or "", _UNKNOWN)
