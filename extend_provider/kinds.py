"""
One description per kind of run. Everything else (client, operators, sensor, trigger) reads it and knows no kind by
name.

Statuses are an open world: a status in none of the sets counts as *not finished* until the caller's deadline, because
treating a new name for "still working" as an end would lose a paid result.
"""

from __future__ import annotations

from dataclasses import dataclass

from extend_provider.exceptions import ExtendConfigurationError

__all__ = ["EDIT", "RUN_KINDS", "RunKind", "run_kind"]


@dataclass(frozen=True)
class RunKind:
    """
    What is particular to a kind of run.

    :param name: the word for it in arguments, events and logs.
    :param path: its collection under the base URL.
    :param running: statuses that mean "not finished".
    :param succeeded: statuses that mean "finished, with a result".
    :param failed: statuses that mean "finished, without a result".
    :param cancellable: whether the API can stop a run of this kind.
    """

    name: str
    path: str
    running: frozenset[str]
    succeeded: frozenset[str]
    failed: frozenset[str]
    cancellable: bool

    def is_finished(self, status: str) -> bool:
        """Whether a run with this status will not change any more."""
        return status in self.succeeded or status in self.failed

    def is_known(self, status: str) -> bool:
        """Whether this version knows the status at all."""
        return status in self.running or self.is_finished(status)


EDIT = RunKind(
    name="edit",
    path="/edit_runs",
    running=frozenset({"PROCESSING"}),
    succeeded=frozenset({"PROCESSED"}),
    failed=frozenset({"FAILED"}),
    cancellable=False,
)

RUN_KINDS: dict[str, RunKind] = {kind.name: kind for kind in (EDIT,)}


def run_kind(name: str) -> RunKind:
    """
    Return the description of a kind.

    :raises ExtendConfigurationError: there is no such kind.
    """
    try:
        return RUN_KINDS[name]
    except KeyError:
        raise ExtendConfigurationError(
            f"Unknown run kind {name!r}.", hint=f"Kinds that this version knows: {', '.join(RUN_KINDS)}."
        ) from None
