"""The shell that blocks: for workers and scripts."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
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
    quiet,
    storage_arguments,
    transport_failure,
)
from extend_provider.client.settings import ClientSettings
from extend_provider.client.waiting import Wait, wait_for_run
from extend_provider.kinds import EDIT, run_kind
from extend_provider.models import EditRun, File, Run

__all__ = ["ExtendClient"]

T = TypeVar("T")
R = TypeVar("R", Run, File)

_CONNECTIONS = 4


class ExtendClient:
    """
    Extend's API for blocking code. Use :class:`~extend_provider.client.AsyncExtendClient` on an event loop.

    Safe to use from several threads. Close it, or use it as a context manager.

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

    def __enter__(self) -> ExtendClient:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    # -- runs ---------------------------------------------------------------------------------------------------------

    def create_edit_run(
        self,
        *,
        file: Mapping[str, Any] | None = None,
        template_id: str | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> EditRun:
        """
        Start an edit run. It costs credits, and is sent again only when Extend cannot have received it.

        Wraps `POST /edit_runs
        <https://docs.extend.ai/2026-02-09/developers/api-reference/endpoints/edit/create-edit-run>`__.

        :param file: ``{"url": …}`` or ``{"id": …}``; exactly one of ``file`` and ``template_id``.
        :param template_id: a saved template, whose file and config are the ground.
        :param config: schema, instructions and options, with the names of the API.
        :return: the run, normally ``PROCESSING``.
        :raises ExtendConfigurationError: the arguments cannot work, for example a date in ``config``; nothing was sent.
        :raises ExtendOutcomeUnknownError: the run may have been created; it was not sent again.
        :raises ExtendApiError: Extend refused.
        """
        run = self.create_run(EDIT.name, calls.edit_run_body(file=file, template_id=template_id, config=config))
        assert isinstance(run, EditRun)
        return run

    def create_run(self, kind: str, body: Mapping[str, Any]) -> Run:
        """
        Start a run of any kind from a body as the API describes it.

        :param kind: kind of run, for example ``edit``.
        :param body: JSON body.
        :return: the run.
        :raises ExtendOutcomeUnknownError: the run may have been created; it was not sent again.
        :raises ExtendApiError: Extend refused.
        """
        return self._run(calls.create_run(self._core, run_kind(kind), body))

    def get_run(self, run_id: str, kind: str = "edit", *, retry_for: float | None = None) -> Run:
        """
        Look at a run.

        :param run_id: the run.
        :param kind: its kind.
        :param retry_for: seconds to keep trying through failures; default: the settings'.
        :return: the run; its output carries fresh presigned URLs.
        :raises ExtendNotFoundError: there is no such run here.
        """
        return self._run(calls.get_run(self._core, run_kind(kind), run_id, retry_for=retry_for))

    def list_runs(self, kind: str = "edit", **filters: str | int | bool | None) -> Iterator[Run]:
        """
        Iterate over runs, page by page as far as you read.

        :param kind: kind of run.
        :param filters: query parameters as the API spells them: ``fileNameContains``, ``sortBy``, ``maxPageSize`` …
        :return: list items: no config and no output, but ``created_at`` and ``updated_at``.
        """
        yield from self._items(calls.list_runs(self._core, run_kind(kind), filters))

    def delete_run(self, run_id: str, kind: str = "edit", *, missing_ok: bool = False) -> bool:
        """
        Delete a run and its data, for good.

        :param run_id: the run.
        :param kind: its kind.
        :param missing_ok: whether a run that is already gone is fine.
        :return: whether there was a run to delete.
        :raises ExtendNotFoundError: there is no such run, and ``missing_ok`` is off.
        """
        return self._run(calls.delete_run(self._core, run_kind(kind), run_id, missing_ok=missing_ok))

    def wait_for_run(self, wait: Wait) -> Run:
        """
        Block until a run has ended.

        :param wait: which run, how often to look, and until when.
        :return: the finished run, successful or failed.
        :raises ExtendRunTimeoutError: it was still running at the deadline.
        :raises ExtendOutcomeUnknownError: at the deadline Extend did not answer.
        """
        return self._run(wait_for_run(self._core, wait))

    # -- files --------------------------------------------------------------------------------------------------------

    def upload_file(
        self, stream: IO[bytes], name: str, *, password: str | None = None, convert_to_pdf: bool = False
    ) -> File:
        """
        Upload a file, in pieces.

        Wraps ``POST /files/upload``.

        :param stream: binary file, open for reading; sent from its start, where it can seek.
        :param name: file name to store; its ending tells the type.
        :param password: password of a locked PDF.
        :param convert_to_pdf: whether images and office documents are converted.
        :return: the stored file.
        :raises ExtendFileError: the stream could not be read.
        :raises ExtendOutcomeUnknownError: the file may have been stored; it was not sent again.
        """
        return self._run(calls.upload_file(self._core, stream, name, password=password, convert_to_pdf=convert_to_pdf))

    def get_file(self, file_id: str) -> File:
        """
        Look at a file.

        :param file_id: the file.
        :return: the file with a presigned URL, valid for 15 minutes.
        :raises ExtendNotFoundError: there is no such file here.
        """
        return self._run(calls.get_file(self._core, file_id))

    def list_files(self, **filters: str | int | bool | None) -> Iterator[File]:
        """
        Iterate over files, page by page as far as you read.

        :param filters: query parameters as the API spells them: ``nameContains``, ``sortDir``, ``maxPageSize``.
        """
        yield from self._items(calls.list_files(self._core, filters))

    def delete_file(self, file_id: str, *, missing_ok: bool = False) -> bool:
        """
        Delete a file, for good.

        :param file_id: the file.
        :param missing_ok: whether a file that is already gone is fine.
        :return: whether there was a file to delete.
        :raises ExtendNotFoundError: there is no such file, and ``missing_ok`` is off.
        """
        return self._run(calls.delete_file(self._core, file_id, missing_ok=missing_ok))

    def iter_file(self, file_id: str) -> Iterator[bytes]:
        """
        Read a file in chunks, in constant memory. Cut connections and expired URLs are mended on the way.

        :param file_id: the file.
        :return: its bytes.
        :raises ExtendFileError: the storage refused.
        :raises ExtendTransportError: the connection broke too often.
        """
        download = Download(self._core, file_id)
        while not download.done:
            url = self._run(download.locate())
            try:
                request = self._http.build_request(**storage_arguments(url, download.headers(), self.settings))
                with quiet():
                    # The request carries no key, so following a redirect of the storage gives nothing away.
                    response = self._http.send(request, stream=True, follow_redirects=True)
                try:
                    if download.accept(response.status_code, response.headers):
                        for chunk in response.iter_bytes():
                            if new := download.take(chunk):
                                yield new
                        download.finish()
                finally:
                    response.close()
            except TRANSPORT_ERRORS as error:
                download.interrupted(transport_failure(error))

    # -- driving flows ------------------------------------------------------------------------------------------------

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
                body = BoundedBody(self.settings.max_body_bytes)
                for chunk in answer.iter_bytes():
                    if not body.add(chunk):
                        break
            finally:
                answer.close()
        except TRANSPORT_ERRORS as error:
            raise transport_failure(error) from None
        return body.response(answer)
