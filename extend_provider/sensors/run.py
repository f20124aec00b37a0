"""Sensors that wait for the end of a run."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from extend_provider._compat import AirflowSensorTimeout, BaseSensorOperator, PokeReturnValue, conf
from extend_provider.arguments import ON_REVIEW, one_of, required_text
from extend_provider.events import read_event
from extend_provider.exceptions import ExtendConfigurationError, ExtendError, ExtendRunTimeoutError, restore
from extend_provider.hooks.extend import ExtendHook
from extend_provider.links import ExtendRunLink, store_run_url
from extend_provider.run_task import RunTask

if TYPE_CHECKING:
    from extend_provider._compat import BaseOperatorLink, Context, ObjectStoragePath, XComArg
    from extend_provider.kinds import RunKind

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
    :param kind: its kind: ``edit``, ``parse``, ``extract``, ``classify``, ``split``, ``workflow`` or
        ``form_detection``; default ``None``: told by the id.
    :param extend_conn_id: id of an Airflow connection of type ``extend``; default ``extend_default``.
    :param deferrable: whether to wait in the triggerer; default ``[operators] default_deferrable``.
    :param poll_interval: deferred mode: seconds between looks; default ``None``: often at first, less often as the
        run ages.
        The other modes look every ``poke_interval`` seconds.
    :param include_filled_values: whether ``return_value`` also holds ``filled_values``; default false: they are
        personal data.
    :param include_output: whether ``return_value`` also holds ``output``, all that the run gave, with the names of the
        API; default false, as it may be personal and large.
    :param result_path: local path or ``ObjectStoragePath`` URI to which ``output`` is written as JSON; that of a parse
        run in constant memory.
    :param markdown_path: local path or ``ObjectStoragePath`` URI to which the text of a parse run is written.
    :param on_review: what becomes of a workflow run that a human has to look at (``NEEDS_REVIEW``): ``wait`` for the
        human (default), ``succeed`` with that status, ``skip`` the task or ``fail``.
    :param timeout: seconds from the start of the sensor after which it gives up; Airflow's default is seven days.
    :return: a dict of ``run_id``, ``status``, ``output_file_ids``, ``credits``, ``page_count`` and what the kind tells
        besides; XCom ``run_id`` and ``output_file_ids``, of a form detection also ``schema``, are pushed too: the same
        as from the operator that creates the run.
    :raises ExtendConfigurationError: the id does not tell the kind, or an argument cannot work.
    :raises ExtendRunFailedError: Extend reports a failure, with reason and remedy.
    :raises ExtendNoOutputError: the run is processed, but gave no file or no schema.
    :raises ExtendReviewNeededError: a human has to look at the run, and ``on_review`` is ``fail``.
    :raises ExtendFileError: a result cannot be written.
    :raises ExtendSensorTimeoutError: the run did not end within ``timeout``.
    :raises ExtendOutcomeUnknownError: Extend did not answer up to the timeout.
    :raises ExtendApiError: Extend refused a look, for example because the run was deleted.
    """

    template_fields: Sequence[str] = (
        "run_id",
        "kind",
        "extend_conn_id",
        "poll_interval",
        "on_review",
        "result_path",
        "markdown_path",
    )
    operator_extra_links: Collection[BaseOperatorLink] = (ExtendRunLink(),)
    ui_color = "#e8f0fe"
    _has_stored_url = False

    def __init__(
        self,
        *,
        run_id: str | XComArg,
        kind: str | None = None,
        extend_conn_id: str = ExtendHook.default_conn_name,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        poll_interval: float | None = None,
        include_filled_values: bool = False,
        include_output: bool = False,
        result_path: str | ObjectStoragePath | None = None,
        markdown_path: str | ObjectStoragePath | None = None,
        on_review: str = "wait",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.run_id = run_id
        # As a rule the id tells it, once it is known.
        self.kind = kind or ""
        self.extend_conn_id = extend_conn_id
        self.deferrable = deferrable
        self.poll_interval = poll_interval
        self.include_filled_values = include_filled_values
        self.include_output = include_output
        self.result_path = result_path
        self.markdown_path = markdown_path
        self.on_review = on_review

    def execute(self, context: Context) -> Any:
        """Wait in the chosen mode."""
        from extend_provider.hooks.files import check_destinations

        with self.at_once_if_hopeless(), self.hook:
            run_id, _ = self._target()
            check_destinations(self.result_path, self.markdown_path)
            self.publish_run_id(context, run_id)
            self._has_stored_url = False
            if not self.deferrable:
                return super().execute(context)
            # A run that has ended already needs no triggerer.
            first = self.poke(context)
            return first.xcom_value if first else self.wait_in_triggerer(run_id, self._deadline())

    def _target(self) -> tuple[str, RunKind]:
        """The run and its kind."""
        from extend_provider.kinds import guess_kind, run_kind

        run_id = required_text(self.run_id, "run_id")
        self.kind = self.kind or guess_kind(run_id).name
        kind = run_kind(self.kind, one_of(ON_REVIEW, self.on_review, "on_review"))
        if self.markdown_path and not kind.gives_text:
            raise ExtendConfigurationError(f"markdown_path is for parse runs; {run_id} is of kind {kind.name}.")
        return run_id, kind

    def _deadline(self) -> datetime:
        timeout: Any = self.timeout  # seconds on Airflow 3, and whatever was given on 2
        return datetime.now(timezone.utc) + (timeout if isinstance(timeout, timedelta) else timedelta(seconds=timeout))

    def poke(self, context: Context) -> PokeReturnValue:
        """
        Look once.

        :return: done, with the result, when the run has ended; not done also when Extend does not answer for now.
        """
        from extend_provider.results import result_of

        run_id, kind = self._target()
        try:
            run = self.hook.get_run(run_id, self.kind)
        except ExtendError as error:
            if not error.retryable:
                raise
            self.log.warning("Extend %s run %s cannot be seen for now: %s", self.kind, run_id, error)
            return PokeReturnValue(is_done=False)
        if not self._has_stored_url:
            store_run_url(context["ti"], run)
            self._has_stored_url = True
        if not kind.is_finished(run.status):
            self.log.info("Extend %s run %s is %s.", self.kind, run_id, run.status)
            return PokeReturnValue(is_done=False)
        return PokeReturnValue(is_done=True, xcom_value=self.finish(context, result_of(kind, run)))

    def execute_complete(self, context: Context, event: Any = None, awaited: Any = None, **_: Any) -> dict[str, Any]:
        """Go on after the triggerer has waited: publish and return the result, or raise what the wait met."""
        with self.at_once_if_hopeless(), self.hook:
            self._target()
            try:
                result = read_event(self.own_event(event, awaited))
            except ExtendRunTimeoutError as error:
                raise restore(ExtendSensorTimeoutError, vars(error)) from None
            return self.finish(context, result)


class ExtendEditRunSensor(ExtendRunSensor):
    """
    Wait for the end of an edit run, as created by ``ExtendCreateEditRunOperator(wait_for_completion=False)``.

    ::

        filled = ExtendEditRunSensor(task_id="filled", run_id=create.output, deferrable=True)

    Arguments, result and errors are those of :class:`ExtendRunSensor`, without ``kind``.
    """

    template_fields: Sequence[str] = tuple(name for name in ExtendRunSensor.template_fields if name != "kind")
    # The API gives no dashboard URL for edit runs.
    operator_extra_links = ()

    def __init__(self, *, run_id: str | XComArg, **kwargs: Any) -> None:
        super().__init__(run_id=run_id, kind="edit", **kwargs)
