"""Wire forms of runs: where each key comes from. Which keys a kind has, its description says."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from extend_provider.local.records import NEEDS_REVIEW, PENDING, UNFINISHED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from extend_provider.local.presign import Links
    from extend_provider.local.records import ProcessorRecord, RunInput, RunRecord
    from extend_provider.local.run_kind import RunKind
    from extend_provider.local.store import Store

DASHBOARD = "https://dashboard.extend.ai"
OUTPUT_NAME = "output.json"


class RunViews:
    """
    Makes the wire forms for one answer.

    :param store: files, processors and the runs of workflow steps.
    :param links: makes presigned URLs.
    :param kinds: the kinds of run by name.
    :param output_as_url: moves large outputs to ``outputUrl``.
    """

    def __init__(
        self, store: Store, links: Links, kinds: Mapping[str, RunKind], *, output_as_url: bool = False
    ) -> None:
        self.store = store
        self.links = links
        self.kinds = kinds
        self.output_as_url = output_as_url

    def full(self, run: RunRecord) -> dict[str, Any]:
        """:return: what a get answers."""
        return self._render(run, self.kinds[run.kind].fields)

    def summary(self, run: RunRecord) -> dict[str, Any]:
        """:return: what a list holds."""
        return self._render(run, self.kinds[run.kind].summary_fields)

    def event(self, run: RunRecord) -> dict[str, Any]:
        """:return: what a webhook carries."""
        kind = self.kinds[run.kind]
        if not kind.event_fields:
            return self.full(run)
        return {**self._render(run, kind.event_fields), "object": f"{kind.wire_object}_status"}

    def file(self, item: RunInput) -> dict[str, Any] | None:
        """:return: summary of an input; None when it has been deleted."""
        file = self.store.files.get(item.file_id)
        return None if file is None else file.summary()

    def output(self, run: RunRecord) -> dict[str, Any] | None:
        """:return: the output with fresh URLs."""
        if run.large_output:
            return None if self.output_as_url else json.loads(self.store.blob(run.id).read_bytes())
        if run.output is None:
            return None
        files = {}
        for key, file_id in run.output_files.items():
            file = self.store.files.get(file_id)
            files[key] = {"id": file_id, "presignedUrl": self.links.url(file_id, file.name if file else file_id)}
        return {**files, **run.output}

    def _render(self, run: RunRecord, keys: tuple[str, ...]) -> dict[str, Any]:
        body: dict[str, Any] = {"object": self.kinds[run.kind].wire_object, "id": run.id}
        for key in keys:
            name, _, source = key.partition("=")
            body[name] = _SOURCES[source or name](run, self)
        return body


def _output_url(run: RunRecord, views: RunViews) -> str | None:
    return views.links.url(run.id, OUTPUT_NAME) if run.large_output and views.output_as_url else None


def _only_file(run: RunRecord, views: RunViews) -> dict[str, Any] | None:
    return None if run.is_package else views.file(run.inputs[0])


def _any_file(run: RunRecord, views: RunViews) -> dict[str, Any] | None:
    """The input even when it has been deleted."""
    return None if run.is_package else _files(run, views)[0]


def _files(run: RunRecord, views: RunViews) -> list[dict[str, Any]]:
    return [views.file(item) or item.file for item in run.inputs]


def _usage_summary(run: RunRecord, _: RunViews) -> dict[str, Any] | None:
    return None if run.usage is None else {k: v for k, v in run.usage.items() if k != "breakdown"}


def _processor(run: RunRecord, views: RunViews) -> dict[str, Any] | None:
    record = views.store.processors.get(run.processor or "")
    return None if record is None else processor_summary(record)


def _version(run: RunRecord, views: RunViews) -> dict[str, Any] | None:
    record = views.store.processors.get(run.processor or "")
    return None if record is None else version_summary(record)


def processor_summary(record: ProcessorRecord) -> dict[str, Any]:
    """
    Make the wire form of an extractor, classifier, splitter or workflow.

    :param record: the processor.
    :return: its summary.
    """
    return {
        "object": record.role,
        "id": record.id,
        "name": record.name,
        "createdAt": record.created_at,
        "updatedAt": record.updated_at,
    }


def version_summary(record: ProcessorRecord) -> dict[str, Any]:
    """
    Make the wire form of a processor's only version.

    :param record: the processor.
    :return: its summary.
    """
    own = {"name": None} if record.role == "workflow" else {"description": None, f"{record.role}Id": record.id}
    return {
        "object": f"{record.role}_version",
        "id": record.version_id,
        "version": record.version,
        **own,
        "createdAt": record.created_at,
    }


def _step_runs(run: RunRecord, views: RunViews) -> list[dict[str, Any]]:
    return [_step_run(step, run, views) for step in run.details.get("steps", [])]


def _step_run(step: dict[str, Any], run: RunRecord, views: RunViews) -> dict[str, Any]:
    member = views.store.runs.get(step["runId"])
    files = [views.store.files.get(file_id) for file_id in step["fileIds"]]
    result = None if member is None else {f"{member.kind}Run": views.full(member)}
    return {
        "object": "workflow_step_run",
        "id": step["id"],
        "workflowRunId": run.id,
        "status": step["status"],
        "files": [file.summary() for file in files if file is not None],
        "stepType": step["type"],
        "step": {"object": "workflow_step", "id": step["stepId"], "name": step["name"], "type": step["type"]},
        "result": result,
    }


def _detail(key: str, default: Any = None) -> Callable[[RunRecord, RunViews], Any]:
    return lambda run, _: run.details.get(key, default)


# A key of a description is one of these, or "wire name=one of these".
_SOURCES: dict[str, Callable[[RunRecord, RunViews], Any]] = {
    "allFiles": _files,
    "anyFile": _any_file,
    "batchId": lambda run, _: run.batch_id,
    "classifier": _processor,
    "classifierVersion": _version,
    "config": lambda run, _: run.config,
    "createdAt": lambda run, _: run.created_at,
    "dashboardUrl": lambda run, _: f"{DASHBOARD}/runs/{run.id}",
    "edited": lambda *_: False,
    "edits": lambda *_: None,
    "endTime": lambda run, _: None if run.status in (*UNFINISHED, NEEDS_REVIEW) else run.updated_at,
    "extractor": _processor,
    "extractorVersion": _version,
    "failureMessage": lambda run, _: run.failure_message,
    "failureReason": lambda run, _: run.failure_reason,
    "file": _only_file,
    "files": lambda run, views: _files(run, views) if run.is_package else None,
    "initialOutput": lambda *_: None,
    "initialRunAt": lambda run, _: run.created_at,
    "metadata": lambda run, _: run.metadata,
    "metadataOrEmpty": lambda run, _: run.metadata or {},
    "metrics": lambda run, _: run.metrics,
    "output": lambda run, views: views.output(run),
    "outputUrl": _output_url,
    "parseRunId": lambda *_: None,
    "rejectionNote": _detail("rejectionNote"),
    "reviewed": _detail("reviewed", False),
    "reviewedAt": _detail("reviewedAt"),
    "reviewedByUser": _detail("reviewedByUser"),
    "reviewedOutput": lambda *_: None,
    "splitter": _processor,
    "splitterVersion": _version,
    "startTime": lambda run, _: None if run.status == PENDING else run.created_at,
    "status": lambda run, _: run.status,
    "stepRuns": _step_runs,
    "updatedAt": lambda run, _: run.updated_at,
    "usage": lambda run, _: run.usage,
    "usageWithoutBreakdown": _usage_summary,
    "workflow": _processor,
    "workflowVersion": _version,
}
