"""Which try of which task this is, and what earlier tries of it have noted down."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from extend_provider._compat import Context

__all__ = ["Note", "Notebook", "TaskTry", "notebook"]

log = logging.getLogger(__name__)

_KEY = "extend_run"


@dataclass(frozen=True)
class TaskTry:
    """
    One try of a task.

    :param dag_id: its DAG.
    :param task_id: the task in it.
    :param run_id: the DAG run.
    :param map_index: its place among mapped tasks; -1 for an ordinary one.
    :param try_number: 1 for the first try; a user's Clear does not start again from 1.
    :param max_tries: the number of the last try but one. Constant over the retries of a task, and raised by a Clear:
        that is how the two are told apart.
    :param retries: how many retries the task is given after each Clear.
    :param begun_at: the earliest moment at which any try of this DAG run can have begun.
    """

    dag_id: str
    task_id: str
    run_id: str
    map_index: int
    try_number: int
    max_tries: int
    retries: int
    begun_at: datetime | None

    @classmethod
    def of(cls, context: Context) -> TaskTry | None:
        """Read it from a task's context; ``None`` where an operator is called by hand, outside of any DAG run."""
        # Not `dict(context)`: Airflow 2 warns of each deprecated key that is looked at.
        facts: Mapping[str, Any] = cast("Mapping[str, Any]", context)
        instance: Any = facts.get("ti")
        try:
            return cls(
                dag_id=_text(instance.dag_id),
                task_id=_text(instance.task_id),
                run_id=_text(instance.run_id),
                map_index=int(instance.map_index),
                try_number=int(instance.try_number),
                max_tries=int(instance.max_tries),
                retries=int(getattr(facts.get("task"), "retries", 0) or 0),
                begun_at=_begin(facts.get("dag_run")),
            )
        except (AttributeError, TypeError, ValueError):
            return None

    @property
    def task(self) -> str:
        """A name of the task instance, the same for all of its tries."""
        return json.dumps([self.dag_id, self.task_id, self.run_id, self.map_index])

    @property
    def names(self) -> dict[str, Any]:
        """What names the task instance, for people to read in Extend."""
        return {
            "dag_id": self.dag_id,
            "task_id": self.task_id,
            "run_id": self.run_id,
            "map_index": self.map_index,
        }

    @property
    def series(self) -> int:
        """The same for a try and its retries; another one after a Clear."""
        return self.max_tries

    @property
    def is_first(self) -> bool:
        """
        Whether no try of this series has come before: it is the task's first, or a Clear's.

        A Clear sets ``max_tries`` to the tries before it and the task's retries. Any other sum is that of a task whose
        retries were changed in its DAG meanwhile, which says nothing.
        """
        return self.try_number <= 1 or self.try_number == self.max_tries - self.retries + 1

    @property
    def may_have_been_cleared(self) -> bool:
        """Whether there may be runs of an earlier series."""
        return self.max_tries != self.retries


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _begin(dag_run: Any) -> datetime | None:
    moment = getattr(dag_run, "start_date", None)
    if not isinstance(moment, datetime):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


@dataclass(frozen=True)
class Note:
    """
    What a try notes down for the tries after it. No form value, key or URL is in it.

    :param fingerprint: of the input.
    :param max_tries: see :class:`TaskTry`.
    :param submitted_at: just before the run was asked for, in ISO format.
    :param run_id: the run; ``None`` as long as it is not known whether there is one.
    :param other_than: runs that are known not to be it: of tries that came to nothing, or from before a Clear.
    :param place: fingerprint of the input but for the content of its files, which may be gone when a retry looks.
    """

    fingerprint: str
    max_tries: int
    submitted_at: str
    run_id: str | None = None
    other_than: tuple[str, ...] = ()
    place: str | None = None

    @property
    def moment(self) -> datetime:
        """When the run was asked for."""
        return datetime.fromisoformat(self.submitted_at)


class Notebook:
    """
    Airflow's task state store (3.3 and newer), which outlives the try, as far as a run is concerned.

    :param store: ``context["task_state_store"]``.
    :param key: where in it; a task that creates runs of two kinds has two.
    """

    def __init__(self, store: Any, key: str = _KEY) -> None:
        self._store = store
        self._key = key

    def read(self) -> Note | None:
        """Return the note of an earlier try; ``None`` when there is none that this version can read."""
        found = self._store.get(self._key)
        try:
            needed = {name: found[name] for name in ("fingerprint", "max_tries", "submitted_at", "run_id")}
            # Not there in notes of an earlier version.
            note = Note(**needed, other_than=tuple(found.get("other_than", ())), place=found.get("place"))
            _ = note.moment
        except (KeyError, TypeError, ValueError):
            return None
        return note

    def write(self, note: Note) -> None:
        """Store a note, in the place of the one before."""
        # Airflow takes lists, not tuples.
        self._store.set(self._key, {**asdict(note), "other_than": list(note.other_than)})

    def forget(self) -> None:
        """Remove the note: it is certain that no run was created."""
        self._store.delete(self._key)

    def uploads(self, mark: str) -> dict[str, str]:
        """
        Return the ids of files that earlier tries have uploaded.

        :param mark: of the run that they are for, which tells its input and series.
        :return: id by what the file is called in the note.
        """
        found = self._store.get(f"{self._key}_files")
        try:
            return dict(found["files"]) if found["mark"] == mark else {}
        except (KeyError, TypeError, ValueError):
            return {}

    def write_uploads(self, mark: str, files: Mapping[str, str]) -> None:
        """Store the ids of files that were uploaded; see :meth:`uploads`."""
        self._store.set(f"{self._key}_files", {"mark": mark, "files": dict(files)})


def notebook(context: Context, key: str = _KEY) -> Notebook | None:
    """Return the notebook of a task; ``None`` on an Airflow that has none."""
    store = cast("Mapping[str, Any]", context).get("task_state_store")
    return None if store is None else Notebook(store, key)
