"""Files on this side: what a ``file`` argument means, reading for an upload, writing a download whole or not at all."""

from __future__ import annotations

import contextlib
import logging
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from extend_provider.arguments import required_text
from extend_provider.exceptions import ExtendConfigurationError, ExtendFileError
from extend_provider.hooks.storage import errors_told, find_place, is_remote, is_web_url, normal_text
from extend_provider.redaction import is_path_object, json_in, looks_like_path, redact_path

if TYPE_CHECKING:
    from extend_provider._compat import ObjectStoragePath

__all__ = [
    "FileReference",
    "check_destinations",
    "classify",
    "is_path_text",
    "open_for_upload",
    "plain_file",
    "write_whole",
]

log = logging.getLogger(__name__)

_SEVERAL = (
    "For one run over several files, give files=[…] (extract and workflow runs); for a run of each, map the task: "
    ".partial(…).expand(file=[…])."
)


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
    a slash, a file ending such as ``.pdf``, or names an existing file; otherwise it is an id. A dict may be given as
    text, which Jinja makes of it.

    :raises ExtendConfigurationError: it is none of them.
    """
    if isinstance(file, str):
        return _of_text(normal_text(file))
    if isinstance(file, Mapping):
        return FileReference(_wire(file))
    if file is None:
        return _of_text("")
    if is_path_object(file):
        return FileReference({"url": str(file)} if is_web_url(str(file)) else None)
    if isinstance(file, (Sequence, AbstractSet)) and not isinstance(file, (bytes, bytearray)):
        raise _several(type(file).__name__)
    raise ExtendConfigurationError(
        f"The argument file must be a URL, a file id, a path or a dict, not {type(file).__name__}."
    )


def plain_file(file: Any) -> Any:
    """
    Return a ``file`` argument without what a template adds to it: blanks around it, or a dict as text.

    :raises ExtendConfigurationError: it is no ``file`` argument.
    """
    wire = classify(file).wire
    if isinstance(file, str):
        text = normal_text(file)
        return wire if text.startswith("{") and wire else text
    return wire if isinstance(file, Mapping) else file


def _of_text(text: str) -> FileReference:
    required_text(text, "file")
    if (text[0], text[-1]) == ("{", "}"):
        return FileReference(_wire(_dict_in(text)))
    if (text[0], text[-1]) in {("[", "]"), ("(", ")")}:
        raise _several("list")
    if is_web_url(text):
        return FileReference({"url": text})
    if is_path_text(text):
        return FileReference(None)
    if len(text.split()) > 1:
        raise ExtendConfigurationError(
            "The argument file is text that is neither a URL, a path nor a file id.",
            hint='Give the text of a document as {"text": …}.',
        )
    return FileReference({"id": text})


def _wire(file: Mapping[str, Any]) -> dict[str, Any]:
    if len(file.keys() & {"url", "id", "text"}) != 1:
        raise ExtendConfigurationError("A file given as a dict has exactly one of the keys 'url', 'id' and 'text'.")
    return dict(file)


def _dict_in(text: str) -> Mapping[str, Any]:
    with contextlib.suppress(ValueError):
        value = json_in(text)
        if isinstance(value, Mapping):
            return value
    # Without the text: it may hold a password, or the document.
    raise ExtendConfigurationError(
        "The argument file is text that begins like a dict, but is none.", hint="In a template, write {{ … | tojson }}."
    )


def _several(type_name: str) -> ExtendConfigurationError:
    return ExtendConfigurationError(f"The argument file takes one file, not a {type_name}.", hint=_SEVERAL)


def is_path_text(text: str) -> bool:
    """Whether a text is a path: it has a slash or a file ending, or names an existing file."""
    # Not `Path.exists`, which raises for text that is too long for a path, and quotes it.
    return looks_like_path(text) or os.path.exists(text)  # noqa: PTH110


class _StorageStream:
    """A stream from object storage, with an error of this package when it cannot be read."""

    def __init__(self, stream: IO[bytes], path: Any) -> None:
        self._stream = stream
        self._path = path

    def read(self, size: int = -1) -> bytes:
        with errors_told(self._path, "read"):
            return self._stream.read(size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def open_for_upload(path: str | ObjectStoragePath) -> Iterator[tuple[IO[bytes], str]]:
    """
    Open a file for reading; give the stream and the file's name.

    :raises ExtendConfigurationError: it is no path.
    :raises ExtendFileError: it does not exist or cannot be read.
    """
    place = find_place(path, "read")
    with errors_told(path, "read"):
        stream = place.open("rb")
    with stream:
        yield (cast("IO[bytes]", _StorageStream(stream, path)) if is_remote(path) else stream), place.name


def check_destinations(*paths: Any) -> None:
    """
    Find out, before a run is paid for, whether its result can be written: as far as this can be known without writing.

    :param paths: local paths or ``ObjectStoragePath`` URIs; ``None`` and empty text for what is not to be written.
    :raises ExtendConfigurationError: it is no path.
    :raises ExtendFileError: it is a folder, or its storage or folder cannot be used.
    """
    for path in filter(None, paths):
        _check_destination(path)


def _check_destination(path: Any) -> None:
    target = _place_to_write(path)
    if str(path).strip().endswith("/") or not target.name:
        raise _folder(path)
    if is_remote(target):
        return
    with errors_told(path, "written"):
        if target.is_dir():
            raise _folder(path)
        # The folders that are missing are made when there is something to write.
        folder = next(parent for parent in target.absolute().parents if parent.exists())
        if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
            raise ExtendFileError(
                f"{redact_path(path)} cannot be written: {folder} takes no files.",
                hint="Give a path that the worker may write to, or one in object storage.",
            )


def _place_to_write(path: Any) -> Any:
    """A path in whatever storage; a ``file:///`` URI is a local path, as a local file can be written whole."""
    place = find_place(path, "written")
    whole = normal_text(str(path))
    return Path(whole.removeprefix("file://")) if whole.startswith("file:///") else place


def _folder(path: Any) -> ExtendFileError:
    return ExtendFileError(f"{redact_path(path)} is a folder.", hint="Give the path of the file to write.")


def write_whole(path: str | ObjectStoragePath, chunks: Iterable[bytes]) -> int:
    """
    Write chunks to a path that shows the whole file or nothing new, whatever happens on the way.

    They go to a temporary name in the same folder (``.name.xxxxxxxx.part``), which is renamed at the end. Object stores
    need that too: closing a half-written object would publish it. What a killed process leaves of it on a local disk,
    the next download of the same file removes.

    :return: bytes written.
    :raises ExtendConfigurationError: it is no path.
    :raises ExtendFileError: the path cannot be written.
    """
    place = _place_to_write(path)
    if not is_remote(place):
        return _write_local(place, chunks)
    with errors_told(path, "written"):
        return _write_remote(place, chunks)


def _write_local(target: Path, chunks: Iterable[bytes]) -> int:
    from extend_provider.hooks.part_file import PartFile

    try:
        if target.is_dir():
            raise _folder(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        with PartFile(target) as part:
            written = _pour(chunks, part.stream)
            part.complete()
    except OSError as error:
        raise ExtendFileError(
            f"{redact_path(target)} cannot be written: {error.strerror or type(error).__name__}."
        ) from None
    return written


def _write_remote(target: Any, chunks: Iterable[bytes]) -> int:
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
