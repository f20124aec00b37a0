"""Reading what Extend stores to its end, through cut connections and expired URLs. The shells only move the bytes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urljoin

from extend_provider.client.calls import get_file, get_run
from extend_provider.client.encoding import Decoder
from extend_provider.client.exchange import Core
from extend_provider.client.flow import Flow, Pause, TransportFailure
from extend_provider.exceptions import ExtendError, ExtendFileError, ExtendResponseError, ExtendTransportError
from extend_provider.kinds import RunKind
from extend_provider.models import Run

__all__ = ["Download", "download_of_file", "download_of_output"]

_TRIES_WITHOUT_PROGRESS = 5
_FIRST_DELAY = 0.5
# Each try must be worth its while in the long run, or a storage that gives a byte at a time is never done.
_TRIES = 20
_BYTES_PER_TRY = 1024 * 1024
_REDIRECTS = 5
# `bytes 100-199/200` says what a part is, `bytes */200` that there is nothing after the part asked for.
_CONTENT_RANGE = re.compile(r"bytes (?:(?P<start>\d{1,18})-\d+|\*)/(?P<size>\d{1,18}|\*)$", re.ASCII)


class Download:
    """
    The state of one download.

    A shell repeats: ask :meth:`locate` for a URL, open it with :meth:`headers`, let :meth:`accept` judge the answer,
    hand each chunk, as it comes from the network, to :meth:`take`, and tell :meth:`finish` the end; until :attr:`done`.
    The result is one gapless stream, so that it can go to a destination that cannot seek.

    :param core: settings and clocks.
    :param name: what is downloaded, for errors.
    :param find_url: asks Extend for a fresh presigned URL of it.
    """

    def __init__(self, core: Core, name: str, find_url: Callable[[], Flow[str | None]]) -> None:
        self._core = core
        self._name = name
        self._find_url = find_url
        self._offset = 0
        self._skip = 0
        self._size: int | None = None
        self._resumable = True
        self._failures = 0
        self._tries = 0
        self._url = ""
        self._redirect: str | None = None
        self._redirects = 0
        self._decoder = Decoder(None)
        self.done = False

    def locate(self) -> Flow[str]:
        """
        Return a fresh presigned URL, after failures only after a pause; or where the last one redirects to.

        :raises ExtendResponseError: Extend gave none.
        """
        if self._redirect:
            self._url, self._redirect = self._redirect, None
            return self._url
        if self._failures:
            yield Pause(_FIRST_DELAY * 2 ** (self._failures - 1))
        self._tries, self._redirects = self._tries + 1, 0
        self._url = (yield from self._find_url()) or ""
        if not self._url.startswith(("https://", "http://")):
            raise ExtendResponseError(
                f"Extend gave no download URL for {self._name}.",
                hint="Look at it in Extend's dashboard: it may have no content, or be deleted.",
            )
        return self._url

    def headers(self) -> dict[str, str]:
        """Return the request headers that ask for the part still missing."""
        return {"Range": f"bytes={self._offset}-"} if self._offset and self._resumable else {}

    def accept(self, status: int, headers: Mapping[str, str]) -> bool:
        """
        Judge the answer; false when there is nothing to read from it.

        :raises ExtendFileError: the storage refused too often.
        :raises TransportFailure: it is compressed in a way that was not asked for.
        """
        if 300 <= status < 400 and "location" in headers:
            self._follow(headers["location"])
            return False
        self._decoder = Decoder(headers.get("content-encoding"))
        part = _CONTENT_RANGE.match(headers.get("content-range", ""))
        if status == 200:
            # A storage that ignores Range starts again: drop what was delivered already.
            self._skip = self._offset
            # Parts of a compressed answer cannot be put together.
            self._resumable = self._decoder.is_identity
            return True
        if status == 206 and part and part["start"] == str(self._offset) and self._decoder.is_identity:
            self._skip = 0
            self._size = int(part["size"]) if part["size"] != "*" else None
            return True
        if status == 416 and part and part["size"] == str(self._offset):
            # Only the end of the transfer was cut off: every byte is here.
            self.done = True
            return False
        self._count_failure(
            ExtendFileError(
                f"{self._subject} could not be downloaded: its storage answered HTTP {status}.",
                hint="It may have been deleted, or its storage is blocked from here.",
                status_code=status,
            )
        )
        return False

    def _follow(self, location: str) -> None:
        """
        Note a redirect. The request carries no key, so following one gives nothing away, but the way stays encrypted.

        The answer itself is not read: it may be of any size.
        """
        self._redirects += 1
        try:
            target = urljoin(self._url, location)
        except ValueError:
            target = ""
        if self._redirects > _REDIRECTS:
            self.interrupted(TransportFailure("the storage redirects again and again", sent=True))
        elif not target.startswith("https://" if self._url.startswith("https://") else ("https://", "http://")):
            self.interrupted(TransportFailure("the storage redirects to a place that is not safe to read", sent=True))
        else:
            self._redirect = target

    def take(self, chunk: bytes) -> Iterator[bytes]:
        """
        Return the new parts of a chunk.

        :raises ExtendFileError: the file has no end.
        :raises TransportFailure: the chunk cannot be decompressed.
        """
        for piece in self._decoder.decode(chunk):
            new = piece[self._skip :]
            self._skip -= len(piece) - len(new)
            self._offset += len(new)
            if self._offset > self._core.settings.max_file_bytes:
                raise ExtendFileError(
                    f"{self._subject} is larger than {self._core.settings.max_file_bytes} bytes.",
                    hint="Raise max_file_bytes of the client's settings if there really is such a file.",
                )
            if new:
                self._failures = 0
                yield new

    def finish(self) -> None:
        """
        Note that an answer was read to its end; the file may go on.

        :raises ExtendFileError: the file is another one than before.
        :raises ExtendTransportError: the storage gives no more, although the file has more.
        :raises TransportFailure: a compressed answer breaks off.
        """
        self._decoder.finish()
        if self._skip:
            raise ExtendFileError(
                f"{self._subject} changed while it was downloaded: it is shorter now.", hint="Download it again."
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
                f"The download of {self._name} broke off after {self._offset} bytes: {failure.message}.",
                hint="Check the network between here and Extend's storage.",
                retryable=True,
            )
        )

    @property
    def _subject(self) -> str:
        return self._name[0].upper() + self._name[1:]

    def _count_failure(self, error: ExtendError) -> None:
        self._failures += 1
        too_many = self._tries >= _TRIES + self._offset // _BYTES_PER_TRY
        if too_many or self._failures >= _TRIES_WITHOUT_PROGRESS:
            # `from None`: an error of httpx may quote the presigned URL.
            raise error from None


def download_of_file(core: Core, file_id: str) -> Download:
    """Return the download of a file."""

    def find_url() -> Flow[str | None]:
        file = yield from get_file(core, file_id)
        return file.presigned_url

    return Download(core, f"file {file_id}", find_url)


def download_of_output(core: Core, kind: RunKind, run: Run) -> Download:
    """Return the download of a run's output, for a run that tells where it is."""
    urls = [run.output_url]

    def find_url() -> Flow[str | None]:
        # The first one is fresh; asking for another is for when it has not lasted.
        if urls:
            return urls.pop()
        fresh = yield from get_run(core, kind, run.id)
        return fresh.output_url

    return Download(core, f"the output of Extend {kind.name} run {run.id}", find_url)
