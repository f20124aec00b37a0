"""Operator for parse runs: Extend turns a document into text and layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from extend_provider.arguments import json_object
from extend_provider.operators.documents import ExtendCreateDocumentRunOperator

if TYPE_CHECKING:
    from extend_provider._compat import ObjectStoragePath, XComArg

__all__ = ["ExtendCreateParseRunOperator"]


class ExtendCreateParseRunOperator(ExtendCreateDocumentRunOperator):
    """
    Turn a document into text and layout: create a parse run and, unless told otherwise, wait for its end.

    ::

        parse = ExtendCreateParseRunOperator(
            task_id="parse",
            file="{{ ti.xcom_pull('fill', key='output_file_ids')[0] }}",
            markdown_path="s3://texts/{{ run_id }}.md",
            deferrable=True,
        )

    The text may have hundreds of megabytes, so XCom holds counts only: have it written to a file, or ask for it with
    ``include_output``. Each run costs credits. A retry goes on with the run that an earlier try has created.

    Wraps `POST /parse_runs
    <https://docs.extend.ai/2026-02-09/developers/api-reference/endpoints/parse/create-parse-run>`__.

    :param file: the document: a URL that Extend can reach, an Extend file id, or a local path or ``ObjectStoragePath``
        URI, which is uploaded first.
    :param config: how to parse, with the names of the API: ``target``, ``chunkingStrategy``, ``engine`` …; a dict, or
        JSON text.
    :param metadata: facts of your own that Extend keeps with the run, up to 10 KB; a dict, or JSON text.
    :param include_output: whether ``return_value`` also holds ``output``; default false. Fails for more than 64 MB.
    :param result_path: local path or ``ObjectStoragePath`` URI to which the whole result is written as JSON, in
        constant memory.
    :param markdown_path: local path or ``ObjectStoragePath`` URI to which the text is written, the chunks one after the
        other with an empty line between them, in constant memory.

    More arguments: see :class:`~extend_provider.operators.base.ExtendCreateRunOperator`.

    :return: the run's id (``str``) when only submitting; else a dict of ``run_id``, ``status``, ``output_file_ids``
        (empty), ``credits``, ``page_count``. XCom ``run_id`` is there as soon as the run exists.
    :raises ExtendConfigurationError: the arguments or the connection cannot work; nothing was created.
    :raises ExtendFileError: ``file`` cannot be read, or a result cannot be written.
    :raises ExtendOutcomeUnknownError: the run may have been created, or its end cannot be seen.
    :raises ExtendRunFailedError: Extend reports a failure, with reason and remedy, or somebody cancelled the run.
    :raises ExtendRunTimeoutError: the run did not end within ``timeout``.
    :raises ExtendApiError: Extend refused a request.
    """

    kind = "parse"
    # The API gives no dashboard URL for parse runs, and Airflow logs an error for each link that finds none.
    operator_extra_links = ()
    template_fields: Sequence[str] = ("config", "markdown_path", *ExtendCreateDocumentRunOperator.template_fields)

    def __init__(
        self,
        *,
        config: Mapping[str, Any] | str | XComArg | None = None,
        markdown_path: str | ObjectStoragePath | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.config = config
        self.markdown_path = markdown_path

    def body(self) -> dict[str, Any]:
        """Check the arguments, and return the body without its file."""
        return {"config": json_object(self.rendered("config"), "config")}
