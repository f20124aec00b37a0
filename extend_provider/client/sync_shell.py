"""What the blocking client stands on: it sends what flows ask for, sleeps, and moves the bytes of downloads."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

import httpx

from extend_provider.client import calls
from extend_provider.client.bounded_body import BoundedBody
from extend_provider.client.download import Download
from extend_provider.client.exchange import Core
from extend_provider.client.flow import Flow, Pause, Request, Response, TransportFailure
from extend_provider.client.http import (
    TRANSPORT_ERRORS,
    api_arguments,
    client_options,
    quiet,
    quiet_chunks,
    storage_arguments,
    transport_failure,
)
from extend_provider.client.patience import heed_patience
from extend_provider.client.settings import ClientSettings
from extend_provider.models import EditTemplate, File, Run

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["SyncShell"]

T = TypeVar("T")
R = TypeVar("R", Run, File, EditTemplate)

_CONNECTIONS = 4


class SyncShell:
    """
    A shell around the flows, for blocking code.

    :param settings: where Extend is and who is asking.
    :param transport: replaces the network, for tests.
    :param core: replaces clocks and pace, for tests.
    :raises ExtendConfigurationError: the base URL, the proxy or the CA bundle cannot work.
    """

    def __init__(
        self, settings: ClientSettings, *, transport: httpx.BaseTransport | None = None, core: Core | None = None
    ) -> None:
        self.settings = settings
        self._core = core or Core.for_settings(settings)
        self._sleep = time.sleep
        options = client_options(settings, _CONNECTIONS)
        self._http = httpx.Client(**options, transport=transport) if transport else httpx.Client(**options)
        heed_patience(self._http)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _items(self, page: calls.Pages[R]) -> Iterator[R]:
        token: str | None = None
        while True:
            items, token = self._run(page(token))
            yield from items
            if token is None:
                return

    def _run(self, flow: Flow[T]) -> T:
        """Do what a flow asks for until it returns."""
        try:
            step = next(flow)
            while True:
                if isinstance(step, Pause):
                    self._sleep(step.seconds)
                    step = flow.send(None)
                    continue
                try:
                    response = self._send(step)
                except TransportFailure as failure:
                    step = flow.throw(failure)
                else:
                    step = flow.send(response)
        except StopIteration as end:
            result: T = end.value
            return result

    def _send(self, request: Request) -> Response:
        try:
            built = self._http.build_request(**api_arguments(self.settings, request))
            with quiet():
                answer = self._http.send(built, stream=True)
                try:
                    # Not httpx's own way of reading, which knows no bounds for what a chunk decompresses to.
                    assert isinstance(answer.stream, httpx.SyncByteStream)
                    body = BoundedBody(self.settings, answer)
                    for chunk in answer.stream:
                        if not body.add(chunk):
                            break
                finally:
                    answer.close()
        except TRANSPORT_ERRORS as error:
            raise transport_failure(error) from None
        return body.response()

    def _download(self, download: Download) -> Iterator[bytes]:
        while not download.done:
            url = self._run(download.locate())
            try:
                request = self._http.build_request(**storage_arguments(url, download.headers(), self.settings))
                with quiet():
                    response = self._http.send(request, stream=True)
                try:
                    if download.accept(response.status_code, response.headers):
                        assert isinstance(response.stream, httpx.SyncByteStream)
                        for chunk in quiet_chunks(response.stream):
                            yield from download.take(chunk)
                        download.finish()
                finally:
                    with quiet():
                        response.close()
            except (*TRANSPORT_ERRORS, TransportFailure) as error:
                download.interrupted(transport_failure(error))
