"""Files, runs and templates: in memory for answering, on disk for surviving a restart."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from extend_provider.local.records import FileRecord, RunRecord, TemplateRecord
from extend_provider.local.stamps import new_id, utc_now

R = TypeVar("R", FileRecord, RunRecord, TemplateRecord)


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


class Store:
    """
    Everything under one folder. Not thread-safe: the event loop's thread is its only caller.

    :param root: existing folder; what an earlier service left there is loaded.
    :raises RuntimeError: a file in the folder is damaged.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        for name in ("files", "runs", "templates"):
            (root / name).mkdir(parents=True, exist_ok=True)
        self.files = self._load("files", FileRecord)
        self.runs = self._load("runs", RunRecord)
        self.templates = self._load("templates", TemplateRecord)
        orders = [f.order for f in self.files.values()] + [r.updated_order for r in self.runs.values()]
        self._order = max(orders + [t.order for t in self.templates.values()], default=0)

    def next_order(self) -> int:
        """:return: a number larger than all before; orders what happened within the same millisecond."""
        self._order += 1
        return self._order

    def blob(self, file_id: str) -> Path:
        """
        Tell where the bytes of a file are.

        :param file_id: id of a file.
        :return: path; nothing is there while a URL input has not been downloaded.
        """
        return self._root / "files" / f"{file_id}.bin"

    def new_file(self, name: str, *, password: str | None = None) -> FileRecord:
        """
        Make a file record that is not yet part of the store.

        :param name: file name.
        :param password: opens the document, when it is encrypted.
        :return: record with a fresh id; write its bytes to :meth:`blob`, then :meth:`save_file`.
        """
        now = utc_now()
        return FileRecord(new_id("file_"), name, now, now, self.next_order(), password=password)

    def save_file(self, record: FileRecord) -> None:
        """:param record: new or changed file."""
        self.files[record.id] = record
        self._save("files", record)

    def save_run(self, record: RunRecord) -> None:
        """:param record: new or changed run."""
        self.runs[record.id] = record
        self._save("runs", record)

    def save_template(self, record: TemplateRecord) -> None:
        """:param record: new template."""
        self.templates[record.id] = record
        self._save("templates", record)

    def delete_file(self, file_id: str) -> None:
        """:param file_id: file to forget, bytes included; unknown ids are ignored."""
        if self.files.pop(file_id, None) is not None:
            self._unlink("files", file_id)
            self.blob(file_id).unlink(missing_ok=True)

    def delete_run(self, run_id: str) -> None:
        """:param run_id: run to forget; unknown ids are ignored."""
        if self.runs.pop(run_id, None) is not None:
            self._unlink("runs", run_id)

    def clear(self) -> None:
        """Forget everything."""
        for run_id in list(self.runs):
            self.delete_run(run_id)
        for file_id in list(self.files):
            self.delete_file(file_id)
        for template_id in list(self.templates):
            del self.templates[template_id]
            self._unlink("templates", template_id)

    def _save(self, folder: str, record: FileRecord | RunRecord | TemplateRecord) -> None:
        write_json(self._root / folder / f"{record.id}.json", asdict(record))

    def _unlink(self, folder: str, record_id: str) -> None:
        with suppress(FileNotFoundError):
            (self._root / folder / f"{record_id}.json").unlink()

    def _load(self, folder: str, kind: type[R]) -> dict[str, R]:
        records: dict[str, R] = {}
        for path in sorted((self._root / folder).glob("*.json")):
            try:
                record = kind(**json.loads(path.read_text(encoding="utf-8")))
            except (ValueError, TypeError) as error:
                raise RuntimeError(f"{path} is damaged or from another version; delete it to go on.") from error
            records[record.id] = record
        return records
