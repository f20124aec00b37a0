"""What a task asks Extend to do, before it is known whether an earlier try has asked already."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.hooks.file_identity import file_identity
from extend_provider.hooks.files import classify
from extend_provider.submit.fingerprint import fingerprint, mark
from extend_provider.submit.uploads import Uploads

if TYPE_CHECKING:
    from extend_provider.hooks.extend import ExtendHook
    from extend_provider.kinds import RunKind
    from extend_provider.submit.task_try import TaskTry

__all__ = ["TASK_KEY", "RunOrder", "is_contained", "mark_in"]

# Where a run's metadata tell which task has created it, and by what it is found again.
TASK_KEY = "airflow"
MARK_KEY = "mark"
_MOST_METADATA = 10 * 1024
# Parts of a request that say nothing about the work: an exchanged secret, facts of one's own, the place in the queue.
_NO_INPUT = frozenset({"metadata", "priority", "secrets"})


@dataclass(frozen=True)
class RunOrder:
    """
    A run to create.

    :param kind: its kind.
    :param body: the body of the request, without files.
    :param file: the ``file`` argument as it was given; ``None`` where the body names the input, as a template does.
    :param package: several files for one run, instead of ``file``.
    """

    kind: RunKind
    body: Mapping[str, Any] = field(repr=False)
    file: Any = field(default=None, repr=False)
    package: Sequence[Any] = field(default=(), repr=False)
    # Whether a user's Clear may take the run of before.
    outlives_clear: ClassVar[bool] = False

    @property
    def marks_name(self) -> bool:
        """
        Whether the run is found again by its input file's name.

        Only where the list neither shows metadata nor can be read newest first, and where the name is ours to choose:
        not that of a file that Extend has already, nor a template's.
        """
        if self.file is None or (self.kind.lists_metadata and self.kind.has_feed):
            return False
        return "id" not in (classify(self.file).wire or {})

    @property
    def known_file_ids(self) -> list[str]:
        """Ids of those input files that the order names by their ids."""
        wires = [classify(file).wire or {} for file in self._files]
        return [str(wire["id"]) for wire in wires if "id" in wire]

    @property
    def has_paths(self) -> bool:
        """Whether a file is a path, so that it has to be read."""
        return any(classify(file).wire is None for file in self._files)

    @property
    def _files(self) -> list[Any]:
        return [*([] if self.file is None else [self.file]), *self.package]

    def fingerprint(self, task: str, extend_conn_id: str, *, content: bool = True) -> str:
        """
        Return the fingerprint of the order for a task.

        :param task: which task it is.
        :param extend_conn_id: the connection.
        :param content: whether the content of files counts, which has to be read for that; else only where they are.
        :raises ExtendFileError: a file is a path that cannot be read.
        """
        facts: dict[str, Any] = {
            "conn": extend_conn_id,
            "kind": self.kind.name,
            "body": {name: value for name, value in self.body.items() if name not in _NO_INPUT},
            "file": file_identity(self.file, content=content) if self.file is not None else None,
        }
        if self.package:
            facts["package"] = [file_identity(file, content=content) for file in self.package]
        return fingerprint(task, facts)

    def mark(self, of_input: str, this: TaskTry) -> str | None:
        """Return the mark by which the run is found again; ``None`` where there is no place for one."""
        return mark(of_input, this.series) if self.kind.takes_metadata or self.marks_name else None

    def is_like(self, config: Any) -> bool:
        """Whether a run with this configuration, to which Extend has added defaults, may be the order's."""
        return is_contained(self.body.get("config") or {}, config)

    def prepare(
        self, hook: ExtendHook, mark: str | None = None, this: TaskTry | None = None, uploads: Uploads | None = None
    ) -> dict[str, Any]:
        """
        Upload files where that is needed, and return the body that creates the run. Nothing is paid for yet.

        :param hook: how Extend is reached.
        :param mark: by what the run is to be found again.
        :param this: the try of the task, to be named in the run's metadata.
        :param uploads: the files that earlier tries have uploaded.
        :raises ExtendConfigurationError: the metadata are too large.
        :raises ExtendFileError: a file cannot be read; nothing was uploaded.
        """
        uploads = uploads or Uploads(hook)
        body = dict(self.body)
        if self.kind.takes_metadata and (metadata := self._metadata(mark, this)):
            body["metadata"] = metadata
        self.check_files()
        if self.file is not None:
            body["file"] = uploads.input_file(self.file, mark)
        if self.package:
            body["package"] = {"files": [uploads.input_file(file, mark, is_only=False) for file in self.package]}
        return body

    def check_files(self) -> None:
        """
        Look at the files before anything is sent.

        :raises ExtendFileError: one cannot be read, or is empty.
        """
        from extend_provider.hooks.input_check import check_readable

        for file in self._files:
            check_readable(file)

    def _metadata(self, mark: str | None, this: TaskTry | None) -> dict[str, Any]:
        ours = {**(this.names if this else {}), **({MARK_KEY: mark} if mark else {})}
        metadata = {**(self.body.get("metadata") or {}), **({TASK_KEY: ours} if ours else {})}
        size = len(json.dumps(metadata, default=str).encode())
        if size > _MOST_METADATA:
            raise ExtendConfigurationError(
                f"The metadata have {size:,} bytes as JSON; Extend takes {_MOST_METADATA:,}.",
                hint=f"Of these, {len(json.dumps(ours))} are the names of the task, under the key {TASK_KEY!r}.",
            )
        return metadata


def mark_in(metadata: Any) -> str | None:
    """Return the mark in a run's metadata."""
    ours = metadata.get(TASK_KEY) if isinstance(metadata, Mapping) else None
    mark = ours.get(MARK_KEY) if isinstance(ours, Mapping) else None
    return mark if isinstance(mark, str) else None


def is_contained(asked: Any, effective: Any) -> bool:
    """Whether an effective configuration, which has defaults filled in, holds everything that was asked for."""
    if isinstance(asked, Mapping):
        return isinstance(effective, Mapping) and all(
            is_contained(value, effective.get(name)) for name, value in asked.items()
        )
    if isinstance(asked, list):
        return isinstance(effective, list) and len(asked) == len(effective) and all(map(is_contained, asked, effective))
    return bool(asked == effective)
