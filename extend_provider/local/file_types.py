"""What kind of file something is, by its bytes and its name."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from extend_provider.local.engine import count_pages
from extend_provider.local.errors import RunFailure

if TYPE_CHECKING:
    from pathlib import Path

PDF = "PDF"
_HEAD = 1024
_IMAGES = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\x00", b"MM\x00*", b"8BPS")
_SUFFIXES = {
    PDF: (".pdf",),
    "CSV": (".csv",),
    "IMG": (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".svg", ".heic", ".heif", ".bmp", ".gif", ".webp", ".psd"),
    "TXT": (".txt", ".md", ".rtf", ".lis"),
    "DOCX": (".doc", ".docx", ".dotx", ".odt", ".wpd"),
    "EXCEL": (".xls", ".xlsx", ".xltx", ".xltm", ".ods"),
    "XML": (".xml",),
    "HTML": (".html", ".htm"),
}
MEDIA_TYPES = {PDF: "application/pdf", "CSV": "text/csv", "TXT": "text/plain"}


def file_type(name: str, head: bytes) -> str | None:
    """
    Tell a file's type.

    :param name: file name.
    :param head: its first bytes; 1,024 are enough.
    :return: wire value such as ``PDF``; None when it cannot be told.
    """
    if b"%PDF-" in head[:_HEAD]:
        return PDF
    if head.startswith(_IMAGES) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return "IMG"
    suffix = PurePath(name).suffix.lower()
    return next((kind for kind, suffixes in _SUFFIXES.items() if suffix in suffixes), None)


def describe(path: Path, name: str, password: str | None) -> tuple[str | None, int | None]:
    """
    Tell a stored file's type and number of pages. Slow for large documents: not for the event loop.

    :param path: its bytes.
    :param name: file name.
    :param password: opens the document, when it is encrypted.
    :return: type and page count; the page count is None for anything but readable PDFs.
    """
    data = path.read_bytes()
    kind = file_type(name, data[:_HEAD])
    if kind != PDF:
        return kind, None
    try:
        return kind, count_pages(data, password)
    except RunFailure:  # uploads of damaged or locked documents are accepted; the run that uses them fails
        return kind, None
