"""Reading a stored file to its end, through cut connections and expired URLs. The shells only move the bytes."""

from __future__ import annotations

import re
from collections.abc import Mapping

from extend_provider.client.calls import get_file
from extend_provider.client.exchange import Core
from extend_provider.client.flow import Flow, Pause, TransportFailure
from extend_provider.exceptions import ExtendError, ExtendFileError, ExtendResponseError, ExtendTransportError

__all__ = ["Download"]

_TRIES_WITHOUT_PROGRESS = 5
_FIRST_DELAY = 0.5
# `bytes 100-199/200` says what a part is, `bytes */200` that there is nothing after the part asked for.
_CONTENT_RANGE = re.compile(r"bytes (?:(?P<start>\d+)-\d+|\*)/(?P<size>\d+|\*)")


class Download:
    """
    The state of one download.

    A shell repeats: ask :meth:`locate` for a URL, open it with :meth:`headers`, let :meth:`accept` judge the answer,
    hand each chunk to :meth:`take`, and tell :meth:`finish` the end; until :attr:`done`. The result is one gapless
    stream, so that it can go to a destination that cannot seek.

    :param core: settings and clocks.
    :param file_id: the file.
    """

    def __init__(self, core: Core, file_id: str) -> None:
        self._core = core
        self._file_id = file_id
        self._offset = 0
        self._skip = 0
        self._size: int | None = None
        self._resumable = True
        self._failures = 0
        self.done = False

    def locate(self) -> Flow[str]:
        """
        Return a fresh presigned URL; after failures, only after a pause.

        :raises ExtendResponseError: Extend gave none.
        """
        if self._failures:
            yield Pause(_FIRST_DELAY * 2 ** (self._failures - 1))
        file = yield from get_file(self._core, self._file_id)
        url = file.presigned_url or ""
        if not url.startswith(("https://", "http://")):
            raise ExtendResponseError(
                f"Extend gave no download URL for file {self._file_id}.",
                hint="Look at the file in Extend's dashboard: it may have no content, or be deleted.",
            )
        return url

    def headers(self) -> dict[str, str]:
        """Return the request headers that ask for the part still missing."""
        return {"Range": f"bytes={self._offset}-"} if self._offset and self._resumable else {}

    def accept(self, status: int, headers: Mapping[str, str]) -> bool:
        """
        Judge the answer; false when there is nothing to read from it.

        :raises ExtendFileError: the storage refused too often.
        """
        part = _CONTENT_RANGE.match(headers.get("content-range", ""))
        if status == 200:
            # A storage that ignores Range starts again: drop what was delivered already.
            self._skip = self._offset
            # Parts of a compressed answer cannot be put together.
            self._resumable = headers.get("content-encoding", "identity") == "identity"
            return True
        if status == 206 and part and part["start"] == str(self._offset):
            self._skip = 0
            self._size = int(part["size"]) if part["size"] != "*" else None
            return True
        if status == 416 and part and part["size"] == str(self._offset):
            # Only the end of the transfer was cut off: every byte is here.
            self.done = True
            return False
        self._count_failure(
            ExtendFileError(
                f"File {self._file_id} could not be downloaded: its storage answered HTTP {status}.",
                hint="The file may have been deleted, or its storage is blocked from here.",
                status_code=status,
            )
        )
        return False

    def take(self, chunk: bytes) -> bytes:
        """Return the new part of a chunk."""
        new = chunk[self._skip :]
        self._skip -= len(chunk) - len(new)
        self._offset += len(new)
        if new:
            self._failures = 0
        return new

    def finish(self) -> None:
        """
        Note that an answer was read to its end; the file may go on.

        :raises ExtendFileError: the file is another one than before.
        :raises ExtendTransportError: the storage gives no more, although the file has more.
        """
        if self._skip:
            raise ExtendFileError(
                f"File {self._file_id} changed while it was downloaded: it is shorter now.", hint="Download it again."
            )
        if self._size is not None and self._offset < self._size:
            self.interrupted(TransportFailure(f"the storage gave a part of {self._size} bytes only", sent=True))
        else:
            self.done = True

    def interrupted(self, failure: TransportFailure) -> None:
        """
        Note that the connection was lost.

        :raises ExtendTransportError: it was lost too often without progress.
        """
        self._count_failure(
            ExtendTransportError(
                f"The download of file {self._file_id} broke off after {self._offset} bytes: {failure.message}.",
                hint="Check the network between here and Extend's storage.",
                retryable=True,
            )
        )

    def _count_failure(self, error: ExtendError) -> None:
        self._failures += 1
        if self._failures >= _TRIES_WITHOUT_PROGRESS:
            # `from None`: an error of httpx may quote the presigned URL.
            raise error from None
