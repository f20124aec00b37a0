"""Content encodings, within bounds: a few bytes of a hostile answer must not become gigabytes."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from extend_provider.client.flow import TransportFailure

__all__ = ["ACCEPTED", "Decoder"]

# What requests to the API ask for. Only this is decoded: zlib can stop after so many bytes, and the other libraries
# that httpx would use cannot.
ACCEPTED = "gzip"

_GZIP = 16 + zlib.MAX_WBITS
_PIECE = 256 * 1024


class Decoder:
    """
    Decodes a body as it arrives, in pieces of bounded size, however much a chunk expands to.

    :param encoding: the header ``Content-Encoding``.
    :raises TransportFailure: it is an encoding that was not asked for.
    """

    def __init__(self, encoding: str | None) -> None:
        name = (encoding or "identity").strip().lower()
        if name not in {"identity", "gzip", "x-gzip"}:
            raise TransportFailure("the answer is compressed in a way that was not asked for", sent=True)
        self.is_identity = name == "identity"
        self._zlib = None if self.is_identity else zlib.decompressobj(_GZIP)
        self._began = False

    def decode(self, chunk: bytes) -> Iterator[bytes]:
        """
        Return the pieces that a chunk stands for.

        :raises TransportFailure: it is not what the header says.
        """
        if self._zlib is None:
            yield chunk
            return
        self._began = self._began or bool(chunk)
        try:
            while chunk:
                if self._zlib.eof:
                    # A gzip file may have several members.
                    self._zlib = zlib.decompressobj(_GZIP)
                if piece := self._zlib.decompress(chunk, _PIECE):
                    yield piece
                chunk = self._zlib.unused_data if self._zlib.eof else self._zlib.unconsumed_tail
        except zlib.error:
            raise TransportFailure("the answer cannot be decompressed", sent=True) from None

    def finish(self) -> None:
        """
        Note the end of the body.

        :raises TransportFailure: something is missing.
        """
        if self._zlib is not None and self._began and not self._zlib.eof:
            raise TransportFailure("the compressed answer breaks off", sent=True)
