"""Ending a run that nobody waits for any more."""

from __future__ import annotations

from extend_provider.client.calls import cancel_run, delete_run, get_run
from extend_provider.client.exchange import Core
from extend_provider.client.flow import Flow
from extend_provider.exceptions import ExtendInvalidRequestError, ExtendNotFoundError
from extend_provider.kinds import RunKind
from extend_provider.models import Run

__all__ = ["end_run"]

_GOES_ON = "it goes on and is paid for. Wait for it with a sensor"


def end_run(core: Core, kind: RunKind, run_id: str, *, cancel: bool, delete: bool) -> Flow[str]:
    """
    Cancel or delete a run; but leave alone a run that has ended, with its result.

    :param core: settings, pace and clocks.
    :param kind: its kind.
    :param run_id: the run.
    :param cancel: whether to cancel it, where its kind allows that.
    :param delete: whether to delete it, where its kind allows that; it stops nothing and refunds nothing.
    :return: what became of it, as the rest of a sentence about the run.
    """
    cancel, delete = cancel and kind.cancellable, delete and kind.deletable
    if not cancel and not delete:
        goes_on = f"{_GOES_ON}, or delete it" if kind.deletable else _GOES_ON
        return f"was left alone: {goes_on}" if kind.cancellable else f"cannot be cancelled: {goes_on}"
    try:
        return (yield from _ended(core, kind, run_id, cancel=cancel, delete=delete))
    except ExtendNotFoundError:
        return "was deleted already"


def _ended(core: Core, kind: RunKind, run_id: str, *, cancel: bool, delete: bool) -> Flow[str]:
    # Not looked at first: when hundreds of tasks are killed at once, the pace lets each have few requests in its time.
    cancelled = (yield from _cancelled(core, kind, run_id)) if cancel else None
    run = cancelled or (yield from get_run(core, kind, run_id))
    if run.status in kind.succeeded or (kind.is_finished(run.status) and not cancelled):
        return f"had ended as {run.status}"
    if delete:
        yield from delete_run(core, kind, run_id, missing_ok=True)
        return "was deleted"
    return f"was cancelled (it is {run.status})" if cancelled else f"cannot be cancelled while {run.status}: {_GOES_ON}"


def _cancelled(core: Core, kind: RunKind, run_id: str) -> Flow[Run | None]:
    """Cancel a run; ``None`` where Extend refuses, for example because the run has ended or waits for a human."""
    try:
        return (yield from cancel_run(core, kind, run_id))
    except (ExtendInvalidRequestError, ExtendNotFoundError):
        return None
