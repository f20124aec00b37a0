"""What a kind of run is: one description and one processor."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from extend_provider.local.records import FileRecord
    from extend_provider.local.store import Store


@dataclass(frozen=True)
class NewRun:
    """
    A checked create request.

    :param config: effective configuration, defaults included.
    :param file: input that exists already; None for a URL input.
    :param url: where to download the input; None for an existing file.
    :param name: name of a URL input.
    :param password: opens a URL input, when it is encrypted.
    """

    config: dict[str, Any]
    file: FileRecord | None = None
    url: str | None = None
    name: str = ""
    password: str | None = None


@dataclass(frozen=True)
class Job:
    """
    What a processor works on.

    :param data: bytes of the input.
    :param file_name: name of the input.
    :param file_type: type of the input; None when it cannot be told.
    :param password: opens the document, when it is encrypted.
    :param config: effective configuration.
    :param charge: charges credits, or raises ``RunFailure``; call it before the expensive part. A run that fails
        afterwards costs nothing.
    """

    data: bytes
    file_name: str
    file_type: str | None
    password: str | None
    config: dict[str, Any]
    charge: Callable[[int], None]


@dataclass(frozen=True)
class Produced:
    """
    A file that a processor made.

    :param name: file name.
    :param data: its bytes.
    :param type: wire value such as ``PDF``.
    :param page_count: number of pages; None for types that have none.
    """

    name: str
    data: bytes
    type: str | None
    page_count: int | None = None


@dataclass(frozen=True)
class Outcome:
    """
    What a processor returns.

    :param output: the run's ``output`` without its files.
    :param files: made files by the key of ``output`` they appear under.
    :param metrics: the run's ``metrics`` without ``processingTimeMs``.
    :param pages: pages that were processed.
    """

    output: dict[str, Any]
    metrics: dict[str, Any]
    pages: int
    files: dict[str, Produced] = field(default_factory=dict)


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
    :param validate: checks a create body and resolves its configuration.
    :param process: does the work.
    """

    name: str
    label: str
    wire_object: str
    id_prefix: str
    path: str
    sync_path: str | None
    validate: Callable[[dict[str, Any], Store], NewRun]
    process: Callable[[Job], Outcome]

    @property
    def create_paths(self) -> tuple[str, ...]:
        """Paths whose POST starts a run."""
        return (self.path,) if self.sync_path is None else (self.path, self.sync_path)
