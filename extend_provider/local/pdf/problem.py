"""Why a PDF could not be edited, in the terms of the Extend API."""

from __future__ import annotations


class PdfProblem(Exception):  # noqa: N818 - it is about the user's file or request, not an error of the program
    """A PDF, or what was asked of it, that cannot be processed.

    :param reason: a documented ``failureReason``, such as ``CORRUPT_FILE``
    :param message: text for people; names properties, never a form value
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(reason, message)
        self.reason = reason
        self.message = message

    def __str__(self) -> str:
        return f"{self.reason}: {self.message}"


def invalid_options(message: str) -> PdfProblem:
    """The problem of a config that breaks the API's rules."""
    return PdfProblem("INVALID_OPTIONS", message)


def schema_violation(message: str) -> PdfProblem:
    """The problem of values that break the edit schema."""
    return PdfProblem("SCHEMA_VALIDATION_ERROR", message)
