"""The link from a task to its run in Extend's dashboard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from extend_provider._compat import BaseOperatorLink, XCom
from extend_provider.kinds import RUN_KINDS

if TYPE_CHECKING:
    from extend_provider._compat import BaseOperator, TaskInstanceKey
    from extend_provider.models import Run

__all__ = ["RUN_URL_KEY", "ExtendRunLink", "store_run_url"]

RUN_URL_KEY = "extend_run_url"


class ExtendRunLink(BaseOperatorLink):
    """
    Open the run in Extend's dashboard.

    The URL is stored when the run is created or first seen, so the link is there while the task waits, after it has
    failed and after its worker was killed. Edit, parse and form detection runs have none: the API gives a dashboard URL
    for the other kinds only.
    """

    name = "Extend run"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """Return the stored URL, or an empty string; no request is made."""
        kind = RUN_KINDS.get(str(getattr(operator, "kind", "")))
        if kind and not kind.in_dashboard:
            # Airflow would log that it did not find one.
            return ""
        return XCom.get_value(ti_key=ti_key, key=RUN_URL_KEY) or ""


def store_run_url(task_instance: Any, run: Run) -> None:
    """
    Store the dashboard URL of a run where the link and Airflow look for it; nothing where the API gives none.

    :param task_instance: the task instance of the context.
    :param run: the run.
    """
    if not run.dashboard_url:
        return
    task_instance.xcom_push(key=RUN_URL_KEY, value=run.dashboard_url)
    # Airflow 3 shows what is stored under the link's own key. By itself it asks the link for that when the task's
    # process ends or defers: late for a task that waits on its worker, and never where that is killed. Airflow 2 has no
    # such key.
    if key := getattr(ExtendRunLink(), "xcom_key", None):
        task_instance.xcom_push(key=key, value=run.dashboard_url)
