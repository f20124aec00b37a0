"""
The language between the one core and its two shells.

A *flow* is a generator that holds all decisions of a call: what to send, whether to try again, how long to pause. It
yields a :class:`Request` and receives a :class:`Response` (or has a :class:`TransportFailure` thrown into it), or it
yields a :class:`Pause` and receives nothing. The shells (``sync_client``, ``async_client``) only send and sleep, so
nothing is decided twice.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any, TypeAlias, TypeVar

__all__ = ["Flow", "Pause", "Request", "Response", "TransportFailure", "Upload"]

T = TypeVar("T")


@dataclass(frozen=True)
class Upload:
    """
    A file to send as multipart form data.

    :param name: file name to send.
    :param stream: open binary file; read in pieces.
    :param password: password of a locked PDF.
    """

    name: str
    stream: IO[bytes]
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Request:
    """
    One call of the API.

    :param method: HTTP method.
    :param path: path below the base URL.
    :param params: query.
    :param json: JSON body.
    :param upload: file to send instead of a JSON body.
    :param idempotent: whether a POST may be repeated, because it creates nothing.
    """

    method: str
    path: str
    params: Mapping[str, str | int | bool] = field(default_factory=dict)
    json: Any = field(default=None, repr=False)
    upload: Upload | None = None
    idempotent: bool = False

    @property
    def is_free(self) -> bool:
        """Whether sending it twice costs no more than sending it once; an upload may leave a second copy."""
        return self.idempotent or self.upload is not None or self.method in {"GET", "DELETE"}

    @property
    def is_list(self) -> bool:
        """Whether a whole collection is asked for: only objects in it have a longer path."""
        return self.method == "GET" and self.path.count("/") == 1


@dataclass(frozen=True)
class Response:
    """
    What came back.

    :param status: HTTP status.
    :param headers: headers, names in lower case.
    :param body: the body.
    :param complete: false when the body was cut at the settings' limit.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    complete: bool = True


@dataclass(frozen=True)
class Pause:
    """
    A time to do nothing.

    :param seconds: its length.
    """

    seconds: float


class TransportFailure(Exception):  # noqa: N818 - not an error for users: the core turns it into one
    """
    No usable answer.

    :param message: what happened, free of secrets.
    :param sent: whether the service may have received the request.
    """

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.message = message
        self.sent = sent


Flow: TypeAlias = Generator["Request | Pause", "Response | None", T]
