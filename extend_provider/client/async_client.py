"""The shell for an event loop: for triggers. Method by method the twin of ``sync_client``, which holds the docs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from types import TracebackType
from typing import IO, Any, TypeVar

import httpx

from extend_provider.client import calls
from extend_provider.client.download import Download
from extend_provider.client.exchange import Core
from extend_provider.client.flow import Flow, Pause, Request, Response, TransportFailure
from extend_provider.client.http import (
    TRANSPORT_ERRORS,
    BoundedBody,
    api_arguments,
    client_options,
    direct_transport,
    quiet,
    storage_arguments,
    transport_failure,
)
from extend_provider.client.settings import ClientSettings
from extend_provider.client.waiting import Wait, wait_for_run
from extend_provider.kinds import EDIT, run_kind
from extend_provider.models import EditRun, File, Run

__all__ = ["AsyncExtendClient"]

T = TypeVar("T")
R = TypeVar("R", Run, File)

# httpx goes through all connections for each request, so that a few carry a triggerer's requests faster than many.
_CONNECTIONS = 4


class AsyncExtendClient:
    """
    Extend's API for an event loop. Use :class:`~extend_provider.client.ExtendClient` in blocking code.

    Belongs to the loop it is first used on. Close it, or use it as an asynchronous context manager.

    :param settings: where Extend is and who is asking.
    :param transport: replaces the network, for tests.
    :param core: replaces clocks and pace, for tests.
    """

    def __init__(
        self, settings: ClientSettings, *, transport: httpx.AsyncBaseTransport | None = None, core: Core | None = None
    ) -> None:
        self.settings = settings
        self._core = core or Core.for_settings(settings)
        self._sleep = asyncio.sleep
        options = client_options(settings, _CONNECTIONS)
        self._http = httpx.AsyncClient(**options, transport=transport) if transport else httpx.AsyncClient(**options)
        self._direct = transport or direct_transport(settings, _CONNECTIONS)

    async def __aenter__(self) -> AsyncExtendClient:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()
        if self._direct:
            await self._direct.aclose()

    # -- runs ---------------------------------------------------------------------------------------------------------

    async def create_edit_run(
        self,
        *,
        file: Mapping[str, Any] | None = None,
        template_id: str | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> EditRun:
        """Start an edit run: see :meth:`ExtendClient.create_edit_run`."""
        run = await self.create_run(EDIT.name, calls.edit_run_body(file=file, template_id=template_id, config=config))
        assert isinstance(run, EditRun)
        return run

    async def create_run(self, kind: str, body: Mapping[str, Any]) -> Run:
        """Start a run of any kind: see :meth:`ExtendClient.create_run`."""
        return await self._run(calls.create_run(self._core, run_kind(kind), body))

    async def get_run(self, run_id: str, kind: str = "edit", *, retry_for: float | None = None) -> Run:
        """Look at a run: see :meth:`ExtendClient.get_run`."""
        return await self._run(calls.get_run(self._core, run_kind(kind), run_id, retry_for=retry_for))

    async def list_runs(self, kind: str = "edit", **filters: str | int | bool | None) -> AsyncIterator[Run]:
        """Iterate over runs: see :meth:`ExtendClient.list_runs`."""
        async for run in self._items(calls.list_runs(self._core, run_kind(kind), filters)):
            yield run

    async def delete_run(self, run_id: str, kind: str = "edit", *, missing_ok: bool = False) -> bool:
        """Delete a run for good: see :meth:`ExtendClient.delete_run`."""
        return await self._run(calls.delete_run(self._core, run_kind(kind), run_id, missing_ok=missing_ok))

    async def wait_for_run(self, wait: Wait) -> Run:
        """Wait until a run has ended: see :meth:`ExtendClient.wait_for_run`."""
        return await self._run(wait_for_run(self._core, wait))

    # -- files --------------------------------------------------------------------------------------------------------

    async def upload_file(
        self, stream: IO[bytes], name: str, *, password: str | None = None, convert_to_pdf: bool = False
    ) -> File:
        """
        Upload a file: see :meth:`ExtendClient.upload_file`.

        The stream is read on the loop, which is fine for a local disk. Leave slow streams to a worker.
        """
        return await self._run(
            calls.upload_file(self._core, stream, name, password=password, convert_to_pdf=convert_to_pdf)
        )

    async def get_file(self, file_id: str) -> File:
        """Look at a file: see :meth:`ExtendClient.get_file`."""
        return await self._run(calls.get_file(self._core, file_id))

    async def list_files(self, **filters: str | int | bool | None) -> AsyncIterator[File]:
        """Iterate over files: see :meth:`ExtendClient.list_files`."""
        async for file in self._items(calls.list_files(self._core, filters)):
            yield file

    async def delete_file(self, file_id: str, *, missing_ok: bool = False) -> bool:
        """Delete a file for good: see :meth:`ExtendClient.delete_file`."""
        return await self._run(calls.delete_file(self._core, file_id, missing_ok=missing_ok))

    async def iter_file(self, file_id: str) -> AsyncIterator[bytes]:
        """Read a file in chunks: see :meth:`ExtendClient.iter_file`."""
        download = Download(self._core, file_id)
        while not download.done:
            url = await self._run(download.locate())
            try:
                request = self._http.build_request(**storage_arguments(url, download.headers(), self.settings))
                with quiet():
                    response = await self._http.send(request, stream=True, follow_redirects=True)
                try:
                    if download.accept(response.status_code, response.headers):
                        async for chunk in response.aiter_bytes():
                            if new := download.take(chunk):
                                yield new
                        download.finish()
                finally:
                    await response.aclose()
            except TRANSPORT_ERRORS as error:
                download.interrupted(transport_failure(error))

    # -- driving flows ------------------------------------------------------------------------------------------------

    async def _items(self, page: calls.Pages[R]) -> AsyncIterator[R]:
        token: str | None = None
        while True:
            items, token = await self._run(page(token))
            for item in items:
                yield item
            if token is None:
                return

    @property
    def core(self) -> Core:
        """Settings, pace and clocks of this client."""
        return self._core

    async def perform(self, make_flow: Callable[[Core], Flow[T]]) -> T:
        """
        Do what a flow of yours asks for.

        :param make_flow: gives the flow for this client's core.
        :return: what the flow returns.
        """
        return await self._run(make_flow(self._core))

    async def _run(self, flow: Flow[T]) -> T:
        """Do what a flow asks for until it returns."""
        try:
            step = next(flow)
            while True:
                if isinstance(step, Pause):
                    await self._sleep(step.seconds)
                    step = flow.send(None)
                    continue
                try:
                    response = await self._send(step)
                except TransportFailure as failure:
                    step = flow.throw(failure)
                else:
                    step = flow.send(response)
        except StopIteration as end:
            result: T = end.value
            return result

    async def _send(self, request: Request) -> Response:
        try:
            built = self._http.build_request(**api_arguments(self.settings, request))
            if self._direct:
                answer = await self._direct.handle_async_request(built)
            else:
                with quiet():
                    answer = await self._http.send(built, stream=True)
            try:
                body = BoundedBody(self.settings.max_body_bytes)
                async for chunk in answer.aiter_bytes():
                    if not body.add(chunk):
                        break
            finally:
                await answer.aclose()
        except TRANSPORT_ERRORS as error:
            raise transport_failure(error) from None
        return body.response(answer)
