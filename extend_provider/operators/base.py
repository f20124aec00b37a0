"""What all operators of this package share, and the operator that creates a run of any kind."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from extend_provider._compat import BaseOperator, conf
from extend_provider.arguments import ON_REVIEW, one_of, seconds
from extend_provider.events import read_event
from extend_provider.hooks.extend import ExtendHook
from extend_provider.links import ExtendRunLink
from extend_provider.operators.map_index import name_after_file, takes_mapped_file
from extend_provider.run_task import HookedTask, RunTask

if TYPE_CHECKING:
    from extend_provider._compat import BaseOperatorLink, Context
    from extend_provider.kinds import RunKind
    from extend_provider.models import Run
    from extend_provider.submit.find_or_submit import Submitted
    from extend_provider.submit.order import RunOrder

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

    def _do_render_template_fields(
        self, parent: Any, template_fields: Iterable[str], context: Context, *args: Any, **kwargs: Any
    ) -> None:
        """Render; a mapped task is then called after its file. See :class:`RedactedTemplateFields` for the method."""
        is_own = parent is self and takes_mapped_file(self)
        super()._do_render_template_fields(parent, template_fields, context, *args, **kwargs)
        if is_own:
            name_after_file(self, context)

    def execute(self, context: Context) -> Any:
        """Do the work, and close the hook's connections whatever happens."""
        with self.at_once_if_hopeless(), self.hook:
            return self.work(context)

    @abstractmethod
    def work(self, context: Context) -> Any:
        """Do what the operator is for."""


class ExtendCreateRunOperator(RunTask, ExtendOperator):
    """
    Base of the operators that create a run: validate, find or submit, publish, wait, finish.

    :param wait_for_completion: whether to wait for the end of the run; default true. If not, the task returns the
        run's id.
    :param deferrable: whether to wait in the triggerer, without holding a worker; default ``[operators]
        default_deferrable``.
    :param poll_interval: seconds between looks at the run; default ``None``: often at first, less often as the run
        ages.
    :param timeout: seconds (or a ``timedelta``) from the creation of the run after which the task stops waiting;
        default one hour, at most ten years, ``None`` for no limit. The run itself goes on, and a retry looks at it
        again.
    :param reattach: whether a retry takes the run that an earlier try has created, instead of paying for another one;
        default true. A user's Clear always creates a new run.
    :param cancel_on_kill: whether the run is cancelled when a user kills the task; default true. Has no effect on
        kinds that Extend cannot cancel.
    :param delete_on_kill: whether the run is deleted when a user kills the task; default false.
    """

    template_fields: Sequence[str] = (*ExtendOperator.template_fields, "poll_interval", "timeout")
    operator_extra_links: Collection[BaseOperatorLink] = (ExtendRunLink(),)
    _held_kind: str = ""

    def __init__(
        self,
        *,
        wait_for_completion: bool = True,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        poll_interval: float | None = None,
        timeout: float | timedelta | None = 3600,
        reattach: bool = True,
        cancel_on_kill: bool = True,
        delete_on_kill: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.wait_for_completion = wait_for_completion
        self.deferrable = deferrable
        self.poll_interval = poll_interval
        self.timeout = timeout
        self.reattach = reattach
        self.cancel_on_kill = cancel_on_kill
        self.delete_on_kill = delete_on_kill

    @abstractmethod
    def order(self) -> RunOrder:
        """Check the arguments, and say what to create."""

    def work(self, context: Context) -> str | dict[str, Any]:
        """Create the run, or find that of an earlier try, and, unless told otherwise, wait for its end."""
        from extend_provider.kinds import run_kind
        from extend_provider.results import result_of
        from extend_provider.submit.find_or_submit import find_or_submit

        kind = run_kind(self.kind, one_of(ON_REVIEW, self.on_review, "on_review"))
        # Checked before anything is paid for.
        seconds(self.poll_interval, "poll_interval"), seconds(self.timeout, "timeout")
        submitted = find_or_submit(self.hook, self.order(), context, reattach=self.reattach)
        self.hold(context, submitted.run.id, self.kind)
        self.publish_run(context, submitted.run)
        if not self.wait_for_completion:
            return submitted.run.id
        return self.finish(context, result_of(kind, self.ended(submitted, kind)))

    def ended(self, submitted: Submitted, kind: RunKind, method_name: str = "execute_complete") -> Run:
        """
        Return a run when it has ended; may leave the worker for the triggerer.

        :param submitted: the run.
        :param kind: its kind.
        :param method_name: what goes on after the triggerer has waited.
        """
        from extend_provider.client import Wait

        interval, timeout = seconds(self.poll_interval, "poll_interval"), seconds(self.timeout, "timeout")
        run, now = submitted.run, datetime.now(timezone.utc)
        # Extend's clock may be ahead of this one.
        deadline = min(submitted.at, now) + timedelta(seconds=timeout) if timeout else None
        if kind.is_finished(run.status):
            return run
        # The run of a retry may be overdue: one look on the worker tells whether it has ended, and needs no triggerer.
        overdue = deadline is not None and deadline <= now
        if self.deferrable and not overdue:
            self.wait_in_triggerer(run.id, deadline, kind=kind.name, method_name=method_name)
        return self.hook.wait_for_run(Wait(kind, run.id, interval, deadline))

    def execute_complete(self, context: Context, event: Any = None, awaited: Any = None, **_: Any) -> dict[str, Any]:
        """Go on after the triggerer has waited: publish and return the result, or raise what the wait met."""
        with self.at_once_if_hopeless(), self.hook:
            return self.finish(context, read_event(self.own_event(event, awaited)))

    def hold(self, context: Context, run_id: str, kind: str) -> None:
        """
        Note which run :meth:`on_kill` is about.

        :param context: the task's context.
        :param run_id: the run.
        :param kind: its kind.
        """
        self._task_instance, self._held_kind, self._run_id = context["ti"], kind, run_id

    def on_kill(self) -> None:
        """End the run as far as that was asked for and can be done, and say what becomes of it."""
        from extend_provider.killing import end_from_worker

        if self._run_id:
            end_from_worker(
                self.hook,
                self._task_instance,
                self._held_kind,
                self._run_id,
                cancel=self.cancel_on_kill,
                delete=self.delete_on_kill,
            )
