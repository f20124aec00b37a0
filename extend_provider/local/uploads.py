"""Reading an upload to disk, within the size limit."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from extend_provider.local.asgi import drain
from extend_provider.local.errors import ApiError, invalid

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from starlette.types import Message, Receive

_ENVELOPE = 64 * 1024  # boundaries, part headers and the password around the file
_CHUNK = 1024 * 1024
_MAX_FIELDS = 10


@asynccontextmanager
async def read_upload(request: Request, max_size: int) -> AsyncIterator[tuple[UploadFile, str | None]]:
    """
    Read a multipart upload. Starlette spools the file to disk.

    :param request: the upload request.
    :param max_size: bytes that the file may have.
    :return: context manager giving the file and the optional password.
    :raises ApiError: 400, no multipart form, no file, an empty or too large file.
    """
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise invalid("Send the file as multipart/form-data, in a part named file.")
    form = await _read_form(request, max_size)
    try:
        file, password = form.get("file"), form.get("password")
        if not isinstance(file, UploadFile) or not file.filename:
            raise invalid("The form needs a part named file with a file name.")
        if not file.size:
            raise invalid("The uploaded file is empty.")
        if file.size > max_size:
            raise _too_large(max_size)
        yield file, password if isinstance(password, str) and password else None
    finally:
        await form.close()


async def _read_form(request: Request, max_size: int) -> FormData:
    limited = Request(request.scope, _limited(request.receive, max_size))
    try:
        return await limited.form(max_files=1, max_fields=_MAX_FIELDS)
    except ValueError as error:  # older versions of Starlette let the parser's errors through
        raise invalid(f"The form cannot be read: {error}") from None


async def save_upload(file: UploadFile, target: Path) -> None:
    """
    Move an uploaded file to its place.

    :param file: the upload.
    :param target: file to write.
    """
    await run_in_threadpool(_copy, file, target)


def _copy(file: UploadFile, target: Path) -> None:
    with target.open("wb") as out:
        while chunk := file.file.read(_CHUNK):
            out.write(chunk)


def _too_large(max_size: int) -> ApiError:
    return ApiError(400, "FILE_SIZE_TOO_LARGE", f"The file is larger than the limit of {max_size} bytes.")


def _limited(receive: Receive, max_size: int) -> Receive:
    """Hand on a request body; one that is too large is read to its end, and then refused."""
    left = max_size + _ENVELOPE

    async def receive_limited() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            if message.get("more_body", False):
                await drain(receive)
            raise _too_large(max_size)
        return message

    return receive_limited
