"""Waiting for the end of one run by looking at it. A flow, so that worker and triggerer wait by the same rule."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from extend_provider.client.calls import get_run
from extend_provider.client.exchange import Core
from extend_provider.client.flow import Flow, Pause
from extend_provider.client.pacing import next_delay
from extend_provider.exceptions import (
    ExtendApiError,
    ExtendConfigurationError,
    ExtendError,
    ExtendOutcomeUnknownError,
    ExtendRunTimeoutError,
    ExtendUnknownStatusError,
)
from extend_provider.kinds import RunKind
from extend_provider.models import Run

__all__ = ["Wait", "out_of_time", "seconds_left", "wait_for_run"]

log = logging.getLogger(__name__)

# One look gives up soon: the next one is a better retry, because the deadline is checked in between.
_LOOK_RETRY_FOR = 15.0


@dataclass(frozen=True, slots=True)
class Wait:
    """
    What is waited for.

    :param kind: kind of the run.
    :param run_id: the run.
    :param poll_interval: fixed seconds between looks, or ``None`` to adapt to the run's age.
    :param deadline: moment, with time zone, at which the wait ends without a result; ``None`` for never.
    """

    kind: RunKind
    run_id: str
    poll_interval: float | None = None
    deadline: datetime | None = None

    def __post_init__(self) -> None:
        if self.deadline is not None and self.deadline.tzinfo is None:
            raise ExtendConfigurationError(
                "The deadline has no time zone.",
                hint="For example: datetime.now(timezone.utc) + timedelta(minutes=30).",
            )


def wait_for_run(core: Core, wait: Wait) -> Flow[Run]:
    """
    Look at a run until it ends.

    Failures that may pass (no answer, 5xx, 429) never end the wait before its deadline, and an outage is logged once.

    :return: the finished run, successful or failed.
    :raises ExtendRunTimeoutError: it was still running at the deadline.
    :raises ExtendUnknownStatusError: at the deadline its status was one that this version does not know.
    :raises ExtendOutcomeUnknownError: at the deadline Extend did not answer.
    :raises ExtendApiError: Extend refused the look for good, for example because the run was deleted.
    """
    began = core.clock()
    outage: ExtendError | None = None
    while True:
        run = None
        try:
            patience = min(_LOOK_RETRY_FOR, max(0.0, seconds_left(core, wait)))
            run = yield from get_run(core, wait.kind, wait.run_id, retry_for=patience)
        except ExtendError as error:
            if not error.retryable:
                raise
            if outage is None:
                log.warning("Extend %s run %s cannot be seen for now: %s", wait.kind.name, wait.run_id, error)
            outage = error
        else:
            if outage is not None:
                log.info("Extend %s run %s can be seen again.", wait.kind.name, wait.run_id)
            outage = None
            if wait.kind.is_finished(run.status):
                return run
            log.debug("Extend %s run %s is %s", wait.kind.name, wait.run_id, run.status)
        left = seconds_left(core, wait)
        if left <= 0:
            raise out_of_time(wait, run, outage)
        yield Pause(min(next_delay(core.clock() - began, wait.poll_interval, wait.run_id), left))


def seconds_left(core: Core, wait: Wait) -> float:
    """Return the seconds until a wait's deadline; infinite without one."""
    return (wait.deadline - core.utcnow()).total_seconds() if wait.deadline else float("inf")


def out_of_time(wait: Wait, run: Run | None, outage: ExtendError | None) -> ExtendError:
    """
    Return the error of a wait whose deadline has passed.

    :param wait: the wait.
    :param run: the run as seen at the deadline, or ``None`` when it could not be seen.
    :param outage: why it could not be seen.
    """
    when = f"{wait.deadline:%Y-%m-%d %H:%M:%S %Z}"
    name = f"Extend {wait.kind.name} run {wait.run_id}"
    if run is None:
        code = outage.status_code if isinstance(outage, ExtendApiError) else None
        return ExtendOutcomeUnknownError(
            f"Whether {name} ended is unknown: Extend did not answer up to the deadline {when}. Last problem: {outage}",
            hint="The run may well be finished, and it is paid for: wait for this id with a sensor, create no other.",
            run_id=wait.run_id,
            status_code=code,
        )
    known = wait.kind.is_known(run.status)
    cls = ExtendRunTimeoutError if known else ExtendUnknownStatusError
    strange = "" if known else ", a status that this version of the provider does not know"
    stop = "" if wait.kind.cancellable else f" Extend cannot cancel {wait.kind.name} runs: it goes on and is paid for."
    return cls(
        f"{name} did not end by the deadline {when}; its last status is {run.status}{strange}.{stop}",
        hint="Raise timeout, or wait for this id with a sensor.",
        run_id=wait.run_id,
        kind=wait.kind.name,
        status=run.status,
    )
