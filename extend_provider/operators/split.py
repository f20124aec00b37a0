"""Operator for split runs: Extend cuts a file into its documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from extend_provider.operators.documents import ExtendCreateProcessorRunOperator

if TYPE_CHECKING:
    from extend_provider._compat import XComArg

__all__ = ["ExtendCreateSplitRunOperator"]


class ExtendCreateSplitRunOperator(ExtendCreateProcessorRunOperator):
    """
    Cut a file into its documents: create a split run and, unless told otherwise, wait for its end.

    ::

        split = ExtendCreateSplitRunOperator(task_id="split", file="s3://inbox/{{ ds }}.pdf", splitter_id="spl_…")

        @task
        def invoices(result):
            return [part["file_id"] for part in result["splits"] if part["type"] == "invoice"]

        extract = ExtendCreateExtractRunOperator.partial(task_id="extract", extractor_id="ex_…").expand(
            file=invoices(split.output)
        )

    Each run costs credits. A retry goes on with the run that an earlier try has created.

    Wraps `POST /split_runs
    <https://docs.extend.ai/2026-02-09/developers/api-reference/endpoints/split/create-split-run>`__.

    :param file: the document: a URL that Extend can reach, an Extend file id, a local path or ``ObjectStoragePath``
        URI, which is uploaded first.
    :param splitter_id: id of a saved splitter (``spl_…``). This, ``config`` or both are needed.
    :param splitter_version: its version: ``latest``, ``draft`` or a number; default: what Extend takes for newest.
    :param config: the types of documents and how to tell them, with the names of the API: ``splitClassifications`` …; a
        dict, or JSON text. With ``splitter_id``, it replaces parts of the saved configuration.
    :param priority: 1 (first) to 100 (last), for when Extend's rate limits delay runs; default: Extend's, 50.
    :param metadata: facts of your own that Extend keeps with the run, up to 10 KB; a dict, or JSON text.
    :param include_output: whether ``return_value`` also holds ``output``; default false.
    :param result_path: local path or ``ObjectStoragePath`` URI to which ``output`` is written as JSON.

    More arguments: see :class:`~extend_provider.operators.base.ExtendCreateRunOperator`.

    :return: the run's id (``str``) when only submitting; else a dict of ``run_id``, ``status``, ``output_file_ids``
        (the documents), ``splits`` (a list of ``type``, ``start_page``, ``end_page`` and ``file_id``), ``credits``,
        ``page_count``. XCom ``run_id`` is there as soon as the run exists, ``output_file_ids`` when it has ended.
    :raises ExtendConfigurationError: the arguments or the connection cannot work; nothing was created.
    :raises ExtendFileError: ``file`` cannot be read, or the result cannot be written.
    :raises ExtendOutcomeUnknownError: the run may have been created, or its end cannot be seen.
    :raises ExtendRunFailedError: Extend reports a failure, with reason and remedy, or somebody cancelled the run.
    :raises ExtendRunTimeoutError: the run did not end within ``timeout``.
    :raises ExtendApiError: Extend refused a request.
    """

    kind = "split"
    role = "splitter"
    template_fields: Sequence[str] = (
        "splitter_id",
        "splitter_version",
        *ExtendCreateProcessorRunOperator.template_fields,
    )

    def __init__(
        self, *, splitter_id: str | XComArg | None = None, splitter_version: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.splitter_id = splitter_id
        self.splitter_version = splitter_version
