"""What an error of each class can say."""

from __future__ import annotations

from extend_provider.exceptions import (
    ExtendApiError,
    ExtendFileError,
    ExtendOutcomeUnknownError,
    ExtendRunError,
    ExtendRunFailedError,
    ExtendTransportError,
)

GENERAL = {
    "hint": "Do that.",
    "status_code": 400,
    "code": "SOME_CODE",
    "request_id": "req_1",
    "doc_url": "https://docs.example/errors",
    "retryable": True,
}
SPECIAL = {
    ExtendApiError: {"retry_after": 7.5},
    ExtendTransportError: {"sent": False},
    ExtendFileError: {"is_missing": True},
    ExtendOutcomeUnknownError: {"run_id": "edr_1", "retry_after": 7.5},
    ExtendRunError: {"run_id": "edr_1", "kind": "edit", "status": "FAILED"},
    ExtendRunFailedError: {"reason": "CORRUPT_FILE", "failure_message": "Broken."},
}


def facts_of(cls):
    facts = dict(GENERAL)
    for base, special in SPECIAL.items():
        if issubclass(cls, base):
            facts |= special
    return facts
