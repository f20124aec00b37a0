"""The shell for an event loop: for triggers. Method by method the twin of ``sync_client``, which holds the docs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from types import TracebackType
from typing import IO, Any, TypeVar

import httpx

from extend_provider.client import calls
from extend_provider.client.bounded_body import BoundedBody
from extend_provider.client.download import Download, download_of_file, download_of_output
from extend_provider.client.ending import end_run
from extend_provider.client.exchange import Core
from extend_provider.client.flow import Flow, Pause, Request, Response, TransportFailure
from extend_provider.client.http import (
    TRANSPORT_ERRORS,
    api_arguments,
    checked_base_url,
    client_options,
    direct_request,
    direct_transport,
    quiet,
    quiet_chunks_async,
    storage_arguments,
    transport_failure,
)
from extend_provider.client.patience import heed_patience
from extend_provider.client.settings import ClientSettings
from extend_provider.client.waiting import Wait, wait_for_run
from extend_provider.kinds import EDIT, run_kind
from extend_provider.models import BatchRun, EditRun, EditTemplate, File, Run

__all__ = ["CONNECTIONS", "AsyncExtendClient"]

T = TypeVar("T")
R = TypeVar("R", Run, File, EditTemplate)

# httpx goes through all connections for each request, so that a few carry a triggerer's requests faster than many. It
# makes them as they are needed: only where answers do not come, they become many, so that others are answered.
CONNECTIONS = 24


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
        self._base_url = checked_base_url(settings.base_url)
        self._transport = transport
        self._direct = transport or direct_transport(settings, CONNECTIONS)
        self._client = None if self._direct else self._make_client()
        self.is_closed = False

    def _make_client(self) -> httpx.AsyncClient:
        client = httpx.AsyncClient(**client_options(self.settings, CONNECTIONS), transport=self._transport)
        heed_patience(client)
        return client

    @property
    def _http(self) -> httpx.AsyncClient:
        """What follows redirects of downloads, and knows proxies. Made late: a triggerer may need neither."""
        if self._client is None:
            self._client = self._make_client()
        return self._client

    async def __aenter__(self) -> AsyncExtendClient:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        self.is_closed = True
        if self._client:
            await self._client.aclose()
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

    async def run_sync(self, kind: str, body: Mapping[str, Any]) -> Run:
        """Create a run and get its result in one request, for testing: see :meth:`ExtendClient.run_sync`."""
        return await self._run(calls.run_sync(self._core, run_kind(kind), body))

    async def create_batch(self, kind: str, body: Mapping[str, Any]) -> BatchRun:
        """Start many runs with one request: see :meth:`ExtendClient.create_batch`."""
        return await self._run(calls.create_batch(self._core, run_kind(kind), body))

    async def get_batch(self, batch_id: str) -> BatchRun:
        """Look at a batch: see :meth:`ExtendClient.get_batch`."""
        return await self._run(calls.get_batch(self._core, batch_id))

    async def get_run(
        self, run_id: str, kind: str = "edit", *, whole: bool = False, retry_for: float | None = None
    ) -> Run:
        """Look at a run: see :meth:`ExtendClient.get_run`."""
        return await self._run(calls.get_run(self._core, run_kind(kind), run_id, whole=whole, retry_for=retry_for))

    async def list_runs(self, kind: str = "edit", **filters: str | int | bool | None) -> AsyncIterator[Run]:
        """Iterate over runs: see :meth:`ExtendClient.list_runs`."""
        async for run in self._items(calls.list_runs(self._core, run_kind(kind), filters)):
            yield run

    async def delete_run(self, run_id: str, kind: str = "edit", *, missing_ok: bool = False) -> bool:
        """Delete a run for good: see :meth:`ExtendClient.delete_run`."""
        return await self._run(calls.delete_run(self._core, run_kind(kind), run_id, missing_ok=missing_ok))

    async def cancel_run(self, run_id: str, kind: str) -> Run:
        """Stop a run: see :meth:`ExtendClient.cancel_run`."""
        return await self._run(calls.cancel_run(self._core, run_kind(kind), run_id))

    async def end_run(self, run_id: str, kind: str, *, cancel: bool, delete: bool) -> str:
        """End a run that nobody waits for any more: see :meth:`ExtendClient.end_run`."""
        return await self._run(end_run(self._core, run_kind(kind), run_id, cancel=cancel, delete=delete))

    async def wait_for_run(self, wait: Wait) -> Run:
        """Wait until a run has ended: see :meth:`ExtendClient.wait_for_run`."""
        return await self._run(wait_for_run(self._core, wait))

    # -- templates ----------------------------------------------------------------------------------------------------

    async def get_edit_template(self, template_id: str) -> EditTemplate:
        """Look at a saved edit template: see :meth:`ExtendClient.get_edit_template`."""
        return await self._run(calls.get_edit_template(self._core, template_id))

    async def list_edit_templates(self, **filters: str | int | bool | None) -> AsyncIterator[EditTemplate]:
        """Iterate over saved edit templates: see :meth:`ExtendClient.list_edit_templates`."""
        async for template in self._items(calls.list_edit_templates(self._core, filters)):
            yield template

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
        # Who stops reading must not leave a connection open until the garbage is collected.
        async with aclosing(self._download(download_of_file(self._core, file_id))) as chunks:
            async for chunk in chunks:
                yield chunk

    async def iter_output(self, run_id: str, kind: str) -> AsyncIterator[bytes]:
        """Read all of a run's output: see :meth:`ExtendClient.iter_output`."""
        run = await self.get_run(run_id, kind)
        if run.output_url:
            async with aclosing(self._download(download_of_output(self._core, run_kind(kind), run))) as chunks:
                async for chunk in chunks:
                    yield chunk
        else:
            yield json.dumps(run.whole_output, ensure_ascii=False).encode()

    # -- driving flows ------------------------------------------------------------------------------------------------

    async def _download(self, download: Download) -> AsyncGenerator[bytes, None]:
        while not download.done:
            url = await self._run(download.locate())
            try:
                request = self._http.build_request(**storage_arguments(url, download.headers(), self.settings))
                with quiet():
                    response = await self._http.send(request, stream=True)
                try:
                    if download.accept(response.status_code, response.headers):
                        assert isinstance(response.stream, httpx.AsyncByteStream)
                        async with aclosing(quiet_chunks_async(response.stream)) as chunks:
                            async for chunk in chunks:
                                for new in download.take(chunk):
                                    yield new
                        download.finish()
                finally:
                    with quiet():
                        await response.aclose()
            except (*TRANSPORT_ERRORS, TransportFailure) as error:
                download.interrupted(transport_failure(error))

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
            with quiet():
                answer = await self._open(request)
                try:
                    # Not httpx's own way of reading, which knows no bounds for what a chunk decompresses to.
                    assert isinstance(answer.stream, httpx.AsyncByteStream)
                    body = BoundedBody(self.settings, answer)
                    async for chunk in answer.stream:
                        if not body.add(chunk):
                            break
                finally:
                    await answer.aclose()
        except TRANSPORT_ERRORS as error:
            raise transport_failure(error) from None
        return body.response()

    async def _open(self, request: Request) -> httpx.Response:
        if self._direct:
            return await self._direct.handle_async_request(direct_request(self.settings, self._base_url, request))
        return await self._http.send(self._http.build_request(**api_arguments(self.settings, request)), stream=True)
