"""Failure reasons."""

from __future__ import annotations

import pytest

from extend_provider.failure_reasons import FAILURE_REASONS, advice_for

# What the API documents, and whether another try of the same input can help.
DOCUMENTED = {
    "UNABLE_TO_DOWNLOAD_FILE": True,
    "FILE_TYPE_NOT_SUPPORTED": False,
    "FILE_SIZE_TOO_LARGE": False,
    "CORRUPT_FILE": False,
    "FIELD_DETECTION_ERROR": True,
    "PASSWORD_PROTECTED_FILE": False,
    "FAILED_TO_CONVERT_TO_PDF": False,
    "INTERNAL_ERROR": True,
    "INVALID_OPTIONS": False,
    "EMPTY_SCHEMA": False,
    "OUT_OF_CREDITS": False,
    "SCHEMA_VALIDATION_ERROR": False,
    "INVALID_CONFIG_OPTIONS": False,
    "OCR_ERROR": True,
    "FAILED_TO_CONVERT_TO_JPEG": False,
    "FAILED_TO_GENERATE_TARGET_FORMAT": False,
    "CHUNKING_ERROR": False,
    "ABORTED": False,
    "FAILED_TO_PROCESS_FILE": False,
    "INVALID_PROCESSOR": False,
    "INVALID_CONFIGURATION": False,
    "PARSING_ERROR": False,
    "PRE_PROCESSING_FAILURE": True,
    "POST_PROCESSING_FAILURE": True,
    "SCHEMA_GENERATION_FAILED": False,
    "DOCUMENT_PROCESSOR_ERROR": True,
    "INVALID_WORKFLOW": False,
}


def test_every_documented_reason_has_advice():
    assert {reason: advice.retryable for reason, advice in FAILURE_REASONS.items()} == DOCUMENTED


@pytest.mark.parametrize("reason", DOCUMENTED)
def test_a_remedy_is_a_sentence_of_its_own(reason):
    remedy = advice_for(reason).remedy

    assert remedy[0].isupper()
    assert remedy.endswith(".")
    assert len({advice.remedy for advice in FAILURE_REASONS.values()}) == len(FAILURE_REASONS)


@pytest.mark.parametrize("reason", [None, "", "A_REASON_OF_TOMORROW", "corrupt_file"])
def test_an_unknown_reason_is_worth_another_try(reason):
    assert advice_for(reason).retryable is True
    assert "does not know" in advice_for(reason).remedy
