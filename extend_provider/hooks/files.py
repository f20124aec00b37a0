"""Files on this side: what a ``file`` argument means, reading for an upload, writing a download whole or not at all."""

from __future__ import annotations

import contextlib
import logging
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from extend_provider._compat import object_storage_path
from extend_provider.exceptions import ExtendConfigurationError, ExtendFileError
from extend_provider.redaction import redact_url

if TYPE_CHECKING:
    from extend_provider._compat import ObjectStoragePath

__all__ = ["FileReference", "classify", "open_for_upload", "write_whole"]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FileReference:
    """
    A ``file`` argument, understood.

    :param wire: how the API takes it, or ``None`` when it has to be uploaded first.
    """

    wire: dict[str, Any] | None = field(repr=False)


def classify(file: Any) -> FileReference:
    """
    Tell a URL, an Extend file id and a path apart.

    ``https://…`` is a URL, any other ``scheme://`` a path in object storage. A bare word is a local path when it has
    a slash, a file ending such as ``.pdf``, or names an existing file; otherwise it is an id.

    :raises ExtendConfigurationError: it is none of them.
    """
    if isinstance(file, dict):
        if len(file.keys() & {"url", "id", "text"}) != 1:
            raise ExtendConfigurationError("A file given as a dict has exactly one of the keys 'url', 'id' and 'text'.")
        return FileReference(wire=dict(file))
    text = str(file) if file is not None else ""
    if not text.strip():
        raise ExtendConfigurationError(
            "The argument file is empty.", hint="If it comes from another task's XCom, check that the task ran."
        )
    if text.startswith(("https://", "http://")):
        return FileReference(wire={"url": text})
    if not isinstance(file, str) or "://" in text or "/" in text or "\\" in text:
        return FileReference(wire=None)
    if Path(text).suffix or Path(text).exists():
        return FileReference(wire=None)
    return FileReference(wire={"id": text})


def _is_remote(path: Any) -> bool:
    return "://" in str(path)


@contextlib.contextmanager
def open_for_upload(path: str | ObjectStoragePath) -> Iterator[tuple[IO[bytes], str]]:
    """
    Open a file for reading; give the stream and the file's name.

    :raises ExtendFileError: it does not exist or cannot be read.
    """
    place: Any = object_storage_path(path) if _is_remote(path) else Path(str(path)).expanduser()
    try:
        stream = place.open("rb")
    except FileNotFoundError:
        raise ExtendFileError(
            f"There is no file {redact_url(str(path))}.",
            hint="The worker must see the path; use object storage from elsewhere. A file id has no slash and no dot.",
        ) from None
    except OSError as error:
        raise ExtendFileError(
            f"{redact_url(str(path))} cannot be read: {error.strerror or type(error).__name__}."
        ) from error
    with stream:
        yield stream, place.name


def write_whole(path: str | ObjectStoragePath, chunks: Iterable[bytes]) -> int:
    """
    Write chunks to a path that shows the whole file or nothing new, whatever happens on the way.

    They go to a temporary name in the same folder (``.name.xxxxxxxx.part``), which is renamed at the end. Object stores
    need that too: closing a half-written object would publish it. What a killed process leaves of it on a local disk,
    the next download of the same file removes.

    :return: bytes written.
    :raises ExtendFileError: the path cannot be written.
    """
    write = _write_remote if _is_remote(path) and not str(path).startswith("file:///") else _write_local
    try:
        return write(path, chunks)
    except OSError as error:
        raise ExtendFileError(
            f"{redact_url(str(path))} cannot be written: {error.strerror or type(error).__name__}."
        ) from error


def _write_local(path: Any, chunks: Iterable[bytes]) -> int:
    from extend_provider.hooks.part_file import PartFile

    target = Path(str(path).removeprefix("file://")).expanduser()
    if target.is_dir():
        raise ExtendFileError(f"{target} is a folder.", hint="Give the path of the file to write.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with PartFile(target) as part:
        written = _pour(chunks, part.stream)
        part.complete()
    return written


def _write_remote(path: Any, chunks: Iterable[bytes]) -> int:
    target = object_storage_path(path)
    fs = target.fs
    folder, _, name = str(target.path).rpartition("/")
    temporary = f"{folder}/.{name}.{uuid.uuid4().hex[:8]}.part"
    try:
        if folder:
            fs.makedirs(folder, exist_ok=True)
        with fs.open(temporary, "wb") as stream:
            written = _pour(chunks, stream)
        fs.mv(temporary, target.path)
    except BaseException:
        # Best effort: the error that brought us here matters more than a left-over temporary object.
        with contextlib.suppress(Exception):
            if fs.exists(temporary):
                fs.rm(temporary)
        raise
    return written


def _pour(chunks: Iterable[bytes], stream: IO[bytes]) -> int:
    written = 0
    for chunk in chunks:
        stream.write(chunk)
        written += len(chunk)
    return written
