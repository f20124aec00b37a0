"""Operator for workflow runs: Extend runs a deployed workflow over documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from extend_provider.arguments import json_object, required_text
from extend_provider.operators.documents import ExtendCreateDocumentRunOperator, json_list, reference

if TYPE_CHECKING:
    from extend_provider._compat import XComArg

__all__ = ["ExtendCreateWorkflowRunOperator"]


class ExtendCreateWorkflowRunOperator(ExtendCreateDocumentRunOperator):
    """
    Run a workflow over documents: create a workflow run and, unless told otherwise, wait for its end.

    ::

        process = ExtendCreateWorkflowRunOperator(
            task_id="process",
            file="s3://claims/{{ ds }}.pdf",
            workflow_id="workflow_…",
            on_review="wait",  # for a human, if the workflow wants one
            timeout=timedelta(days=2),
            deferrable=True,
        )

    Each step costs credits. A retry goes on with the run that an earlier try has created.

    Wraps `POST /workflow_runs
    <https://docs.extend.ai/2026-02-09/developers/api-reference/endpoints/workflow/create-workflow-run>`__.

    :param file: the document: a URL that Extend can reach, an Extend file id, a local path or ``ObjectStoragePath``
        URI, which is uploaded first, or ``{"text": …}``. Exactly one of ``file`` and ``files``.
    :param files: 2 to 50 documents of one package, each a URL, an Extend file id or a path; a list, JSON text of one,
        or the output of a mapped task.
    :param workflow_id: id of the workflow (``workflow_…``).
    :param workflow_version: its version: ``latest``, ``draft`` or a number; default: the deployed one.
    :param secrets: what the workflow's calls to other services need, by name; a dict, or JSON text. Shown nowhere.
    :param outputs: results that are known already: a list of ``{"processorId": …, "output": …}``, JSON text of one, or
        the output of a mapped task.
    :param on_review: what becomes of a run that a human has to look at (``NEEDS_REVIEW``): ``wait`` for the human
        (default), ``succeed`` with that status, ``skip`` the task or ``fail``.
    :param priority: 1 (first) to 100 (last), for when Extend's rate limits delay runs; default: Extend's.
    :param metadata: facts of your own that Extend keeps with the run, up to 10 KB; a dict, or JSON text.
    :param include_output: whether ``return_value`` also holds ``output``, the steps with their results; default false.
    :param result_path: local path or ``ObjectStoragePath`` URI to which ``output`` is written as JSON.

    More arguments: see :class:`~extend_provider.operators.base.ExtendCreateRunOperator`.

    :return: the run's id (``str``) when only submitting; else a dict of ``run_id``, ``status``, ``output_file_ids``
        (what its steps have split), ``steps`` (a list of ``type``, ``status`` and ``run_id``), ``credits``,
        ``page_count``. XCom ``run_id`` is there as soon as the run exists, ``output_file_ids`` when it has ended.
    :raises ExtendConfigurationError: the arguments or the connection cannot work; nothing was created.
    :raises ExtendFileError: a file cannot be read, or the result cannot be written.
    :raises ExtendOutcomeUnknownError: the run may have been created, or its end cannot be seen.
    :raises ExtendRunFailedError: Extend reports a failure, or somebody cancelled or rejected the run.
    :raises ExtendReviewNeededError: a human has to look at the run, and ``on_review`` is ``fail``.
    :raises ExtendRunTimeoutError: the run did not end within ``timeout``.
    :raises ExtendApiError: Extend refused a request.
    """

    kind = "workflow"
    template_fields: Sequence[str] = (
        "files",
        "workflow_id",
        "workflow_version",
        "secrets",
        "outputs",
        "on_review",
        "priority",
        *ExtendCreateDocumentRunOperator.template_fields,
    )

    def __init__(
        self,
        *,
        workflow_id: str | XComArg,
        workflow_version: str | None = None,
        files: Sequence[Any] | XComArg | None = None,
        secrets: Mapping[str, str] | str | XComArg | None = None,
        outputs: Sequence[Mapping[str, Any]] | XComArg | None = None,
        on_review: str = "wait",
        priority: int | str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.workflow_id = workflow_id
        self.workflow_version = workflow_version
        self.files = files
        self.secrets = secrets
        self.outputs = outputs
        self.on_review = on_review
        self.priority = priority

    def body(self) -> dict[str, Any]:
        """Check the arguments, and return the body without its files."""
        return {
            "workflow": reference(
                "workflow_id", required_text(self.workflow_id, "workflow_id"), self.workflow_version, None
            ),
            "secrets": json_object(self.rendered("secrets"), "secrets") or None,
            "outputs": json_list(self.rendered("outputs"), "outputs") or None,
        }
