"""The body of an answer as it arrives: bounded, decoded, and without the key should the service echo it."""

from __future__ import annotations

import httpx

from extend_provider.client.encoding import Decoder
from extend_provider.client.flow import Response, TransportFailure
from extend_provider.client.settings import ClientSettings
from extend_provider.redaction import MASK

__all__ = ["BoundedBody"]

# A shorter "key" is none, and may be a part of ordinary words.
_SHORTEST_KEY = 16


class BoundedBody:
    """
    A body as it arrives, up to a limit: a broken or hostile service must not fill the memory of a worker.

    :param settings: give the limit, for the body as it is sent and as it is decoded.
    :param answer: the answer that it belongs to.
    """

    def __init__(self, settings: ClientSettings, answer: httpx.Response) -> None:
        self._limit = settings.max_body_bytes
        self._key = settings.api_key.encode()
        self._answer = answer
        self._decoder: Decoder | None = None
        self._failure: TransportFailure | None = None
        self._chunks: list[bytes] = []
        self._received = 0
        self._size = 0

    def add(self, chunk: bytes) -> bool:
        """Take a chunk as it came from the network; false when there is no use in more."""
        self._received += len(chunk)
        try:
            if self._decoder is None:
                self._decoder = Decoder(self._answer.headers.get("content-encoding"))
            for piece in self._decoder.decode(chunk):
                self._size += len(piece)
                if not self._is_complete:
                    break
                self._chunks.append(piece)
        except TransportFailure as failure:
            self._failure = failure
        return self._is_complete and self._failure is None

    @property
    def _is_complete(self) -> bool:
        return max(self._size, self._received) <= self._limit

    def response(self) -> Response:
        """
        Return the answer for the core, with the API key masked should it be in there.

        :raises TransportFailure: it is a success that cannot be decoded; an error is known by its status.
        """
        try:
            if self._decoder and self._is_complete and not self._failure:
                self._decoder.finish()
        except TransportFailure as failure:
            self._failure = failure
        answer = self._answer
        if self._failure and answer.is_success:
            raise self._failure from None
        headers, body = answer.headers, b"".join(self._chunks)
        if len(self._key) >= _SHORTEST_KEY:
            body = body.replace(self._key, MASK.encode())
            if any(self._key in value for _, value in headers.raw):
                masked = [(name, value.replace(self._key, MASK.encode())) for name, value in headers.raw]
                headers = httpx.Headers(masked)
        return Response(answer.status_code, headers, body, complete=self._is_complete)
