"""What the service remembers: files, runs and edit templates."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

PROCESSING = "PROCESSING"
PROCESSED = "PROCESSED"
FAILED = "FAILED"
STATUSES = (PROCESSING, PROCESSED, FAILED)


@dataclass
class FileRecord:
    """One file. Its bytes are on disk; ``size`` is None while a URL input has not been downloaded yet."""

    id: str
    name: str
    created_at: str
    updated_at: str
    order: int
    type: str | None = None
    page_count: int | None = None
    size: int | None = None
    password: str | None = None

    def summary(self) -> dict[str, Any]:
        """:return: the wire form that lists and runs embed."""
        return {
            "object": "file",
            "id": self.id,
            "name": self.name,
            "type": self.type,
            "parentFileId": None,
            "metadata": {} if self.page_count is None else {"pageCount": self.page_count},
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
        }


@dataclass
class RunRecord:
    """
    One run of any kind.

    ``file`` is the input's summary at creation, shown when the file itself has been deleted. ``output_files`` maps
    keys of the wire ``output`` to file ids; their URLs are made afresh for every answer. ``script`` holds the faults
    that decide how this run ends. A run changes once, when it finishes.
    """

    id: str
    kind: str
    file_id: str
    file: dict[str, Any]
    config: dict[str, Any]
    created_at: str
    updated_at: str
    created_order: int
    updated_order: int
    input_url: str | None = None
    status: str = PROCESSING
    failure_reason: str | None = None
    failure_message: str | None = None
    output: dict[str, Any] | None = None
    output_files: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, Any] | None = None
    usage: dict[str, Any] | None = None
    source: str = "API"
    script: dict[str, dict[str, Any]] = field(default_factory=dict)

    def as_of(self, moment: str) -> RunRecord:
        """
        Tell how the run looked earlier.

        :param moment: timestamp, not before the run was created.
        :return: the run itself, or how it looked before it finished.
        """
        if self.updated_at <= moment:
            return self
        return replace(
            self,
            updated_at=self.created_at,
            updated_order=self.created_order,
            status=PROCESSING,
            failure_reason=None,
            failure_message=None,
            output=None,
            output_files={},
            metrics=None,
            usage=None,
        )


@dataclass
class TemplateRecord:
    """One saved edit template."""

    id: str
    name: str
    file_id: str
    file: dict[str, Any]
    config: dict[str, Any]
    created_at: str
    updated_at: str
    order: int
    description: str | None = None
