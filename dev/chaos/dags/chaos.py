"""
The work of the crash test: pairs of a fill task and a download task, side by side, deferrable and synchronous.

What each pair has to do stands in a JSON file whose path is the run's only parameter; see ``dev/chaos/work.py``.
"""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, task_group

from extend_provider.operators.edit import ExtendCreateEditRunOperator
from extend_provider.operators.files import ExtendDownloadFileOperator

SIZES: dict[str, int] = json.loads(os.environ["EXTEND_CHAOS_SIZES"])  # of each group
RUN_TIMEOUT = 1800
# Beyond any number of kills that the plan holds for one task.
RETRIES: dict[str, Any] = {"retries": 60, "retry_delay": timedelta(seconds=1)}


def given(path: str, ti: Any) -> Any:
    """Read what a task instance has to do, on the worker."""
    return json.loads(Path(path).read_text())[ti.task_id.partition(".")[0]][ti.map_index]


def pair(group: str, *, deferrable: bool) -> None:
    """Add a mapped group: fill a form, download what came out."""

    @task_group(group_id=group)
    def fill_and_download(number: int) -> None:  # noqa: ARG001 - only its count matters
        fill = ExtendCreateEditRunOperator(
            task_id="fill",
            file="{{ given(params.input, ti).file }}",
            config="{{ given(params.input, ti).config | tojson }}",
            deferrable=deferrable,
            # Where a kill that no user asked for reached on_kill, the run would be gone, and the table would show it.
            delete_on_kill=deferrable,
            poll_interval=0.5,
            timeout=RUN_TIMEOUT,
            include_filled_values=True,
        )
        fill >> ExtendDownloadFileOperator(
            task_id="download",
            file_id="{{ ti.xcom_pull(ti.task_id.replace('download', 'fill'), key='output_file_ids',"
            " map_indexes=ti.map_index)[0] }}",
            path="{{ given(params.input, ti).path }}",
        )

    fill_and_download.expand(number=list(range(SIZES[group])))


with DAG(
    dag_id="chaos",
    schedule=None,
    params={"input": ""},
    user_defined_macros={"given": given},
    default_args=RETRIES,
    max_active_tasks=200,
):
    pair("deferrable", deferrable=True)
    pair("synchronous", deferrable=False)
