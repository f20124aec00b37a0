"""What a kind of run is: one description and one processor."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from extend_provider.local.records import FAILED, PROCESSED, PROCESSING
from extend_provider.local.stamps import new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from extend_provider.local.records import FileRecord, ProcessorRecord
    from extend_provider.local.store import Store


@dataclass(frozen=True)
class Resolved:
    """
    What is particular to a kind in a checked create request.

    :param config: effective configuration, defaults included.
    :param processor: the extractor, classifier, splitter or workflow that was named.
    :param file: the input, when it is not given as ``file``.
    :param details: first value of the run's details.
    """

    config: dict[str, Any]
    processor: ProcessorRecord | None = None
    file: FileRecord | None = None
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Takes:
    """
    What a create request may hold.

    :param keys: keys that only this kind has, beside ``file``.
    :param instead: key that may stand in for ``file``; ``package`` is a list of files.
    :param package: least and greatest number of files in a package.
    :param texts: whether the file may be given as a text.
    :param metadata: whether the client may attach metadata.
    :param priority: whether the asynchronous create takes a priority.
    """

    keys: tuple[str, ...]
    instead: str | None = None
    package: tuple[int, int] = (1, 50)
    texts: bool = False
    metadata: bool = True
    priority: bool = True


@dataclass(frozen=True)
class Cancel:
    """
    How runs are cancelled.

    :param statuses: when that is possible.
    :param ends: the final status.
    :param reason: the ``failureReason`` that goes with it.
    :param through: status on the way there.
    """

    ends: str
    statuses: tuple[str, ...] = (PROCESSING,)
    reason: str | None = None
    through: str | None = None


@dataclass(frozen=True)
class Batch:
    """
    How runs are created in batches.

    :param id_prefix: beginning of the batch ids.
    :param source: ``source`` of the members.
    :param shared: keys that all members share.
    :param required: those of them that must be there.
    :param texts: whether files may be given as texts.
    :param only_id: the answer is just ``batchId``, and the batch cannot be fetched.
    :param events: webhook event by final status of the batch.
    :param priority: priority of the members when none was sent.
    """

    id_prefix: str
    source: str
    shared: tuple[str, ...]
    required: tuple[str, ...] = ()
    texts: bool = True
    only_id: bool = False
    priority: int | None = None
    events: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Document:
    """
    One input as a processor sees it.

    :param id: id of the file.
    :param name: its name.
    :param type: wire value such as ``PDF``; None when it cannot be told.
    :param data: its bytes.
    :param password: opens the document, when it is encrypted.
    """

    id: str
    name: str
    type: str | None
    data: bytes
    password: str | None = None


@dataclass(frozen=True)
class Job:
    """
    What a processor works on.

    :param documents: the inputs; one unless a package was given.
    :param config: effective configuration.
    :param credits_per_page: price of the kind.
    :param reserve: sets credits aside, or raises ``RunFailure``.
    """

    documents: tuple[Document, ...]
    config: dict[str, Any]
    credits_per_page: int
    reserve: Callable[[int], None]

    @property
    def document(self) -> Document:
        """The input of a kind that takes one only."""
        return self.documents[0]

    def charge(self, pages: int) -> None:
        """
        Charge for pages; call it before the expensive part. A run that fails afterwards costs nothing.

        :param pages: pages that are going to be processed.
        :raises RunFailure: ``OUT_OF_CREDITS``.
        """
        self.reserve(pages * self.credits_per_page)


@dataclass(frozen=True)
class Produced:
    """
    A file that a processor made.

    :param name: file name.
    :param data: its bytes.
    :param type: wire value such as ``PDF``.
    :param page_count: number of pages; None for types that have none.
    :param parent_file_id: file that it is a part of.
    :param parent_split: which part.
    :param id: its id.
    """

    name: str
    data: bytes
    type: str | None
    page_count: int | None = None
    parent_file_id: str | None = None
    parent_split: dict[str, Any] | None = None
    id: str = field(default_factory=lambda: new_id("file_"))


@dataclass(frozen=True)
class Step:
    """
    One run that a workflow did.

    :param name: name of the step.
    :param type: wire value such as ``EXTRACT``.
    :param kind: kind of its run.
    :param file_ids: its inputs.
    :param config: effective configuration.
    :param outcome: what came of it; None for a failure.
    :param processor: id of the extractor, classifier or splitter that was named.
    :param failure: failure reason and message.
    """

    name: str
    type: str
    kind: RunKind
    file_ids: tuple[str, ...]
    config: dict[str, Any]
    outcome: Outcome | None = None
    processor: str | None = None
    failure: tuple[str, str] | None = None


@dataclass(frozen=True)
class Outcome:
    """
    What a processor returns.

    :param output: the run's ``output`` without its files.
    :param pages: pages that were processed.
    :param metrics: the run's ``metrics`` without ``processingTimeMs``.
    :param files: made files by the key of ``output`` they appear under.
    :param parts: made files whose ids ``output`` names.
    :param config: the configuration, when processing has completed it.
    :param steps: runs that a workflow did.
    :param status: status that the run ends with.
    :param failure: failure reason and message of a run that failed after some of its steps.
    :param encoded: ``output`` as JSON, when it is large and has been encoded where that does not hold others up.
    """

    output: dict[str, Any]
    pages: int
    metrics: dict[str, Any] = field(default_factory=dict)
    files: dict[str, Produced] = field(default_factory=dict)
    parts: tuple[Produced, ...] = ()
    config: dict[str, Any] | None = None
    steps: tuple[Step, ...] = ()
    status: str = PROCESSED
    failure: tuple[str, str] | None = None
    encoded: bytes | None = None


@dataclass(frozen=True)
class RunKind:
    """
    One kind of run. ``process`` runs in a thread and raises ``RunFailure`` for documents that cannot be processed.

    :param name: short name; also the product in ``usage``.
    :param label: name in messages.
    :param wire_object: value of ``object``.
    :param id_prefix: beginning of the ids.
    :param path: path of the asynchronous endpoints.
    :param sync_path: path of the synchronous create; None when there is none.
    :param takes: what a create request may hold.
    :param resolve: checks what is particular to the kind in a create body.
    :param process: does the work.
    :param credits_per_page: price.
    :param fields: keys of the full wire form; ``run_views`` knows where each comes from.
    :param summary_fields: keys of the wire form in lists; empty when runs can be neither listed nor deleted.
    :param filters: query parameters of the list.
    :param sortable: what ``sortBy`` may be, the default first; empty when the list takes no order.
    :param statuses: what the filter ``status`` takes.
    :param sources: what the filter ``source`` takes.
    :param reasons: failure reasons of documents and configurations that this kind words differently.
    :param cancel: how runs are cancelled; None when they cannot be.
    :param batch: how runs are created in batches; None when they cannot be.
    :param events: webhook event by final status.
    :param event_fields: keys of the webhook payload; empty for the full wire form.
    :param updates: keys that a POST to a run can change.
    :param large_output: whether the output may be large: it is kept on disk, and sent as a URL on request.
    """

    name: str
    label: str
    wire_object: str
    id_prefix: str
    path: str
    sync_path: str | None
    takes: Takes
    resolve: Callable[[dict[str, Any], Store], Resolved]
    process: Callable[[Job], Outcome]
    credits_per_page: int
    fields: tuple[str, ...]
    summary_fields: tuple[str, ...]
    filters: tuple[str, ...] = ()
    sortable: tuple[str, ...] = ("updatedAt", "createdAt")
    statuses: tuple[str, ...] = (PROCESSING, PROCESSED, FAILED)
    sources: tuple[str, ...] = ()
    reasons: Mapping[str, str] = field(default_factory=dict)
    cancel: Cancel | None = None
    batch: Batch | None = None
    events: Mapping[str, str] = field(default_factory=dict)
    event_fields: tuple[str, ...] = ()
    updates: tuple[str, ...] = ()
    large_output: bool = False

    @property
    def create_paths(self) -> tuple[str, ...]:
        """Paths whose POST starts runs."""
        paths = [self.path]
        if self.sync_path is not None:
            paths.append(self.sync_path)
        if self.batch is not None:
            paths.append(f"{self.path}/batch")
        return tuple(paths)
