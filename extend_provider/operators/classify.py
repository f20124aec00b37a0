"""Operator for classify runs: Extend tells what type of document a file is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from extend_provider.operators.documents import ExtendCreateProcessorRunOperator

if TYPE_CHECKING:
    from extend_provider._compat import XComArg

__all__ = ["ExtendCreateClassifyRunOperator"]


class ExtendCreateClassifyRunOperator(ExtendCreateProcessorRunOperator):
    """
    Tell the type of a document: create a classify run and, unless told otherwise, wait for its end.

    ::

        classify = ExtendCreateClassifyRunOperator(task_id="classify", file="{{ params.file }}", classifier_id="cl_…")
        choose = BranchPythonOperator(
            task_id="choose", python_callable=lambda result: result["classification"], op_args=[classify.output]
        )

    Each run costs credits. A retry goes on with the run that an earlier try has created.

    Wraps `POST /classify_runs
    <https://docs.extend.ai/2026-02-09/developers/api-reference/endpoints/classify/create-classify-run>`__.

    :param file: the document: a URL that Extend can reach, an Extend file id, a local path or ``ObjectStoragePath``
        URI, which is uploaded first, or ``{"text": …}``.
    :param classifier_id: id of a saved classifier (``cl_…``). This, ``config`` or both are needed.
    :param classifier_version: its version: ``latest``, ``draft`` or a number; default: what Extend takes for newest.
    :param config: the types and how to tell them, with the names of the API: ``classifications`` …; a dict, or JSON
        text. With ``classifier_id``, it replaces parts of the saved configuration.
    :param priority: 1 (first) to 100 (last), for when Extend's rate limits delay runs; default: Extend's, 50.
    :param metadata: facts of your own that Extend keeps with the run, up to 10 KB; a dict, or JSON text.
    :param include_output: whether ``return_value`` also holds ``output``; default false.
    :param result_path: local path or ``ObjectStoragePath`` URI to which ``output`` is written as JSON.

    More arguments: see :class:`~extend_provider.operators.base.ExtendCreateRunOperator`.

    :return: the run's id (``str``) when only submitting; else a dict of ``run_id``, ``status``, ``output_file_ids``
        (empty), ``classification`` (the type), ``confidence`` (0 to 1), ``credits``, ``page_count``. XCom ``run_id`` is
        there as soon as the run exists.
    :raises ExtendConfigurationError: the arguments or the connection cannot work; nothing was created.
    :raises ExtendFileError: ``file`` cannot be read, or the result cannot be written.
    :raises ExtendOutcomeUnknownError: the run may have been created, or its end cannot be seen.
    :raises ExtendRunFailedError: Extend reports a failure, with reason and remedy, or somebody cancelled the run.
    :raises ExtendRunTimeoutError: the run did not end within ``timeout``.
    :raises ExtendApiError: Extend refused a request.
    """

    kind = "classify"
    role = "classifier"
    template_fields: Sequence[str] = (
        "classifier_id",
        "classifier_version",
        *ExtendCreateProcessorRunOperator.template_fields,
    )

    def __init__(
        self, *, classifier_id: str | XComArg | None = None, classifier_version: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.classifier_id = classifier_id
        self.classifier_version = classifier_version
