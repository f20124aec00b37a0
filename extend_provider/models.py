"""
What the API answers, as records.

They accept the minimal and the full shapes that the API documents and shows, keep fields that they do not know
(``model_extra``), and leave statuses, reasons and ids as plain strings. Facts that no decision depends on (metrics,
usage, dates) become ``None`` when they are malformed, because a paid result must not be lost over a wrong number.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, ValidationError, WrapValidator
from pydantic.alias_generators import to_camel

__all__ = [
    "BatchRun",
    "EditOutput",
    "EditRun",
    "EditTemplate",
    "EditedFile",
    "File",
    "Metrics",
    "Page",
    "Record",
    "Run",
    "Usage",
    "finite",
]

_T = TypeVar("_T")


def _none_if_malformed(value: Any, handler: Any) -> Any:
    try:
        return handler(value)
    except ValidationError:
        return None


Tolerant = Annotated[_T | None, WrapValidator(_none_if_malformed)]


def _in_utc(moment: datetime) -> datetime:
    # Moments with and without a zone cannot be compared, and those at the ends of the calendar not be reckoned with.
    aware = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    if not _FIRST_YEAR <= aware.year <= _LAST_YEAR:
        raise ValueError
    return aware.astimezone(timezone.utc)


_FIRST_YEAR, _LAST_YEAR = 2000, 2999
# Always with a time zone: without one, it is in UTC.
Moment = Annotated[datetime, AfterValidator(_in_utc)]

# Ids are opaque, but they are shown and stored, and with these characters one could be a presigned URL. A status with
# more than words is none.
Id = Annotated[str, Field(pattern=r"""^[^\s\x00-\x1f\x7f?#&<>"'\\]+$""", max_length=255)]
Status = Annotated[str, Field(pattern=r"^[\w.: -]+$", max_length=255)]
# Shown as a link: a browser must not take it for a script.
WebUrl = Annotated[str, Field(pattern=r"^https?://[^\s]+$", max_length=2000)]


class Record(BaseModel):
    """What the API answers: tolerant, frozen, and silent about what it does not know."""

    # Not-a-number and infinity have no place in JSON, thus none in XCom either.
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="allow", frozen=True, allow_inf_nan=False
    )

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        # Fields that this version does not know may hold form values or the text of a document.
        known = type(self).model_fields
        return [(name, value) for name, value in super().__repr_args__() if name in known]


class FileMetadata(Record):
    """Facts about a file's content."""

    page_count: Tolerant[float] = None


class File(Record):
    """A file that Extend stores, in full, as a list item or embedded in a run."""

    id: Id
    name: Tolerant[str] = None
    type: Tolerant[str] = None
    parent_file_id: Tolerant[str] = None
    metadata: Tolerant[FileMetadata] = None
    created_at: Tolerant[Moment] = None
    updated_at: Tolerant[Moment] = None
    presigned_url: Tolerant[str] = Field(default=None, repr=False)


class Metrics(Record):
    """How a run went."""

    processing_time_ms: Tolerant[float] = None
    page_count: Tolerant[float] = None
    field_count: Tolerant[float] = None
    fields_detected_count: Tolerant[float] = None
    fields_annotated_count: Tolerant[float] = None


class Usage(Record):
    """What a run cost."""

    credits: Tolerant[float] = None
    total_credits: Tolerant[float] = None


class Run(Record):
    """What all kinds of runs have in common, in full or as a list item."""

    id: Id
    status: Status
    file: Tolerant[File] = None
    failure_reason: Tolerant[str] = None
    failure_message: Tolerant[str] = Field(default=None, repr=False)
    config: Tolerant[dict[str, Any]] = Field(default=None, repr=False)
    metrics: Tolerant[Metrics] = None
    usage: Tolerant[Usage] = None
    dashboard_url: Tolerant[WebUrl] = None
    metadata: Tolerant[dict[str, Any]] = Field(default=None, repr=False)
    batch_id: Tolerant[Id] = None
    created_at: Tolerant[Moment] = None
    updated_at: Tolerant[Moment] = None

    @property
    def input_files(self) -> list[File]:
        """The files that the run was given, as far as they are still there."""
        return [self.file] if self.file else []

    @property
    def output_file_ids(self) -> list[str]:
        """Ids of the files that the run produced."""
        return []

    @property
    def page_count(self) -> float | None:
        """How many pages were processed."""
        return self.metrics.page_count if self.metrics else None

    @property
    def output_url(self) -> str | None:
        """Where all of its output is, if it did not come along: a presigned URL."""
        return None

    @property
    def facts(self) -> dict[str, Any]:
        """What this kind of run tells besides, as far as it may be stored: no values, no text, no URLs."""
        return {}

    @property
    def whole_output(self) -> Any:
        """All that the run gave, as the API spells it, but without presigned URLs. It may be personal and large."""
        return None

    @property
    def filled_values(self) -> dict[str, Any]:
        """Values that were written, by name. Personal data: ask for them only when they are needed."""
        return {}


class EditedFile(Record):
    """The filled PDF."""

    id: Id
    presigned_url: Tolerant[str] = Field(default=None, repr=False)


class EditOutput(Record):
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
        return finite((self.output.filled_values if self.output else None) or {})

    @property
    def facts(self) -> dict[str, Any]:
        return {"filled_fields": list(self.filled_values)}

    @property
    def whole_output(self) -> Any:
        edited = next(iter(self.output_file_ids), None)
        return {"editedFile": {"id": edited} if edited else None, "filledValues": self.filled_values}


class BatchRun(Record):
    """Many runs created with one request. Its own end says nothing about theirs: list them by ``batchId``."""

    # The answer about a batch of workflow runs holds nothing but this.
    id: Annotated[Id, Field(validation_alias=AliasChoices("id", "batchId"))]
    status: Tolerant[Status] = None
    run_count: Tolerant[int] = None
    created_at: Tolerant[Moment] = None


class EditTemplate(Record):
    """A form with a saved configuration."""

    id: Id
    name: Tolerant[str] = None
    description: Tolerant[str] = None
    file: Tolerant[File] = None
    config: Tolerant[dict[str, Any]] = Field(default=None, repr=False)
    created_at: Tolerant[Moment] = None
    updated_at: Tolerant[Moment] = None


class Page(Record):
    """One page of a list, its items still as the API sent them."""

    data: list[Any]
    # It goes into a URL.
    next_page_token: Annotated[str, Field(max_length=8192)] | None = None


def finite(value: _T) -> _T:
    """Return a value without infinity, which a number like 1e999 becomes, and which no database stores as JSON."""
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        plain: _T = json.loads(json.dumps(value), parse_constant=lambda _: None)
        return plain
    return value
