"""The link from a task to its run in Extend's dashboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extend_provider._compat import BaseOperatorLink, XCom

if TYPE_CHECKING:
    from extend_provider._compat import BaseOperator, TaskInstanceKey

__all__ = ["RUN_URL_KEY", "ExtendRunLink"]

RUN_URL_KEY = "extend_run_url"


class ExtendRunLink(BaseOperatorLink):
    """
    Open the run in Extend's dashboard.

    The URL is stored when the run is created, so it is there while the task waits and after it failed. Edit runs have
    none: the API gives a dashboard URL for extract, classify, split and workflow runs only.
    """

    name = "Extend run"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002 - Airflow's signature
        """Return the stored URL, or an empty string; no request is made."""
        return XCom.get_value(ti_key=ti_key, key=RUN_URL_KEY) or ""
