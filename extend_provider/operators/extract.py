"""Operator for extract runs: Extend reads values from documents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from extend_provider.operators.documents import ExtendCreateProcessorRunOperator

if TYPE_CHECKING:
    from extend_provider._compat import XComArg

__all__ = ["ExtendCreateExtractRunOperator"]


class ExtendCreateExtractRunOperator(ExtendCreateProcessorRunOperator):
    """
    Read values from a document: create an extract run and, unless told otherwise, wait for its end.

    ::

        extract = ExtendCreateExtractRunOperator(
            task_id="extract",
            file="s3://invoices/{{ ds }}.pdf",
            extractor_id="ex_…",
            result_path="s3://extracted/{{ ds }}.json",
            deferrable=True,
        )

    The values may be personal data, so XCom holds their names only: have them written to a file, or ask for them with
    ``include_output``. Each run costs credits. A retry goes on with the run that an earlier try has created.

    Wraps `POST /extract_runs
    <https://docs.extend.ai/2026-02-09/developers/api-reference/endpoints/extract/create-extract-run>`__.

    :param file: the document: a URL that Extend can reach, an Extend file id, a local path or ``ObjectStoragePath``
        URI, which is uploaded first, or ``{"text": …}``. Exactly one of ``file`` and ``files``.
    :param files: several documents that are read as one, each a URL, an Extend file id or a path; a list, JSON text of
        one, or the output of a mapped task.
    :param extractor_id: id of a saved extractor (``ex_…``). Without it and without ``config``, Extend infers what there
        is to read.
    :param extractor_version: its version: ``latest``, ``draft`` or a number; default: what Extend takes for newest.
    :param config: what to read and how, with the names of the API: ``schema``, ``baseProcessor`` …; a dict, or JSON
        text. With ``extractor_id``, it replaces parts of the saved configuration.
    :param priority: 1 (first) to 100 (last), for when Extend's rate limits delay runs; default: Extend's, 50.
    :param metadata: facts of your own that Extend keeps with the run, up to 10 KB; a dict, or JSON text.
    :param include_output: whether ``return_value`` also holds ``output``; default false.
    :param result_path: local path or ``ObjectStoragePath`` URI to which ``output`` is written as JSON.

    More arguments: see :class:`~extend_provider.operators.base.ExtendCreateRunOperator`.

    :return: the run's id (``str``) when only submitting; else a dict of ``run_id``, ``status``, ``output_file_ids``
        (empty), ``extracted_fields`` (names), ``credits``, ``page_count``. XCom ``run_id`` is there as soon as the run
        exists.
    :raises ExtendConfigurationError: the arguments or the connection cannot work; nothing was created.
    :raises ExtendFileError: a file cannot be read, or the result cannot be written.
    :raises ExtendOutcomeUnknownError: the run may have been created, or its end cannot be seen.
    :raises ExtendRunFailedError: Extend reports a failure, with reason and remedy, or somebody cancelled the run.
    :raises ExtendRunTimeoutError: the run did not end within ``timeout``.
    :raises ExtendApiError: Extend refused a request.
    """

    kind = "extract"
    role = "extractor"
    can_infer = True
    template_fields: Sequence[str] = (
        "files",
        "extractor_id",
        "extractor_version",
        *ExtendCreateProcessorRunOperator.template_fields,
    )

    def __init__(
        self,
        *,
        files: Sequence[Any] | XComArg | None = None,
        extractor_id: str | XComArg | None = None,
        extractor_version: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.files = files
        self.extractor_id = extractor_id
        self.extractor_version = extractor_version
