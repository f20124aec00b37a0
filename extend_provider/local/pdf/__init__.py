"""The PDF engine of the local service: reads, describes, fills and cuts PDFs. Bytes in, bytes out; no network.

It has no language model: values come from the schema or from simply structured instructions (see `edit_pdf`), and
only fields that the PDF declares are detected (see `detect_schema`).
"""

from __future__ import annotations

from extend_provider.local.pdf.detection import detect_schema
from extend_provider.local.pdf.document import inspect_pdf
from extend_provider.local.pdf.edit import EditResult, edit_pdf
from extend_provider.local.pdf.field_values import PdfFieldValue, read_values
from extend_provider.local.pdf.problem import PdfProblem
from extend_provider.local.pdf.splitting import cut_pages
from extend_provider.local.pdf.text import TextPage, TextRun, read_text

__all__ = [
    "EditResult",
    "PdfFieldValue",
    "PdfProblem",
    "TextPage",
    "TextRun",
    "cut_pages",
    "detect_schema",
    "edit_pdf",
    "inspect_pdf",
    "read_text",
    "read_values",
]
