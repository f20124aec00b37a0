"""The PDF engine of the local service: reads, describes and fills AcroForm PDFs. Bytes in, bytes out; no network.

It has no language model: values come from the schema or from simply structured instructions (see `edit_pdf`), and
only fields that the PDF declares are detected (see `detect_schema`).
"""

from __future__ import annotations

from extend_provider.local.pdf.detection import detect_schema
from extend_provider.local.pdf.document import inspect_pdf
from extend_provider.local.pdf.edit import EditResult, edit_pdf
from extend_provider.local.pdf.problem import PdfProblem

__all__ = ["EditResult", "PdfProblem", "detect_schema", "edit_pdf", "inspect_pdf"]
