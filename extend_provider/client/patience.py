"""
How long an answer may take as a whole.

httpx limits each silence only, so a service that sends a byte now and then could keep a worker for days, even within
the headers, where nobody above the network can look. So the limit travels with the request, in the place of httpx's
read timeout, and the network streams below httpx heed it.
"""

from __future__ import annotations

import time
from typing import Any

import httpcore

__all__ = ["Patience", "SteadyFlow", "WholeAnswer", "heed_patience"]

# A download that brings fewer bytes in all the time that an answer may take is stuck.
_LEAST_FLOW = 64 * 1024


class Patience(float):
    """A read timeout in seconds, which whoever knows more can ask for more."""

    def now(self) -> float:
        """
        Return the timeout for the next read.

        :raises httpcore.ReadTimeout: there is no time left at all.
        """
        return float(self)

    def note_write(self) -> None:
        """Note that a part of the request went out."""

    def note_read(self, size: int, seconds: float) -> None:
        """
        Note that bytes came in.

        :param size: how many.
        :param seconds: how long they took.
        :raises httpcore.ReadTimeout: it goes on for too long.
        """


class WholeAnswer(Patience):
    """
    For answers that are short: all of it within some seconds after the last byte of the request.

    :param silence: seconds for one read.
    :param total: seconds for the answer.
    :param is_upload: whether a request that goes out slowly is fine as long as it goes out.
    """

    def __new__(cls, silence: float, total: float, *, is_upload: bool = False) -> WholeAnswer:
        self = super().__new__(cls, silence)
        self._total, self._is_upload = total, is_upload
        return self

    _total: float
    _is_upload: bool
    _ends_at: float | None = None

    def now(self) -> float:
        if self._ends_at is None:
            return float(self)
        left = self._ends_at - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return min(float(self), left)

    def note_write(self) -> None:
        if self._ends_at is None or self._is_upload:
            self._ends_at = time.monotonic() + self._total


class SteadyFlow(Patience):
    """
    For answers of any length: at least so many bytes within so many seconds of reading.

    :param silence: seconds for one read.
    :param span: seconds.
    :param least: bytes.
    """

    def __new__(cls, silence: float, span: float, least: int = _LEAST_FLOW) -> SteadyFlow:
        self = super().__new__(cls, silence)
        self._span, self._least = span, least
        return self

    _span: float
    _least: int
    _seconds: float = 0.0
    _size: int = 0

    def note_read(self, size: int, seconds: float) -> None:
        self._seconds += seconds
        self._size += size
        if self._size >= self._least:
            self._seconds, self._size = 0.0, 0
        elif self._seconds > self._span:
            raise httpcore.ReadTimeout


def heed_patience(*owners: Any) -> None:
    """
    Make httpx's network streams heed a request's patience.

    :param owners: clients and transports of httpx, just made; those without a network, as in tests, are left alone.
    """
    for owner in owners:
        for transport in (owner, getattr(owner, "_transport", None), *getattr(owner, "_mounts", {}).values()):
            # httpcore takes a network backend of one's own, but httpx has no argument to hand it through.
            pool: Any = getattr(transport, "_pool", None)
            backend = getattr(pool, "_network_backend", None)
            if isinstance(backend, httpcore.NetworkBackend):
                pool._network_backend = _Backend(backend)  # noqa: SLF001
            elif isinstance(backend, httpcore.AsyncNetworkBackend):
                pool._network_backend = _AsyncBackend(backend)  # noqa: SLF001


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if not isinstance(timeout, Patience):
            return self._stream.read(max_bytes, timeout)
        began = time.monotonic()
        chunk = self._stream.read(max_bytes, timeout.now())
        timeout.note_read(len(chunk), time.monotonic() - began)
        return chunk

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, None if timeout is None else float(timeout))
        if isinstance(timeout, Patience):
            timeout.note_write()

    def close(self) -> None:
        self._stream.close()

    def start_tls(self, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(*args, **kwargs))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, backend: httpcore.NetworkBackend) -> None:
        self._backend = backend

    def connect_tcp(self, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        return _Stream(self._backend.connect_tcp(*args, **kwargs))

    def connect_unix_socket(self, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        return _Stream(self._backend.connect_unix_socket(*args, **kwargs))

    def sleep(self, seconds: float) -> None:
        self._backend.sleep(seconds)


class _AsyncStream(httpcore.AsyncNetworkStream):
    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if not isinstance(timeout, Patience):
            return await self._stream.read(max_bytes, timeout)
        began = time.monotonic()
        chunk = await self._stream.read(max_bytes, timeout.now())
        timeout.note_read(len(chunk), time.monotonic() - began)
        return chunk

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self._stream.write(buffer, None if timeout is None else float(timeout))
        if isinstance(timeout, Patience):
            timeout.note_write()

    async def aclose(self) -> None:
        await self._stream.aclose()

    async def start_tls(self, *args: Any, **kwargs: Any) -> httpcore.AsyncNetworkStream:
        return _AsyncStream(await self._stream.start_tls(*args, **kwargs))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _AsyncBackend(httpcore.AsyncNetworkBackend):
    def __init__(self, backend: httpcore.AsyncNetworkBackend) -> None:
        self._backend = backend

    async def connect_tcp(self, *args: Any, **kwargs: Any) -> httpcore.AsyncNetworkStream:
        return _AsyncStream(await self._backend.connect_tcp(*args, **kwargs))

    async def connect_unix_socket(self, *args: Any, **kwargs: Any) -> httpcore.AsyncNetworkStream:
        return _AsyncStream(await self._backend.connect_unix_socket(*args, **kwargs))

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)
