"""The stream of an upload as httpx may see it."""

from __future__ import annotations

import io
import os

from extend_provider.client.flow import Upload
from extend_provider.exceptions import ExtendFileError

__all__ = ["Source"]


class Source:
    """
    A stream without ``fileno``, and with an error of this package when it cannot be read.

    httpx asks ``fileno`` first for the length, which is wrong for a pipe (0) and for a decompressing stream (the size
    on disk). Without it, httpx measures by seeking, or sends in chunks where that is impossible.

    :param upload: what to read.
    """

    def __init__(self, upload: Upload) -> None:
        self._name = upload.name
        self._stream = upload.stream

    def read(self, size: int = -1) -> bytes:
        """Read like a file."""
        try:
            return self._stream.read(size)
        except OSError as error:
            raise self._unreadable(error) from error

    def tell(self) -> int:
        """Tell the position like a file."""
        self._check_seekable()
        return self._stream.tell()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Seek like a file. Also the beginning of each try: a file is always sent from its start."""
        self._check_seekable()
        try:
            return self._stream.seek(offset, whence)
        except OSError as error:
            raise self._unreadable(error) from error

    def _check_seekable(self) -> None:
        if not self._stream.seekable():
            raise io.UnsupportedOperation("seek")

    def _unreadable(self, error: OSError) -> ExtendFileError:
        return ExtendFileError(
            f"The file {self._name} could not be read to its end: {error.strerror or type(error).__name__}.",
            hint="Nothing was stored in Extend. Check the disk or storage that the file is on.",
        )
