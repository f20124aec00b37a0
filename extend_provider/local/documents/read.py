"""Reading a document of any supported type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extend_provider.local.documents.html_pages import html_pages
from extend_provider.local.documents.model import Page, Reading
from extend_provider.local.documents.pdf_pages import field_of, page_of, usual_height
from extend_provider.local.documents.plain import csv_pages, decode, text_pages
from extend_provider.local.engine import read_fields, read_text
from extend_provider.local.errors import RunFailure
from extend_provider.local.file_types import PDF

if TYPE_CHECKING:
    from collections.abc import Callable

    from extend_provider.local.run_kind import Document

_PLAIN: dict[str, tuple[str, Callable[[str], tuple[Page, ...]]]] = {
    "TXT": ("text/plain", text_pages),
    "CSV": ("text/csv", csv_pages),
    "HTML": ("text/html", html_pages),
    "XML": ("application/xml", text_pages),
}
_RTF = b"{\\rtf"


def read_document(document: Document, page_ranges: list[tuple[int, int]] | None = None) -> Reading:
    """
    Read a document.

    :param document: PDF, text, Markdown, CSV, HTML or XML.
    :param page_ranges: first and last numbers of the wanted pages. Default: all.
    :return: what is in it.
    :raises RunFailure: the document cannot be processed, or is of another type.
    """
    if document.type == PDF:
        reading = _read_pdf(document)
    elif document.type in _PLAIN and not document.data.startswith(_RTF):
        media_type, read = _PLAIN[document.type]
        reading = Reading(read(decode(document.data)), media_type, file_id=document.id)
    else:
        raise RunFailure(
            "FILE_TYPE_NOT_SUPPORTED",
            "The local service reads PDF, text, Markdown, CSV, HTML and XML; it recognises no text in images and "
            "converts nothing.",
        )
    return reading if page_ranges is None else _only(reading, page_ranges)


def _read_pdf(document: Document) -> Reading:
    texts = read_text(document.data, document.password)
    usual = usual_height(texts)
    pages = [page_of(page, number, usual) for number, page in enumerate(texts, start=1)]
    fields = tuple(field_of(value) for value in read_fields(document.data, document.password))
    return Reading(tuple(pages), "application/pdf", fields, document.id)


def _only(reading: Reading, page_ranges: list[tuple[int, int]]) -> Reading:
    def wanted(number: int) -> bool:
        return any(first <= number <= last for first, last in page_ranges)

    pages = tuple(page for page in reading.pages if wanted(page.number))
    fields = tuple(item for item in reading.fields if wanted(item.page))
    return Reading(pages, reading.media_type, fields, reading.file_id)
