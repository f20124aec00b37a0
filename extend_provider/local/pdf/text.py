"""The text of a PDF with its places.

PDFium does this, not pypdf: pypdf drops the place of text inside form objects, and that is what a flattened form field
is; it also needs another library to read embedded Type 1 fonts.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from extend_provider.local.pdf.geometry import PageSpace, normalised
from extend_provider.local.pdf.problem import PdfProblem

_LOCK = threading.Lock()  # PDFium must not be called by two threads at once


@dataclass(frozen=True)
class TextRun:
    """Text in one font on one line; the box is left, top, right, bottom in points of the page as it is displayed."""

    text: str
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class TextPage:
    """One page; the size is that of the page as it is displayed, in points."""

    width: float
    height: float
    runs: list[TextRun]


def read_text(data: bytes, password: str | None = None) -> list[TextPage]:
    """Read the text of all pages.

    :param data: the PDF
    :param password: password of a protected PDF
    :return: the pages; their text is in the order of the file
    :raises PdfProblem: ``CORRUPT_FILE``
    """
    import pypdfium2  # type: ignore[import-untyped]  # edit runs do without it

    with _LOCK:
        try:
            return _pages(pypdfium2.PdfDocument(data, password=password))
        except pypdfium2.PdfiumError as error:
            raise PdfProblem("CORRUPT_FILE", "The PDF is damaged and cannot be read.") from error


def _pages(document: Any) -> list[TextPage]:
    try:
        pages = []
        for page in document:
            pages.append(_page(page))
            page.close()
        return pages
    finally:
        document.close()


def _page(page: Any) -> TextPage:
    space = PageSpace(normalised(list(page.get_cropbox())), page.get_rotation())
    text = page.get_textpage()
    runs = []
    for index in range(text.count_rects()):
        left, bottom, right, top = text.get_rect(index)
        content = text.get_text_bounded(left, bottom, right, top)
        content = " ".join(content.replace("\x02", "-").replace("\ufffe", "-").split())
        if content:
            runs.append(TextRun(content, space.displayed((left, bottom, right, top))))
    text.close()
    width, height = space.size
    return TextPage(width, height, runs)
