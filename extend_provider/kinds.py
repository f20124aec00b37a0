"""
One description per kind of run. Everything else (client, operators, sensor, trigger, search) reads it and knows no kind
by name.

Statuses are an open world: a status in none of the sets counts as *not finished* until the caller's deadline, because
treating a new name for "still working" as an end would lose a paid result.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from extend_provider.exceptions import ExtendConfigurationError

__all__ = [
    "CLASSIFY",
    "EDIT",
    "EXTRACT",
    "FORM_DETECTION",
    "PARSE",
    "RUN_KINDS",
    "SPLIT",
    "WORKFLOW",
    "RunKind",
    "agreed_kind",
    "guess_kind",
    "run_kind",
]


# Compared by identity: the watcher keeps thousands of waits by kind.
@dataclass(frozen=True, eq=False)
class RunKind:
    """
    What is particular to a kind of run.

    :param name: the word for it in arguments, events and logs.
    :param path: its collection under the base URL.
    :param id_prefix: how ids of its runs begin today; only a hint, as the API may change it.
    :param running: statuses that mean "not finished".
    :param succeeded: statuses that mean "finished, with a result".
    :param failed: statuses that mean "finished, without a result".
    :param decided: those of ``failed`` that somebody has decided, so that no other run is made instead.
    :param in_review: statuses that mean "waits for a human".
    :param cancellable: whether the API can stop a run of this kind.
    :param listed: whether its runs can be listed.
    :param deletable: whether its runs can be deleted.
    :param sortable: whether the list can be sorted.
    :param takes_metadata: whether a run carries the client's own ``metadata``.
    :param lists_metadata: whether the list shows them.
    :param gives_file: whether a run without an output file has no result.
    :param gives_text: whether the result is the document's text.
    :param gives_schema: whether a run without a schema has no result.
    :param in_dashboard: whether the API gives the URL of a run's page in Extend's dashboard.
    :param look: query parameters for looking at a run, so that its result need not be read with it.
    :param look_whole: query parameters for looking at a run with its result.
    :param sync_path: the endpoint that creates a run and answers with its result; ``None`` where there is none.
    :param batch_is_run: whether creating a batch answers with a record of it, which can be looked at; ``None`` where
        there are no batches.
    """

    name: str
    path: str
    id_prefix: str
    running: frozenset[str] = frozenset({"PENDING", "PROCESSING"})
    succeeded: frozenset[str] = frozenset({"PROCESSED"})
    failed: frozenset[str] = frozenset({"FAILED", "CANCELLED"})
    decided: frozenset[str] = frozenset({"CANCELLED"})
    in_review: frozenset[str] = frozenset()
    cancellable: bool = True
    listed: bool = True
    deletable: bool = True
    sortable: bool = True
    takes_metadata: bool = True
    lists_metadata: bool = True
    gives_file: bool = False
    gives_text: bool = False
    gives_schema: bool = False
    in_dashboard: bool = True
    look: tuple[tuple[str, str], ...] = ()
    look_whole: tuple[tuple[str, str], ...] = ()
    sync_path: str | None = None
    batch_is_run: bool | None = True

    @property
    def has_feed(self) -> bool:
        """Whether the list can be read newest change first."""
        return self.listed and self.sortable

    def is_finished(self, status: str) -> bool:
        """Whether a run with this status will not change any more."""
        return status in self.succeeded or status in self.failed

    def is_known(self, status: str) -> bool:
        """Whether this version knows the status at all."""
        return status in self.running or status in self.in_review or self.is_finished(status)

    def is_worth_another(self, status: str) -> bool:
        """Whether a retry should create another run in the place of one with this status."""
        return status in self.failed and status not in self.decided

    @cached_property
    def until_review(self) -> RunKind:
        """The same kind for those whose wait ends also when a human has to look at the run."""
        return replace(self, succeeded=self.succeeded | self.in_review) if self.in_review else self


EDIT = RunKind(
    name="edit",
    path="/edit_runs",
    id_prefix="edr_",
    running=frozenset({"PROCESSING"}),
    failed=frozenset({"FAILED"}),
    decided=frozenset(),
    cancellable=False,
    takes_metadata=False,
    lists_metadata=False,
    gives_file=True,
    in_dashboard=False,
    sync_path="/edit",
    batch_is_run=None,
)

FORM_DETECTION = RunKind(
    name="form_detection",
    path="/form_detection_runs",
    id_prefix="sgr_",
    running=frozenset({"PROCESSING"}),
    failed=frozenset({"FAILED"}),
    decided=frozenset(),
    cancellable=False,
    listed=False,
    deletable=False,
    takes_metadata=False,
    lists_metadata=False,
    gives_schema=True,
    in_dashboard=False,
    sync_path="/detect_form",
    batch_is_run=None,
)

PARSE = RunKind(
    name="parse",
    path="/parse_runs",
    id_prefix="pr_",
    sortable=False,
    gives_text=True,
    in_dashboard=False,
    # A result may have hundreds of megabytes; with this, the answer holds a link to it.
    look=(("responseType", "url"),),
    look_whole=(("responseType", "json"),),
    sync_path="/parse",
)

EXTRACT = RunKind(name="extract", path="/extract_runs", id_prefix="exr_", sync_path="/extract")

CLASSIFY = RunKind(name="classify", path="/classify_runs", id_prefix="clr_", sync_path="/classify")

SPLIT = RunKind(name="split", path="/split_runs", id_prefix="splr_", sync_path="/split")

WORKFLOW = RunKind(
    name="workflow",
    path="/workflow_runs",
    id_prefix="workflow_run_",
    running=frozenset({"PENDING", "PROCESSING", "CANCELLING"}),
    failed=frozenset({"FAILED", "CANCELLED", "REJECTED"}),
    decided=frozenset({"CANCELLED", "REJECTED"}),
    in_review=frozenset({"NEEDS_REVIEW"}),
    lists_metadata=False,
    batch_is_run=False,
)

RUN_KINDS: dict[str, RunKind] = {
    kind.name: kind for kind in (EDIT, PARSE, EXTRACT, CLASSIFY, SPLIT, WORKFLOW, FORM_DETECTION)
}


def run_kind(name: str, on_review: str = "wait") -> RunKind:
    """
    Return the description of a kind.

    :param name: its name.
    :param on_review: what a task does when a human has to look at the run; unless it waits for that, the description
        counts such a run as finished.
    :raises ExtendConfigurationError: there is no such kind.
    """
    try:
        kind = RUN_KINDS[name]
    except (KeyError, TypeError):
        raise ExtendConfigurationError(
            f"Unknown run kind {name!r}.", hint=f"Kinds that this version knows: {', '.join(RUN_KINDS)}."
        ) from None
    return kind if on_review == "wait" else kind.until_review


def guess_kind(run_id: str) -> RunKind:
    """
    Return the kind that a run's id tells.

    :raises ExtendConfigurationError: it tells none.
    """
    if kind := _told_by(run_id):
        return kind
    raise ExtendConfigurationError(
        f"The id {run_id[:40]!r} does not tell the kind of the run.",
        hint=f"Give kind, one of: {', '.join(RUN_KINDS)}.",
    )


def agreed_kind(run_id: str, name: str | None) -> RunKind:
    """
    Return the kind of a run that is to be deleted: among runs of another kind it would seem to be gone already.

    :param run_id: the run's id.
    :param name: the name of its kind; ``None`` leaves it to the id.
    :raises ExtendConfigurationError: there is no such kind, or the id tells another one, or none and there is no name.
    """
    if name is None:
        return guess_kind(run_id)
    kind, told = run_kind(name), _told_by(run_id)
    if told and told is not kind:
        raise ExtendConfigurationError(
            f"{run_id[:40]!r} is not the id of an Extend {kind.name} run, but of one of kind {told.name}.",
            hint="Is it the id of the task that was meant? ExtendDeleteRunOperator takes runs of every kind.",
        )
    return kind


def _told_by(run_id: str) -> RunKind | None:
    return next((kind for kind in RUN_KINDS.values() if run_id.startswith(kind.id_prefix)), None)
