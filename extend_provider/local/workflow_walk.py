"""Doing the steps of a workflow, in a thread."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from extend_provider.local.classify_runs import CLASSIFY
from extend_provider.local.errors import RunFailure
from extend_provider.local.extract_runs import EXTRACT
from extend_provider.local.parse_runs import PARSE
from extend_provider.local.run_kind import Document, Step
from extend_provider.local.split_runs import SPLIT
from extend_provider.local.workflow_config import HUMAN_REVIEW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extend_provider.local.run_kind import Job, Outcome, RunKind

_KINDS: dict[str, RunKind] = {"PARSE": PARSE, "EXTRACT": EXTRACT, "CLASSIFY": CLASSIFY, "SPLIT": SPLIT}


class StepFailedError(Exception):
    """A step has failed, so the workflow ends here."""


class WorkflowWalk:
    """
    Takes documents through the steps of a workflow.

    :param job: the workflow run's job; its configuration holds resolved ``steps`` and given ``outputs``.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._steps = {step["name"]: step for step in job.config["steps"]}
        self._given = {item["processorId"]: item["output"] for item in job.config["outputs"]}
        self.done: list[Step] = []
        self.pages = 0
        self.needs_review = False

    def walk(self) -> None:
        """:raises StepFailedError: a step has failed; it is the last one of ``done``."""
        self._go(self._job.config["steps"][0], self._job.documents)

    def _go(self, step: dict[str, Any], documents: Sequence[Document]) -> None:
        labelled: list[tuple[Document, str | None]] = [(document, None) for document in documents]
        if step["type"] == HUMAN_REVIEW:
            self.needs_review = True
        elif step["type"] in _KINDS:
            together = step["type"] == "EXTRACT" and self._job.config["together"]
            groups = [tuple(documents)] if together else [(document,) for document in documents]
            results = [(group, self._run(step, group)) for group in groups]
            labelled = [pair for group, outcome in results for pair in _after(step["type"], group, outcome)]
        for entry in step["next"]:
            wanted = entry.get("classificationId")
            following = [document for document, label in labelled if wanted in (None, label)]
            if following:
                self._go(self._steps[entry["step"]], following)

    def _run(self, step: dict[str, Any], documents: tuple[Document, ...]) -> Outcome:
        kind = _KINDS[step["type"]]
        job = replace(self._job, documents=documents, config=step["config"], credits_per_page=kind.credits_per_page)
        done = Step(
            name=step["name"],
            type=step["type"],
            kind=kind,
            file_ids=tuple(document.id for document in documents),
            config=step["config"],
            processor=step["processor"],
        )
        try:
            outcome = kind.process(job)
        except RunFailure as problem:
            reason = kind.reasons.get(problem.reason, problem.reason)
            self.done.append(replace(done, failure=(reason, problem.message)))
            raise StepFailedError from problem
        given = self._given.get(step["processor"] or "")
        outcome = outcome if given is None else replace(outcome, output=given)
        self.done.append(replace(done, outcome=outcome))
        self.pages += outcome.pages
        return outcome


def _after(kind: str, documents: tuple[Document, ...], outcome: Outcome) -> list[tuple[Document, str | None]]:
    """The documents that a step passes on, with their classes."""
    if kind == "SPLIT":
        labels = {item["fileId"]: item["classificationId"] for item in outcome.output["splits"]}
        return [(Document(part.id, part.name, part.type, part.data), labels.get(part.id)) for part in outcome.parts]
    label = outcome.output.get("id") if kind == "CLASSIFY" else None
    return [(document, label) for document in documents]
