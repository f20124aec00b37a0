"""What a task does with a run that exists: wait in the triggerer, publish, finish. Shared by operators and sensors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

from extend_provider._compat import AirflowSkipException
from extend_provider.arguments import RedactedTemplateFields, seconds
from extend_provider.exceptions import ExtendError, ExtendReviewNeededError
from extend_provider.hooks.extend import ExtendHook
from extend_provider.links import store_run_url
from extend_provider.retry_advice import failing_at_once, is_worth_a_retry

if TYPE_CHECKING:
    from extend_provider._compat import Context
    from extend_provider.models import Run

__all__ = ["HookedTask", "RunTask"]

# The trigger's own deadline gives the better error; the framework's limit is for a triggerer that is not there to
# give it.
_BACKSTOP = timedelta(minutes=5)


class HookedTask(RedactedTemplateFields):
    """A task with a hook for its connection."""

    extend_conn_id: str

    @cached_property
    def hook(self) -> ExtendHook:
        """The hook for the rendered connection id."""
        return ExtendHook(self.extend_conn_id)

    @contextmanager
    def at_once_if_hopeless(self) -> Iterator[None]:
        """Let Airflow fail the task without further tries where they cannot help."""
        try:
            yield
        except ExtendError as error:
            # A sensor with `soft_fail` would turn Airflow's exception into a skip; a real failure must stay one.
            may_skip = getattr(self, "soft_fail", False) or getattr(self, "never_fail", False)
            if may_skip or is_worth_a_retry(error):
                raise
            raise failing_at_once(error).with_traceback(error.__traceback__) from error.__cause__


class RunTask(HookedTask):
    """
    A task about one run.

    Each XCom key is pushed once, because Airflow 3.1 refuses a second push after a deferral.
    """

    kind: str
    poll_interval: float | None
    include_filled_values: bool = False
    include_output: bool = False
    result_path: Any = None
    markdown_path: Any = None
    on_review: str = "wait"
    # What happens to the run when a user kills the task. A sensor leaves alone what another task has created.
    cancel_on_kill: bool = False
    delete_on_kill: bool = False
    _run_id: str | None = None
    _task_instance: Any = None

    def publish_run(self, context: Context, run: Run) -> None:
        """Push a new run's id, and its dashboard URL where the API gives one, before any waiting."""
        self.publish_run_id(context, run.id)
        store_run_url(context["ti"], run)

    def publish_run_id(self, context: Context, run_id: str) -> None:
        """Push the id of the run."""
        context["ti"].xcom_push(key="run_id", value=run_id)

    def wait_in_triggerer(
        self, run_id: str, deadline: datetime | None, *, kind: str = "", method_name: str = "execute_complete"
    ) -> NoReturn:
        """
        Give the worker back until a run has ended.

        :param run_id: the run.
        :param deadline: moment at which the wait ends without a result; ``None`` for never.
        :param kind: its kind, where it is not the task's own.
        :param method_name: what goes on then.
        """
        # Imported late: Airflow's trigger machinery costs a DAG file more than all of this package.
        from extend_provider.triggers.run import ExtendRunTrigger

        is_own = kind in {"", self.kind}
        self.log.info("Waiting for Extend %s run %s in the triggerer.", kind or self.kind, run_id)
        self.defer(
            trigger=ExtendRunTrigger(
                run_id=run_id,
                kind=kind or self.kind,
                extend_conn_id=self.extend_conn_id,
                poll_interval=seconds(self.poll_interval, "poll_interval"),
                deadline=deadline.isoformat() if deadline else None,
                cancel_on_kill=self.cancel_on_kill and is_own,
                delete_on_kill=self.delete_on_kill and is_own,
                on_review=self.on_review,
            ),
            method_name=method_name,
            kwargs={
                "awaited": {
                    "run_id": run_id,
                    "deadline": deadline.isoformat() if deadline else None,
                    "kind": "" if is_own else kind,
                    "method_name": method_name,
                }
            },
            timeout=deadline - datetime.now(timezone.utc) + _BACKSTOP if deadline else None,
        )

    def own_event(self, event: Any, awaited: Any) -> Any:
        """
        Return the event that woke the task, or wait again where it is about a run that the task did not wait for.

        On SQLite, Airflow gives the number of a trigger that is done to the next one. A triggerer that stood still, and
        does not know yet that its trigger is done elsewhere, then wakes another task.

        :param event: the event.
        :param awaited: what the task waits for, if it was deferred by a version that says so.
        """
        if awaited and isinstance(event, Mapping) and event.get("run_id") not in {None, awaited["run_id"]}:
            self.log.warning(
                "Airflow gave the event of run %s to this task, which waits for %s: waiting again.",
                event["run_id"],
                awaited["run_id"],
            )
            deadline = datetime.fromisoformat(awaited["deadline"]) if awaited["deadline"] else None
            how = {"kind": awaited["kind"], "method_name": awaited["method_name"]}
            self.wait_in_triggerer(awaited["run_id"], deadline, **how)
        return event

    def finish(self, context: Context, result: dict[str, Any]) -> dict[str, Any]:
        """
        Publish the output and return the result: the same last step for every way of waiting.

        :raises ExtendReviewNeededError: a human has to look at the run, and ``on_review`` is ``fail``.
        :raises ExtendOutcomeUnknownError: the result is not that of a run of this kind.
        """
        from extend_provider.events import check_result
        from extend_provider.kinds import run_kind

        self._mind_review(result)
        check_result(self.kind, result)
        if run_kind(self.kind).gives_schema:
            self._publish_schema(context, result["schema"])
        context["ti"].xcom_push(key="output_file_ids", value=list(result["output_file_ids"]))
        self.log.info(
            "Extend %s run %s is %s; output files: %s.",
            self.kind,
            result["run_id"],
            result["status"],
            ", ".join(result["output_file_ids"]) or "none",
        )
        self._write(result["run_id"])
        return {**result, **self._asked_for(result["run_id"])}

    def _publish_schema(self, context: Context, schema: dict[str, Any]) -> None:
        from extend_provider.forms.schema import fields_in

        context["ti"].xcom_push(key="schema", value=schema)
        names = list(fields_in(schema))
        self.log.info("The form has %d fields: %s.", len(names), ", ".join(names))

    def _mind_review(self, result: dict[str, Any]) -> None:
        from extend_provider.kinds import run_kind

        run_id, status = result["run_id"], result["status"]
        if status not in run_kind(self.kind).in_review or self.on_review == "succeed":
            return
        if self.on_review == "skip":
            raise AirflowSkipException(f"Extend {self.kind} run {run_id} is {status}.")
        raise ExtendReviewNeededError(
            f"Extend {self.kind} run {run_id} is {status}: a human has to look at it.",
            hint="Review it in Extend's dashboard: a retry looks at this run again, or a sensor waits for its id; a "
            "Clear creates another. To have the task wait for the human, set on_review to wait.",
            run_id=run_id,
            kind=self.kind,
            status=status,
        )

    def _write(self, run_id: str) -> None:
        from extend_provider.hooks.result_files import write_markdown, write_output

        if self.result_path:
            write_output(self.hook, run_id, self.kind, self.result_path)
        if self.markdown_path:
            write_markdown(self.hook, run_id, self.kind, self.markdown_path)

    def _asked_for(self, run_id: str) -> dict[str, Any]:
        """Values, asked for again on the worker, because the trigger's event is stored in Airflow's database."""
        asked_for: dict[str, Any] = {}
        if self.include_filled_values:
            asked_for["filled_values"] = self.hook.get_run(run_id, self.kind).filled_values
        if self.include_output:
            asked_for["output"] = self.hook.get_conn().get_run(run_id, self.kind, whole=True).whole_output
        return asked_for
