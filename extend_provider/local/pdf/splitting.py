"""Cutting pages out of a PDF."""

from __future__ import annotations

from io import BytesIO

from pypdf import PdfWriter

from extend_provider.local.pdf.document import ANY_ERROR, damage_reported, read_pdf


def cut_pages(data: bytes, first: int, last: int, password: str | None = None) -> bytes:
    """Make a PDF of some pages of another; form fields on them stay fields.

    :param data: the PDF
    :param first: number of the first page, from 1
    :param last: number of the last page
    :param password: password of a protected PDF; the part has none
    :return: the new PDF
    :raises PdfProblem: what `inspect_pdf` raises
    """
    reader = read_pdf(data, password)
    writer = PdfWriter()
    part = BytesIO()
    with damage_reported(ANY_ERROR):
        writer.append(reader, pages=(first - 1, last))
        writer.write(part)
    return part.getvalue()
