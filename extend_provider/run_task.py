"""What a task does with a run that exists: wait in the triggerer, publish, finish. Shared by operators and sensors."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

from extend_provider.arguments import RedactedTemplateFields, seconds
from extend_provider.hooks.extend import ExtendHook
from extend_provider.links import RUN_URL_KEY

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


class RunTask(HookedTask):
    """
    A task about one run.

    Each XCom key is pushed once, because Airflow 3.1 refuses a second push after a deferral.
    """

    kind: str
    poll_interval: float | None
    include_filled_values: bool

    def publish_run(self, context: Context, run: Run) -> None:
        """Push a new run's id, and its dashboard URL where the API gives one, before any waiting."""
        self.publish_run_id(context, run.id)
        if run.dashboard_url:
            context["ti"].xcom_push(key=RUN_URL_KEY, value=run.dashboard_url)

    def publish_run_id(self, context: Context, run_id: str) -> None:
        """Push the id of the run."""
        context["ti"].xcom_push(key="run_id", value=run_id)

    def wait_in_triggerer(self, run_id: str, deadline: datetime | None) -> NoReturn:
        """Give the worker back until the run has ended; ``execute_complete`` goes on."""
        # Imported late: Airflow's trigger machinery costs a DAG file more than all of this package.
        from extend_provider.triggers.run import ExtendRunTrigger

        self.log.info("Waiting for Extend %s run %s in the triggerer.", self.kind, run_id)
        self.defer(
            trigger=ExtendRunTrigger(
                run_id=run_id,
                kind=self.kind,
                extend_conn_id=self.extend_conn_id,
                poll_interval=seconds(self.poll_interval, "poll_interval"),
                deadline=deadline.isoformat() if deadline else None,
            ),
            method_name="execute_complete",
            timeout=deadline - datetime.now(timezone.utc) + _BACKSTOP if deadline else None,
        )

    def finish(self, context: Context, result: dict[str, Any]) -> dict[str, Any]:
        """Publish the output and return the result: the same last step for every way of waiting."""
        context["ti"].xcom_push(key="output_file_ids", value=list(result["output_file_ids"]))
        self.log.info(
            "Extend %s run %s is %s; output files: %s.",
            self.kind,
            result["run_id"],
            result["status"],
            ", ".join(result["output_file_ids"]),
        )
        if not self.include_filled_values:
            return result
        # Asked for again on the worker, because the trigger's event is stored in Airflow's database.
        return {**result, "filled_values": self.hook.get_run(result["run_id"], self.kind).filled_values}
