"""Door to the PDF engine: imports it when it is first needed, and speaks the service's own errors."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from extend_provider.local.errors import RunFailure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extend_provider.local.pdf import EditResult, PdfFieldValue, TextPage


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


def detect(data: bytes, password: str | None, *, radio_enums: bool) -> dict[str, Any]:
    """
    Describe the form fields of a PDF.

    :param data: the PDF.
    :param password: opens it, when it is encrypted.
    :param radio_enums: one property with ``enum`` per radio group, instead of one per option.
    :return: edit schema.
    :raises RunFailure: the document cannot be processed, or has no form fields.
    """
    from extend_provider.local.pdf import detect_schema

    with _failures():
        return detect_schema(data, radio_enums=radio_enums, password=password)


def read_text(data: bytes, password: str | None) -> list[TextPage]:
    """
    Read the text of a PDF with its places.

    :param data: the PDF.
    :param password: opens it, when it is encrypted.
    :return: the pages.
    :raises RunFailure: the document cannot be processed.
    """
    from extend_provider.local.pdf import inspect_pdf
    from extend_provider.local.pdf import read_text as read

    with _failures():
        inspect_pdf(data, password)  # says exactly what is wrong with a document
        return read(data, password)


def read_fields(data: bytes, password: str | None) -> list[PdfFieldValue]:
    """
    Read the values of a PDF's form fields.

    :param data: the PDF.
    :param password: opens it, when it is encrypted.
    :return: the fields, empty ones included.
    :raises RunFailure: the document cannot be processed.
    """
    from extend_provider.local.pdf import read_values

    with _failures():
        return read_values(data, password)


def cut(data: bytes, password: str | None, first: int, last: int) -> bytes:
    """
    Make a PDF of some pages of another.

    :param data: the PDF.
    :param password: opens it, when it is encrypted.
    :param first: number of the first page, from 1.
    :param last: number of the last page.
    :return: the new PDF.
    :raises RunFailure: the document cannot be processed.
    """
    from extend_provider.local.pdf import cut_pages

    with _failures():
        return cut_pages(data, first, last, password)


@contextmanager
def _failures() -> Iterator[None]:
    from extend_provider.local.pdf import PdfProblem

    try:
        yield
    except PdfProblem as problem:
        raise RunFailure(problem.reason, problem.message) from problem
