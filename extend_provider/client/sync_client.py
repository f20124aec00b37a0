"""The client that blocks: for workers and scripts. The twin of ``async_client``, with the docs of both."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import IO, Any

from extend_provider.client import calls
from extend_provider.client.download import download_of_file, download_of_output
from extend_provider.client.ending import end_run
from extend_provider.client.sync_shell import SyncShell
from extend_provider.client.waiting import Wait, wait_for_run
from extend_provider.kinds import EDIT, run_kind
from extend_provider.models import BatchRun, EditRun, EditTemplate, File, Run

__all__ = ["ExtendClient"]


class ExtendClient(SyncShell):
    """
    Extend's API for blocking code. Use :class:`~extend_provider.client.AsyncExtendClient` on an event loop.

    Safe to use from several threads. Close it, or use it as a context manager.

    :param settings: where Extend is and who is asking.
    :param transport: replaces the network, for tests.
    :param core: replaces clocks and pace, for tests.
    :raises ExtendConfigurationError: the base URL, the proxy or the CA bundle cannot work.
    """

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

    def run_sync(self, kind: str, body: Mapping[str, Any]) -> Run:
        """
        Create a run and get its result in one request. For testing only, says Extend: after five minutes the request
        fails, and its run is lost. The settings' ``read_timeout`` must be as long as the run may take.

        Wraps ``POST /edit``, ``/parse``, ``/extract``, ``/classify``, ``/split`` and ``/detect_form``.

        :param kind: kind of run; workflow runs have no such endpoint.
        :param body: JSON body, as for :meth:`create_run`.
        :return: the finished run.
        :raises ExtendConfigurationError: the kind has no such endpoint.
        :raises ExtendOutcomeUnknownError: the run may have been created; it was not sent again.
        :raises ExtendApiError: Extend refused, or the run failed; ``code`` is its failure reason then.
        """
        return self._run(calls.run_sync(self._core, run_kind(kind), body))

    def create_batch(self, kind: str, body: Mapping[str, Any]) -> BatchRun:
        """
        Start up to 1,000 runs with one request; Extend works on them behind single runs.

        Wraps ``POST /parse_runs/batch`` and its like.

        :param kind: kind of the runs: ``parse``, ``extract``, ``classify``, ``split`` or ``workflow``.
        :param body: JSON body: ``inputs``, a list of ``{"file": …, "metadata": …}``, and ``config``, ``extractor``,
            ``classifier``, ``splitter`` or ``workflow``.
        :return: the batch. Its runs: ``list_runs(kind, batchId=batch.id)``.
        :raises ExtendConfigurationError: runs of this kind have no batches.
        :raises ExtendOutcomeUnknownError: the runs may have been created; nothing was sent again.
        :raises ExtendApiError: Extend refused.
        """
        return self._run(calls.create_batch(self._core, run_kind(kind), body))

    def get_batch(self, batch_id: str) -> BatchRun:
        """
        Look at a batch. That it is processed does not tell that its runs are: list them by ``batchId``.

        Wraps ``GET /batch_runs/{id}``.

        :param batch_id: the batch; not one of workflow runs, which Extend does not show.
        :return: the batch with its status.
        :raises ExtendNotFoundError: there is no such batch here.
        """
        return self._run(calls.get_batch(self._core, batch_id))

    def get_run(self, run_id: str, kind: str = "edit", *, whole: bool = False, retry_for: float | None = None) -> Run:
        """
        Look at a run.

        :param run_id: the run.
        :param kind: its kind.
        :param whole: whether the result of a parse run comes along, which may be large; default false: only a link to
            it does. Runs of other kinds always come with their result.
        :param retry_for: seconds to keep trying through failures; default: the settings'.
        :return: the run; its output carries fresh presigned URLs.
        :raises ExtendNotFoundError: there is no such run here.
        """
        return self._run(calls.get_run(self._core, run_kind(kind), run_id, whole=whole, retry_for=retry_for))

    def list_runs(self, kind: str = "edit", **filters: str | int | bool | None) -> Iterator[Run]:
        """
        Iterate over runs, page by page as far as you read.

        :param kind: kind of run.
        :param filters: query parameters as the API spells them: ``fileNameContains``, ``sortBy``, ``maxPageSize`` …
        :return: list items: no config and no output, but ``created_at`` and ``updated_at``.
        :raises ExtendConfigurationError: runs of this kind cannot be listed, as form detection runs.
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

    def cancel_run(self, run_id: str, kind: str) -> Run:
        """
        Stop a run. It may end all the same, when it was about to.

        :param run_id: the run.
        :param kind: its kind.
        :return: the run as it is now.
        :raises ExtendConfigurationError: runs of this kind cannot be cancelled, as edit runs.
        :raises ExtendInvalidRequestError: it has ended already.
        """
        return self._run(calls.cancel_run(self._core, run_kind(kind), run_id))

    def end_run(self, run_id: str, kind: str, *, cancel: bool, delete: bool) -> str:
        """
        End a run that nobody waits for any more; one that has ended keeps its result.

        :param run_id: the run.
        :param kind: its kind.
        :param cancel: whether to cancel it, where its kind allows that.
        :param delete: whether to delete it.
        :return: what became of it, as the rest of a sentence about the run.
        """
        return self._run(end_run(self._core, run_kind(kind), run_id, cancel=cancel, delete=delete))

    def wait_for_run(self, wait: Wait) -> Run:
        """
        Block until a run has ended.

        :param wait: which run, how often to look, and until when.
        :return: the finished run, successful or failed.
        :raises ExtendRunTimeoutError: it was still running at the deadline.
        :raises ExtendOutcomeUnknownError: at the deadline Extend did not answer.
        """
        return self._run(wait_for_run(self._core, wait))

    # -- templates ----------------------------------------------------------------------------------------------------

    def get_edit_template(self, template_id: str) -> EditTemplate:
        """
        Look at a saved edit template.

        Wraps ``GET /edit_templates/{id}``.

        :param template_id: the template (``edt_…``).
        :return: the template with its file and saved config.
        :raises ExtendNotFoundError: there is no such template here.
        """
        return self._run(calls.get_edit_template(self._core, template_id))

    def list_edit_templates(self, **filters: str | int | bool | None) -> Iterator[EditTemplate]:
        """
        Iterate over saved edit templates, page by page as far as you read.

        Wraps ``GET /edit_templates``.

        :param filters: query parameters as the API spells them: ``nameContains``, ``sortBy``, ``sortDir``,
            ``maxPageSize``.
        :return: list items: without their configs.
        """
        yield from self._items(calls.list_edit_templates(self._core, filters))

    # -- files --------------------------------------------------------------------------------------------------------

    def upload_file(
        self, stream: IO[bytes], name: str, *, password: str | None = None, convert_to_pdf: bool = False
    ) -> File:
        """
        Upload a file, in pieces. Where an answer is lost, it is sent again, which may leave a second copy at Extend.

        Wraps ``POST /files/upload``.

        :param stream: binary file, open for reading; sent from its start, where it can seek. One that cannot, such as
            a pipe, is sent once.
        :param name: file name to store; its ending tells the type.
        :param password: password of a locked PDF.
        :param convert_to_pdf: whether images and office documents are converted.
        :return: the stored file.
        :raises ExtendFileError: the stream could not be read.
        :raises ExtendApiError: Extend refused the request, or failed.
        :raises ExtendTransportError: no answer came; the file may have been stored all the same.
        :raises ExtendResponseError: the answer is not readable; the file may have been stored all the same.
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
        yield from self._download(download_of_file(self._core, file_id))

    def iter_output(self, run_id: str, kind: str) -> Iterator[bytes]:
        """
        Read all of a run's output as JSON, with the names of the API. That of a parse run comes in chunks, in constant
        memory; cut connections and expired URLs are mended on the way.

        :param run_id: the run, which has to have ended.
        :param kind: its kind.
        :return: UTF-8 text of one JSON value; ``null`` where there is no output.
        :raises ExtendFileError: the storage refused.
        :raises ExtendTransportError: the connection broke too often.
        """
        run = self.get_run(run_id, kind)
        if run.output_url:
            yield from self._download(download_of_output(self._core, run_kind(kind), run))
        else:
            yield json.dumps(run.whole_output, ensure_ascii=False).encode()
