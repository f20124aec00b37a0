"""What the service remembers: files, runs, batches, edit templates, processors and webhooks."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from extend_provider.local.settings import API_VERSION

PENDING = "PENDING"
PROCESSING = "PROCESSING"
PROCESSED = "PROCESSED"
FAILED = "FAILED"
CANCELLING = "CANCELLING"
CANCELLED = "CANCELLED"
NEEDS_REVIEW = "NEEDS_REVIEW"
REJECTED = "REJECTED"
UNFINISHED = (PENDING, PROCESSING, CANCELLING)


@dataclass
class FileRecord:
    """
    One file. Its bytes are on disk; ``size`` is None while a URL input has not been downloaded yet. ``parent_split``
    tells which part of ``parent_file_id`` a splitter made it of.
    """

    id: str
    name: str
    created_at: str
    updated_at: str
    order: int
    type: str | None = None
    page_count: int | None = None
    size: int | None = None
    password: str | None = None
    parent_file_id: str | None = None
    parent_split: dict[str, Any] | None = None

    def summary(self) -> dict[str, Any]:
        """:return: the wire form that lists and runs embed."""
        metadata: dict[str, Any] = {} if self.page_count is None else {"pageCount": self.page_count}
        if self.parent_split is not None:
            metadata["parentSplit"] = self.parent_split
        return {
            "object": "file",
            "id": self.id,
            "name": self.name,
            "type": self.type,
            "parentFileId": self.parent_file_id,
            "metadata": metadata,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
        }


@dataclass
class RunInput:
    """
    One input of a run.

    ``file`` is its summary at creation, shown when the file itself has been deleted. ``url`` is where it is downloaded
    from. An ``owned`` file came with the run (as a URL or text) and is deleted with it.
    """

    file_id: str
    file: dict[str, Any]
    url: str | None = None
    owned: bool = False


@dataclass
class RunRecord:
    """
    One run of any kind.

    ``output_files`` maps keys of the wire ``output`` to file ids; their URLs are made afresh for every answer.
    ``made_files`` are all files that the run made. A ``large_output`` is on disk, in the blob named after the run.
    ``processor`` is the id of the extractor, classifier, splitter or workflow. ``details`` holds what only its kind
    knows. ``script`` holds the faults that decide how this run ends.
    """

    id: str
    kind: str
    inputs: list[RunInput]
    config: dict[str, Any]
    created_at: str
    updated_at: str
    created_order: int
    updated_order: int
    is_package: bool = False
    first_status: str = PROCESSING
    status: str = PROCESSING
    failure_reason: str | None = None
    failure_message: str | None = None
    output: dict[str, Any] | None = None
    large_output: bool = False
    output_files: dict[str, str] = field(default_factory=dict)
    made_files: list[str] = field(default_factory=list)
    metrics: dict[str, Any] | None = None
    usage: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    priority: int | None = None
    processor: str | None = None
    batch_id: str | None = None
    source: str = "API"
    source_id: str | None = None
    details: dict[str, Any] = field(default_factory=dict)
    script: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.inputs = [item if isinstance(item, RunInput) else RunInput(**item) for item in self.inputs]

    def as_of(self, moment: str) -> RunRecord:
        """
        Tell how the run looked earlier.

        :param moment: timestamp, not before the run was created.
        :return: the run itself, or how it looked when it was created.
        """
        if self.updated_at <= moment:
            return self
        return replace(
            self,
            updated_at=self.created_at,
            updated_order=self.created_order,
            status=self.first_status,
            failure_reason=None,
            failure_message=None,
            output=None,
            large_output=False,
            output_files={},
            metrics=None,
            usage=None,
            details={},
        )


@dataclass
class BatchRecord:
    """One batch of runs; ``run_count`` stays when members are deleted."""

    id: str
    kind: str
    run_count: int
    created_at: str
    order: int


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


@dataclass
class ProcessorRecord:
    """One declared extractor, classifier, splitter or workflow (``role``), with its only version."""

    id: str
    role: str
    name: str
    config: dict[str, Any]
    version_id: str
    created_at: str
    updated_at: str
    order: int
    version: str


@dataclass
class WebhookEndpointRecord:
    """One webhook endpoint."""

    id: str
    url: str
    name: str
    signing_secret: str
    created_at: str
    order: int
    status: str = "enabled"
    enabled_events: list[str] = field(default_factory=list)
    api_version: str = API_VERSION
    advanced_options: dict[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """:return: the wire form, without the secret."""
        return {
            "object": "webhook_endpoint",
            "id": self.id,
            "url": self.url,
            "name": self.name,
            "status": self.status,
            "enabledEvents": self.enabled_events,
            "apiVersion": self.api_version,
            "advancedOptions": self.advanced_options,
            "createdAt": self.created_at,
            "createdBy": {"type": "api_key", "name": "local"},
        }


@dataclass
class WebhookSubscriptionRecord:
    """The subscription of a webhook endpoint to the events of one extractor, classifier, splitter or workflow."""

    id: str
    webhook_endpoint_id: str
    resource_type: str
    resource_id: str
    created_at: str
    order: int
    enabled_events: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """:return: the wire form."""
        return {
            "object": "webhook_subscription",
            "id": self.id,
            "webhookEndpointId": self.webhook_endpoint_id,
            "resourceType": self.resource_type,
            "resourceId": self.resource_id,
            "enabledEvents": self.enabled_events,
            "createdAt": self.created_at,
        }
