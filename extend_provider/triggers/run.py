"""The trigger that waits for a run, of whatever kind."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from extend_provider.events import error_event, success_event
from extend_provider.exceptions import ExtendConfigurationError, ExtendError, ExtendOutcomeUnknownError

if TYPE_CHECKING:
    from extend_provider.client import ClientSettings
    from extend_provider.models import Run

__all__ = ["ExtendRunTrigger"]

# An event that fires this soon can overtake the scheduler's own note of the deferral, which then fails the task:
# https://github.com/apache/airflow/issues/71580
_EARLIEST = 1.0


class ExtendRunTrigger(BaseTrigger):
    """
    Wait for a run to end, then fire one event; also for a failed run, a passed deadline and an error.

    Operators and sensors of this package defer to it. A trigger that a triggerer drops, because it restarts or hands it
    to another one, leaves the run alone; only a user who kills the task ends it, as far as that was asked for.

    Its arguments are stored in Airflow's database in clear text, so none is secret. New ones will have defaults, so
    that waits survive an upgrade.

    :param run_id: the run.
    :param kind: its kind; default ``edit``.
    :param extend_conn_id: id of an Airflow connection of type ``extend``.
    :param poll_interval: seconds between looks; default ``None``: often at first, less often as the run ages.
    :param deadline: moment at which the wait ends without a result, in ISO format with time zone (or a ``datetime``);
        default ``None``: never. Being absolute, it survives restarts of worker and triggerer.
    :param cancel_on_kill: whether the run is cancelled when a user kills the deferred task (Airflow 3.3 and newer);
        default false.
    :param delete_on_kill: whether the run is deleted then; default false.
    :param on_review: what the task does with a run that a human has to look at; default ``wait``. With anything else,
        such a run ends the wait, and the worker does it.
    """

    def __init__(
        self,
        run_id: str,
        kind: str = "edit",
        extend_conn_id: str = "extend_default",
        poll_interval: float | None = None,
        deadline: str | datetime | None = None,
        cancel_on_kill: bool = False,
        delete_on_kill: bool = False,
        on_review: str = "wait",
        **_: Any,
    ) -> None:
        # Only assigns, and takes what it does not know: an exception here would stop the whole triggerer.
        super().__init__()  # type: ignore[no-untyped-call]
        self.run_id = run_id
        self.kind = kind
        self.extend_conn_id = extend_conn_id
        self.poll_interval = poll_interval
        self.deadline = deadline
        self.cancel_on_kill = cancel_on_kill
        self.delete_on_kill = delete_on_kill
        self.on_review = on_review

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class path and the arguments, as plain JSON."""
        deadline = self.deadline.isoformat() if isinstance(self.deadline, datetime) else self.deadline
        return (
            "extend_provider.triggers.run.ExtendRunTrigger",
            {
                "run_id": self.run_id,
                "kind": self.kind,
                "extend_conn_id": self.extend_conn_id,
                "poll_interval": self.poll_interval,
                "deadline": deadline,
                "cancel_on_kill": self.cancel_on_kill,
                "delete_on_kill": self.delete_on_kill,
                "on_review": self.on_review,
            },
        )

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """
        Wait, and fire.

        :return: exactly one event: :func:`extend_provider.events.success_event` or ``error_event``.
        """
        from extend_provider.watch.loading import load

        began = time.monotonic()
        await load()
        from extend_provider.kinds import run_kind
        from extend_provider.results import result_of

        try:
            run = await self._wait()
            event = success_event(self.kind, result_of(run_kind(self.kind, self.on_review), run))
        except ExtendError as error:
            event = error_event(self.kind, self.run_id, error)
        except Exception as error:  # An escaping exception would lose its type and the run's id.
            self.log.exception("Waiting for Extend %s run %s broke.", self.kind, self.run_id)
            event = error_event(self.kind, self.run_id, self._broken(error))
        await asyncio.sleep(max(0.0, began + _EARLIEST - time.monotonic()))
        yield TriggerEvent(event)  # type: ignore[no-untyped-call]

    def _wait(self) -> Coroutine[Any, Any, Run]:
        """Wait for the run. This is the one seam through which all waiting in a triggerer goes."""
        from extend_provider._compat import stats
        from extend_provider.client import Wait
        from extend_provider.kinds import run_kind
        from extend_provider.watch.registry import watch

        wait = Wait(
            kind=run_kind(self.kind, self.on_review),
            run_id=self.run_id,
            poll_interval=self.poll_interval,
            deadline=self._deadline(),
        )
        return watch(self.extend_conn_id, self._read_settings, wait, stats())

    async def _read_settings(self) -> ClientSettings:
        # A hook for each reading, not one for each of thousands of waits.
        from extend_provider.hooks.extend import ExtendHook

        return await ExtendHook(self.extend_conn_id).asettings()

    async def on_kill(self) -> None:
        """End the run, if a user really killed the task: Airflow also calls this when a trigger moves elsewhere."""
        from extend_provider.hooks.extend import ExtendHook
        from extend_provider.killing import end_from_triggerer

        await end_from_triggerer(
            ExtendHook(self.extend_conn_id),
            self.task_instance,
            self.kind,
            self.run_id,
            cancel=self.cancel_on_kill,
            delete=self.delete_on_kill,
        )

    def _deadline(self) -> datetime | None:
        if self.deadline is None:
            return None
        try:
            moment = datetime.fromisoformat(str(self.deadline).replace("Z", "+00:00"))
        except ValueError:
            raise ExtendConfigurationError(
                f"The deadline {str(self.deadline)[:40]!r} is not a date in ISO format.",
                hint="Example: 2026-03-04T10:15:00+00:00.",
            ) from None
        return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)

    def _broken(self, error: Exception) -> ExtendOutcomeUnknownError:
        return ExtendOutcomeUnknownError(
            f"Waiting for Extend {self.kind} run {self.run_id} broke with {type(error).__name__}; the run may be fine.",
            hint="The triggerer's log has the traceback. Wait for this id with a sensor; create no other.",
            run_id=self.run_id,
        )
