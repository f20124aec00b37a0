"""What all operators of this package share, and the operator that creates a run of any kind."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from extend_provider._compat import BaseOperator, conf
from extend_provider.arguments import seconds
from extend_provider.events import read_event
from extend_provider.hooks.extend import ExtendHook
from extend_provider.links import ExtendRunLink
from extend_provider.run_task import HookedTask, RunTask

if TYPE_CHECKING:
    from extend_provider._compat import BaseOperatorLink, Context
    from extend_provider.models import Run

__all__ = ["ExtendCreateRunOperator", "ExtendOperator"]


class ExtendOperator(HookedTask, BaseOperator):
    """
    Base of the operators: holds the connection id, and closes the hook's connections after the work.

    :param extend_conn_id: id of an Airflow connection of type ``extend``; default ``extend_default``.
    """

    template_fields: Sequence[str] = ("extend_conn_id",)
    ui_color = "#e8f0fe"

    def __init__(self, *, extend_conn_id: str = ExtendHook.default_conn_name, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.extend_conn_id = extend_conn_id

    def execute(self, context: Context) -> Any:
        """Do the work, and close the hook's connections whatever happens."""
        with self.hook:
            return self.work(context)

    @abstractmethod
    def work(self, context: Context) -> Any:
        """Do what the operator is for."""


class ExtendCreateRunOperator(RunTask, ExtendOperator):
    """
    Base of the operators that create a run: validate, submit, publish, wait, finish.

    :param wait_for_completion: whether to wait for the end of the run; default true. If not, the task returns the
        run's id.
    :param deferrable: whether to wait in the triggerer, without holding a worker; default ``[operators]
        default_deferrable``.
    :param poll_interval: seconds between looks at the run; default ``None``: often at first, less often as the run
        ages.
    :param timeout: seconds (or a ``timedelta``) from the creation of the run after which the task stops waiting;
        default one
        hour. The run itself goes on.
    :param include_filled_values: whether ``return_value`` also holds ``filled_values``; default false, as they are
        personal data.
    """

    _run_id: str | None = None
    template_fields: Sequence[str] = (*ExtendOperator.template_fields, "poll_interval", "timeout")
    operator_extra_links: Collection[BaseOperatorLink] = (ExtendRunLink(),)

    def __init__(
        self,
        *,
        wait_for_completion: bool = True,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        poll_interval: float | None = None,
        timeout: float | timedelta | None = 3600,
        include_filled_values: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.wait_for_completion = wait_for_completion
        self.deferrable = deferrable
        self.poll_interval = poll_interval
        self.timeout = timeout
        self.include_filled_values = include_filled_values

    @abstractmethod
    def submit(self) -> Run:
        """Check the arguments and create the run."""

    def work(self, context: Context) -> str | dict[str, Any]:
        """Create the run and, unless told otherwise, wait for its end."""
        from extend_provider.client import Wait
        from extend_provider.kinds import run_kind
        from extend_provider.results import result_of

        kind = run_kind(self.kind)
        interval, timeout = seconds(self.poll_interval, "poll_interval"), seconds(self.timeout, "timeout")
        run = self.submit()
        self._run_id = run.id
        self.log.info("Created Extend %s run %s.", self.kind, run.id)
        self.publish_run(context, run)
        if not self.wait_for_completion:
            return run.id
        deadline = datetime.now(timezone.utc) + timedelta(seconds=timeout) if timeout else None
        if self.deferrable:
            self.wait_in_triggerer(run.id, deadline)
        run = self.hook.wait_for_run(Wait(kind, run.id, interval, deadline))
        return self.finish(context, result_of(kind, run))

    def execute_complete(self, context: Context, event: Any = None, **_: Any) -> dict[str, Any]:
        """Go on after the triggerer has waited: publish and return the result, or raise what the wait met."""
        with self.hook:
            return self.finish(context, read_event(event))

    def on_kill(self) -> None:
        """Say what becomes of the run."""
        if self._run_id:
            self.log.warning(
                "The task was killed, but Extend %s run %s cannot be cancelled: it goes on and is paid for. "
                "Wait for it with a sensor, or delete it.",
                self.kind,
                self._run_id,
            )
