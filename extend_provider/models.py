"""
What the API answers, as records.

They accept the minimal and the full shapes that the API documents and shows, keep fields that they do not know
(``model_extra``), and leave statuses, reasons and ids as plain strings. Facts that no decision depends on (metrics,
usage, dates) become ``None`` when they are malformed, because a paid result must not be lost over a wrong number.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, WrapValidator
from pydantic.alias_generators import to_camel

from extend_provider.kinds import EDIT, RunKind

__all__ = ["EditOutput", "EditRun", "EditedFile", "File", "Metrics", "Page", "Run", "Usage", "run_model"]

_T = TypeVar("_T")


def _none_if_malformed(value: Any, handler: Any) -> Any:
    try:
        return handler(value)
    except ValidationError:
        return None


Tolerant = Annotated[_T | None, WrapValidator(_none_if_malformed)]


class _Record(BaseModel):
    # Not-a-number and infinity have no place in JSON, thus none in XCom either.
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="allow", frozen=True, allow_inf_nan=False
    )

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        # Fields that this version does not know may hold form values or the text of a document.
        known = type(self).model_fields
        return [(name, value) for name, value in super().__repr_args__() if name in known]


class FileMetadata(_Record):
    """Facts about a file's content."""

    page_count: Tolerant[float] = None


class File(_Record):
    """A file that Extend stores, in full, as a list item or embedded in a run."""

    id: Annotated[str, Field(min_length=1)]
    name: Tolerant[str] = None
    type: Tolerant[str] = None
    parent_file_id: Tolerant[str] = None
    metadata: Tolerant[FileMetadata] = None
    created_at: Tolerant[datetime] = None
    updated_at: Tolerant[datetime] = None
    presigned_url: Tolerant[str] = Field(default=None, repr=False)


class Metrics(_Record):
    """How a run went."""

    processing_time_ms: Tolerant[float] = None
    page_count: Tolerant[float] = None
    field_count: Tolerant[float] = None
    fields_detected_count: Tolerant[float] = None
    fields_annotated_count: Tolerant[float] = None


class Usage(_Record):
    """What a run cost."""

    credits: Tolerant[float] = None
    total_credits: Tolerant[float] = None


class Run(_Record):
    """What all kinds of runs have in common, in full or as a list item."""

    id: Annotated[str, Field(min_length=1)]
    status: Annotated[str, Field(min_length=1)]
    file: Tolerant[File] = None
    failure_reason: Tolerant[str] = None
    failure_message: Tolerant[str] = Field(default=None, repr=False)
    config: Tolerant[dict[str, Any]] = Field(default=None, repr=False)
    metrics: Tolerant[Metrics] = None
    usage: Tolerant[Usage] = None
    dashboard_url: Tolerant[str] = None
    created_at: Tolerant[datetime] = None
    updated_at: Tolerant[datetime] = None

    @property
    def output_file_ids(self) -> list[str]:
        """Ids of the files that the run produced."""
        return []

    @property
    def filled_values(self) -> dict[str, Any]:
        """Values that were written, by name. Personal data: ask for them only when they are needed."""
        return {}


class EditedFile(_Record):
    """The filled PDF."""

    id: Annotated[str, Field(min_length=1)]
    presigned_url: Tolerant[str] = Field(default=None, repr=False)


class EditOutput(_Record):
    """The result of an edit run."""

    edited_file: Tolerant[EditedFile] = None
    filled_values: Tolerant[dict[str, Any]] = Field(default=None, repr=False)


class EditRun(Run):
    """A run that fills a PDF form."""

    output: Tolerant[EditOutput] = None

    @property
    def output_file_ids(self) -> list[str]:
        edited = self.output.edited_file if self.output else None
        return [edited.id] if edited else []

    @property
    def filled_values(self) -> dict[str, Any]:
        return (self.output.filled_values if self.output else None) or {}


class Page(_Record):
    """One page of a list, its items still as the API sent them."""

    data: list[dict[str, Any]]
    next_page_token: str | None = None


_MODELS: dict[RunKind, type[Run]] = {EDIT: EditRun}


def run_model(kind: RunKind) -> type[Run]:
    """Return the record class of a kind of run."""
    return _MODELS[kind]
