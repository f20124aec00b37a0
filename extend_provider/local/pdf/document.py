"""Bytes to pypdf documents and back; every way in which a file can be unreadable ends here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

from pypdf import PasswordType, PdfReader, PdfWriter
from pypdf.errors import DependencyError, FileNotDecryptedError, PyPdfError
from pypdf.generic import DictionaryObject, IndirectObject, PdfObject

from extend_provider.local.pdf.problem import PdfProblem

# Readers accept leading bytes (a mail header, a byte order mark) before the PDF header.
_HEADER_WITHIN = 1024
# While a file is being read, any exception means damage: broken structures make pypdf fail in every way.
ANY_ERROR: tuple[type[Exception], ...] = (Exception,)
# Later only pypdf's own do (NotImplementedError: an unknown stream filter); others would be mistakes of this package.
_PYPDF_ERRORS: tuple[type[Exception], ...] = (PyPdfError, NotImplementedError)


def inspect_pdf(data: bytes, password: str | None = None) -> int:
    """Check that a file is a readable PDF.

    :param data: the file's content
    :param password: password of a protected PDF; a PDF whose user password is empty needs none
    :return: the number of pages
    :raises PdfProblem: ``FILE_TYPE_NOT_SUPPORTED`` (not a PDF), ``CORRUPT_FILE`` or ``PASSWORD_PROTECTED_FILE``
    """
    return len(read_pdf(data, password).pages)


def read_pdf(data: bytes, password: str | None = None) -> PdfReader:
    """Open a PDF and make sure that its pages can be reached."""
    if b"%PDF-" not in data[:_HEADER_WITHIN]:
        raise PdfProblem("FILE_TYPE_NOT_SUPPORTED", "The file is not a PDF.")
    with damage_reported(ANY_ERROR):
        reader = PdfReader(BytesIO(data))
        _unlock(reader, password)
        pages = [page.get_object() for page in reader.pages]
    if not pages:
        raise PdfProblem("CORRUPT_FILE", "The PDF has no pages.")
    return reader


def writable_copy(reader: PdfReader) -> PdfWriter:
    """A document that can be changed, with everything that the reader's catalog reaches."""
    with damage_reported(ANY_ERROR):
        return PdfWriter(clone_from=reader)


def to_bytes(writer: PdfWriter) -> bytes:
    """The document as a file, without the objects that nothing refers to any longer."""
    first = BytesIO()
    writer.write(first)
    # pypdf writes every object it holds; cloning from the catalog leaves removed fields (and their values) behind.
    first.seek(0)
    second = BytesIO()
    PdfWriter(clone_from=PdfReader(first)).write(second)
    return second.getvalue()


def add_object(writer: PdfWriter, obj: PdfObject) -> IndirectObject:
    """Give an object a number; streams cannot be written inside other objects."""
    return writer._add_object(obj)  # noqa: SLF001 - pypdf's manual uses it too; there is no public way


def catalog(document: PdfReader | PdfWriter) -> DictionaryObject:
    """The document's root dictionary."""
    root = document.root_object
    return root if isinstance(root, DictionaryObject) else DictionaryObject()


def dictionary_at(parent: DictionaryObject, key: str) -> DictionaryObject:
    """The dictionary under a key, or an empty one that is not stored."""
    found = parent.get(key)
    found = found.get_object() if found is not None else None
    return found if isinstance(found, DictionaryObject) else DictionaryObject()


@contextmanager
def damage_reported(errors: tuple[type[Exception], ...] = _PYPDF_ERRORS) -> Iterator[None]:
    """Turn what a damaged file makes pypdf raise into ``CORRUPT_FILE``.

    :param errors: the exceptions to take for damage
    """
    try:
        yield
    except PdfProblem:
        raise
    except (DependencyError, FileNotDecryptedError) as error:
        raise _unreadable_encryption() from error
    except errors as error:
        raise PdfProblem("CORRUPT_FILE", "The PDF is damaged and cannot be read.") from error


def _unlock(reader: PdfReader, password: str | None) -> None:
    if not reader.is_encrypted:
        return
    try:
        opened = any(reader.decrypt(word) != PasswordType.NOT_DECRYPTED for word in (password, "") if word is not None)
    except NotImplementedError as error:
        raise _unreadable_encryption() from error
    if not opened:
        hint = "no password was given" if password is None else "the given password does not open it"
        raise PdfProblem("PASSWORD_PROTECTED_FILE", f"The PDF is protected with a password and {hint}.")


def _unreadable_encryption() -> PdfProblem:
    return PdfProblem("PASSWORD_PROTECTED_FILE", "The PDF is encrypted in a way that cannot be read here.")
