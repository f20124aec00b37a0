"""
The record of each kind of run: what all have in common stands in :mod:`extend_provider.models`.

A record keeps the result as the API sent it, and tells the few facts of it that may be stored.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import Field, ValidationError

from extend_provider.kinds import CLASSIFY, EDIT, EXTRACT, FORM_DETECTION, PARSE, SPLIT, WORKFLOW, RunKind
from extend_provider.models import EditRun, File, Id, Record, Run, Tolerant, finite
from extend_provider.redaction import VALUE_KEY, without_keys

__all__ = [
    "ClassifyRun",
    "DocumentRun",
    "ExtractRun",
    "FormDetectionRun",
    "ParseRun",
    "Split",
    "SplitRun",
    "WorkflowRun",
    "run_model",
]

_R = TypeVar("_R", bound=Record)

_PRESIGNED = frozenset({"presignedUrl", "outputUrl", "imageUrl"})


class DocumentRun(Run):
    """A run that reads documents."""

    files: Tolerant[list[File]] = None
    output: Tolerant[dict[str, Any]] = Field(default=None, repr=False)

    @property
    def input_files(self) -> list[File]:
        return self.files or super().input_files

    @property
    def page_count(self) -> float | None:
        if self.metrics and self.metrics.page_count is not None:
            return self.metrics.page_count
        counts = [file.metadata.page_count for file in self.input_files if file.metadata]
        return sum(count for count in counts if count is not None) if any(counts) else None

    @property
    def whole_output(self) -> Any:
        return finite(without_keys(self.output, _PRESIGNED))


class ParseRun(DocumentRun):
    """A run that turns a document into text and layout."""

    presigned: Tolerant[str] = Field(default=None, repr=False, alias="outputUrl")

    @property
    def output_url(self) -> str | None:
        return self.presigned


class ExtractRun(DocumentRun):
    """A run that reads values from documents."""

    @property
    def facts(self) -> dict[str, Any]:
        output = self.output or {}
        # Old runs give the fields without the frame.
        value = output.get("value", output)
        return {"extracted_fields": list(value) if isinstance(value, dict) else []}


class ClassifyRun(DocumentRun):
    """A run that tells what type of document a file is."""

    @property
    def facts(self) -> dict[str, Any]:
        found = next(_valid(_Classification, [self.output]), _Classification())
        return {"classification": found.type, "confidence": found.confidence}


class _Classification(Record):
    type: Tolerant[str] = None
    confidence: Tolerant[float] = None


class Split(Record):
    """A part of a document, which is a file of its own."""

    type: Tolerant[str] = None
    start_page: Tolerant[int] = None
    end_page: Tolerant[int] = None
    file_id: Tolerant[Id] = None


class SplitRun(DocumentRun):
    """A run that cuts a file into its documents."""

    @property
    def splits(self) -> list[Split]:
        """The documents, in the order of the file."""
        return list(_valid(Split, (self.output or {}).get("splits")))

    @property
    def output_file_ids(self) -> list[str]:
        return [split.file_id for split in self.splits if split.file_id]

    @property
    def facts(self) -> dict[str, Any]:
        return {"splits": [split.model_dump(include=set(Split.model_fields)) for split in self.splits]}


class _StepRun(Record):
    step_type: Tolerant[str] = None
    status: Tolerant[str] = None
    result: Tolerant[dict[str, Any]] = Field(default=None, repr=False)

    @property
    def run(self) -> tuple[str, dict[str, Any]] | None:
        """The name and the body of the run that the step has made, if it has made one."""
        found = ((name, run) for name, run in (self.result or {}).items() if name.endswith("Run"))
        return next(((name, run) for name, run in found if isinstance(run, dict)), None)


class WorkflowRun(DocumentRun):
    """A run of several steps, at whose end a human may have to look."""

    step_runs: Tolerant[list[Any]] = Field(default=None, repr=False)
    rejection_note: Tolerant[str] = Field(default=None, repr=False)

    @property
    def output_file_ids(self) -> list[str]:
        found = [step.run[1] for step in _valid(_StepRun, self.step_runs) if step.run and step.run[0] == "splitRun"]
        return [file_id for run in _valid(SplitRun, found) for file_id in run.output_file_ids]

    @property
    def facts(self) -> dict[str, Any]:
        steps = _valid(_StepRun, self.step_runs)
        return {"steps": [{"type": one.step_type, "status": one.status, "run_id": _id_of(one)} for one in steps]}

    @property
    def whole_output(self) -> Any:
        return finite({"stepRuns": without_keys(self.step_runs or [], _PRESIGNED)})


def _id_of(step: _StepRun) -> str | None:
    run = next(_valid(Run, [step.run[1]]), None) if step.run else None
    return run.id if run else None


class FormDetectionRun(DocumentRun):
    """A run that finds the fields of a PDF form."""

    @property
    def facts(self) -> dict[str, Any]:
        return {"schema": without_keys((self.output or {}).get("schema"), frozenset({VALUE_KEY}))}


_MODELS: dict[str, type[Run]] = {
    EDIT.name: EditRun,
    PARSE.name: ParseRun,
    EXTRACT.name: ExtractRun,
    CLASSIFY.name: ClassifyRun,
    SPLIT.name: SplitRun,
    WORKFLOW.name: WorkflowRun,
    FORM_DETECTION.name: FormDetectionRun,
}


def run_model(kind: RunKind) -> type[Run]:
    """Return the record class of a kind of run."""
    return _MODELS[kind.name]


def _valid(model: type[_R], items: Any) -> Iterator[_R]:
    """Those of the items that can be read: a paid result must not be lost over a part of it."""
    found = (_read(model, item) for item in (items if isinstance(items, list) else []))
    return (one for one in found if one)


def _read(model: type[_R], item: Any) -> _R | None:
    try:
        return model.model_validate(item)
    except ValidationError:
        return None
