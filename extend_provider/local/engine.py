"""Door to the PDF engine: imports it when it is first needed, and speaks the service's own errors."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from extend_provider.local.errors import RunFailure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extend_provider.local.pdf import EditResult


def count_pages(data: bytes, password: str | None) -> int:
    """
    Open a PDF and count its pages.

    :param data: the PDF.
    :param password: opens it, when it is encrypted.
    :return: number of pages.
    :raises RunFailure: not a PDF, damaged or locked.
    """
    from extend_provider.local.pdf import inspect_pdf  # takes longer to import than the service to start

    with _failures():
        return inspect_pdf(data, password)


def edit(data: bytes, config: dict[str, Any], password: str | None) -> EditResult:
    """
    Fill a PDF form.

    :param data: the PDF.
    :param config: effective edit configuration.
    :param password: opens it, when it is encrypted.
    :return: the edited PDF, and what was filled.
    :raises RunFailure: the document or the configuration cannot be processed.
    """
    from extend_provider.local.pdf import edit_pdf

    with _failures():
        return edit_pdf(data, config, password)


@contextmanager
def _failures() -> Iterator[None]:
    from extend_provider.local.pdf import PdfProblem

    try:
        yield
    except PdfProblem as problem:
        raise RunFailure(problem.reason, problem.message) from problem
