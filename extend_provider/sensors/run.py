"""Sensors that wait for the end of a run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from extend_provider._compat import AirflowSensorTimeout, BaseSensorOperator, PokeReturnValue, conf
from extend_provider.arguments import required_text
from extend_provider.events import read_event
from extend_provider.exceptions import ExtendError, ExtendRunTimeoutError, restore
from extend_provider.hooks.extend import ExtendHook
from extend_provider.run_task import RunTask

if TYPE_CHECKING:
    from extend_provider._compat import Context, XComArg

__all__ = ["ExtendEditRunSensor", "ExtendRunSensor", "ExtendSensorTimeoutError"]


class ExtendSensorTimeoutError(ExtendRunTimeoutError, AirflowSensorTimeout):  # type: ignore[misc]
    """
    The run did not end within the sensor's ``timeout``.

    As for every sensor, it is not retried, and ``soft_fail`` turns it into a skip.
    """


class ExtendRunSensor(RunTask, BaseSensorOperator):
    """
    Wait for the end of a run of any kind, in ``poke``, ``reschedule`` or deferred mode.

    Deferred is the mode to prefer: it holds no worker, and all waits of a triggerer keep one pace. Failures that may
    pass (no answer, 5xx, 429) never end the wait before its timeout.

    :param run_id: the run.
    :param kind: its kind; default ``edit``.
    :param extend_conn_id: id of an Airflow connection of type ``extend``; default ``extend_default``.
    :param deferrable: whether to wait in the triggerer; default ``[operators] default_deferrable``.
    :param poll_interval: deferred mode: seconds between looks; default ``None``: often at first, less often as the
        run ages.
        The other modes look every ``poke_interval`` seconds.
    :param include_filled_values: whether ``return_value`` also holds ``filled_values``; default false: they are
        personal data.
    :param timeout: seconds from the start of the sensor after which it gives up; Airflow's default is seven days.
    :return: a dict of ``run_id``, ``status``, ``output_file_ids``, ``filled_fields``, ``credits``, ``page_count``; XCom
        ``run_id`` and ``output_file_ids`` are pushed too: the same as from the operator that creates the run.
    :raises ExtendRunFailedError: Extend reports a failure, with reason and remedy.
    :raises ExtendNoOutputError: the run is processed, but gave no file.
    :raises ExtendSensorTimeoutError: the run did not end within ``timeout``.
    :raises ExtendOutcomeUnknownError: Extend did not answer up to the timeout.
    :raises ExtendApiError: Extend refused a look, for example because the run was deleted.
    """

    template_fields: Sequence[str] = ("run_id", "kind", "extend_conn_id", "poll_interval")
    ui_color = "#e8f0fe"

    def __init__(
        self,
        *,
        run_id: str | XComArg,
        kind: str = "edit",
        extend_conn_id: str = ExtendHook.default_conn_name,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        poll_interval: float | None = None,
        include_filled_values: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.run_id = run_id
        self.kind = kind
        self.extend_conn_id = extend_conn_id
        self.deferrable = deferrable
        self.poll_interval = poll_interval
        self.include_filled_values = include_filled_values

    def execute(self, context: Context) -> Any:
        """Wait in the chosen mode."""
        run_id = required_text(self.run_id, "run_id")
        self.publish_run_id(context, run_id)
        with self.hook:
            if not self.deferrable:
                return super().execute(context)
            # A run that has ended already needs no triggerer.
            first = self.poke(context)
            return first.xcom_value if first else self.wait_in_triggerer(run_id, self._deadline())

    def _deadline(self) -> datetime:
        timeout: Any = self.timeout  # seconds on Airflow 3, and whatever was given on 2
        return datetime.now(timezone.utc) + (timeout if isinstance(timeout, timedelta) else timedelta(seconds=timeout))

    def poke(self, context: Context) -> PokeReturnValue:
        """
        Look once.

        :return: done, with the result, when the run has ended; not done also when Extend does not answer for now.
        """
        from extend_provider.kinds import run_kind
        from extend_provider.results import result_of

        kind, run_id = run_kind(self.kind), required_text(self.run_id, "run_id")
        try:
            run = self.hook.get_run(run_id, self.kind)
        except ExtendError as error:
            if not error.retryable:
                raise
            self.log.warning("Extend %s run %s cannot be seen for now: %s", self.kind, run_id, error)
            return PokeReturnValue(is_done=False)
        if not kind.is_finished(run.status):
            self.log.info("Extend %s run %s is %s.", self.kind, run_id, run.status)
            return PokeReturnValue(is_done=False)
        return PokeReturnValue(is_done=True, xcom_value=self.finish(context, result_of(kind, run)))

    def execute_complete(self, context: Context, event: Any = None, **_: Any) -> dict[str, Any]:
        """Go on after the triggerer has waited: publish and return the result, or raise what the wait met."""
        try:
            result = read_event(event)
        except ExtendRunTimeoutError as error:
            raise restore(ExtendSensorTimeoutError, vars(error)) from None
        with self.hook:
            return self.finish(context, result)


class ExtendEditRunSensor(ExtendRunSensor):
    """
    Wait for the end of an edit run, as created by ``ExtendCreateEditRunOperator(wait_for_completion=False)``.

    ::

        filled = ExtendEditRunSensor(task_id="filled", run_id=create.output, deferrable=True)

    Arguments, result and errors are those of :class:`ExtendRunSensor`, without ``kind``.
    """

    template_fields: Sequence[str] = ("run_id", "extend_conn_id", "poll_interval")

    def __init__(self, *, run_id: str | XComArg, **kwargs: Any) -> None:
        super().__init__(run_id=run_id, kind="edit", **kwargs)
