"""Everything the service remembers: in memory for answering, on disk for surviving a restart."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

from extend_provider.local.records import (
    BatchRecord,
    FileRecord,
    ProcessorRecord,
    RunRecord,
    TemplateRecord,
    WebhookEndpointRecord,
    WebhookSubscriptionRecord,
)
from extend_provider.local.stamps import new_id, utc_now


class Record(Protocol):
    """A dataclass with an id."""

    id: str
    __dataclass_fields__: ClassVar[dict[str, Any]]


R = TypeVar("R", bound=Record)


def write_json(path: Path, value: Any) -> None:
    """
    Write a JSON file so that a crash leaves either the old or the new content.

    :param path: file to write.
    :param value: plain JSON.
    """
    temporary = path.with_suffix(".tmp")
    temporary.touch(mode=0o600)  # passwords, signed URLs and form values are in here
    temporary.write_text(json.dumps(value), encoding="utf-8")
    temporary.replace(path)


class Collection(dict[str, R]):
    """
    The records of one type by id. Change it through :meth:`keep` and :meth:`drop` only.

    :param folder: where they are kept; what an earlier service left there is loaded.
    :param kind: their type.
    :raises RuntimeError: a file in the folder is damaged.
    """

    def __init__(self, folder: Path, kind: type[R]) -> None:
        super().__init__()
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(folder.glob("*.json")):
            try:
                record = kind(**json.loads(path.read_text(encoding="utf-8")))
            except (ValueError, TypeError) as error:
                raise RuntimeError(f"{path} is damaged or from another version; delete it to go on.") from error
            self[record.id] = record

    def keep(self, record: R) -> None:
        """:param record: new or changed record."""
        self[record.id] = record
        write_json(self._folder / f"{record.id}.json", asdict(record))

    def drop(self, record_id: str) -> bool:
        """
        Forget a record.

        :param record_id: its id.
        :return: whether there was one.
        """
        known = self.pop(record_id, None) is not None
        if known:
            with suppress(FileNotFoundError):
                (self._folder / f"{record_id}.json").unlink()
        return known


class Store:
    """
    Everything under one folder. Not thread-safe: the event loop's thread is its only caller.

    :param root: existing folder; what an earlier service left there is loaded.
    :raises RuntimeError: a file in the folder is damaged.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self.files = Collection(root / "files", FileRecord)
        self.runs = Collection(root / "runs", RunRecord)
        self.batches = Collection(root / "batches", BatchRecord)
        self.templates = Collection(root / "templates", TemplateRecord)
        self.processors = Collection(root / "processors", ProcessorRecord)
        self.webhook_endpoints = Collection(root / "webhook_endpoints", WebhookEndpointRecord)
        self.webhook_subscriptions = Collection(root / "webhook_subscriptions", WebhookSubscriptionRecord)
        orders = [run.updated_order for run in self.runs.values()]
        orders += [file.order for file in self.files.values()]
        for records in self._small():
            orders += [record.order for record in records.values()]
        self._order = max(orders, default=0)

    def next_order(self) -> int:
        """:return: a number larger than all before; orders what happened within the same millisecond."""
        self._order += 1
        return self._order

    def blob(self, owner_id: str) -> Path:
        """
        Tell where bytes are.

        :param owner_id: id of a file, or of the run whose large output it is.
        :return: path; nothing is there while a URL input has not been downloaded.
        """
        return self._root / "files" / f"{owner_id}.bin"

    def new_file(self, name: str, *, password: str | None = None, file_id: str | None = None) -> FileRecord:
        """
        Make a file record that is not yet part of the store.

        :param name: file name.
        :param password: opens the document, when it is encrypted.
        :param file_id: its id. Default: a fresh one.
        :return: record; write its bytes to :meth:`blob`, then keep it.
        """
        now = utc_now()
        return FileRecord(file_id or new_id("file_"), name, now, now, self.next_order(), password=password)

    def delete_file(self, file_id: str) -> None:
        """:param file_id: file to forget, bytes included; unknown ids are ignored."""
        if self.files.drop(file_id):
            self.blob(file_id).unlink(missing_ok=True)

    def delete_run(self, run_id: str) -> None:
        """:param run_id: run to forget, a large output included; unknown ids are ignored."""
        if self.runs.drop(run_id):
            self.blob(run_id).unlink(missing_ok=True)

    def clear(self) -> None:
        """Forget everything."""
        for run_id in list(self.runs):
            self.delete_run(run_id)
        for file_id in list(self.files):
            self.delete_file(file_id)
        for records in self._small():
            for record_id in list(records):
                records.drop(record_id)
        for payload in (self._root / "files").glob("event_*.bin"):
            payload.unlink(missing_ok=True)

    def _small(self) -> tuple[Collection[Any], ...]:
        """The records that have neither bytes nor runs that go with them."""
        return self.batches, self.templates, self.processors, self.webhook_endpoints, self.webhook_subscriptions
