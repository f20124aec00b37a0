"""Tasks that are tried again, by Airflow or by a user who clears them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from failing_once import FailsOnceOperator
from run_input import CONFIG, CONNECTION, DAG, DAG_ARGUMENTS, FILE, load, task

from extend_provider.operators.edit import ExtendCreateEditRunOperator

RUN: dict[str, Any] = {"config": CONFIG, "extend_conn_id": CONNECTION, "poll_interval": 0.5}
DEFERRED: dict[str, Any] = {**RUN, "deferrable": True}
AGAIN: dict[str, Any] = {"retries": 1, "retry_delay": timedelta(seconds=1)}

with DAG(dag_id="retried", **DAG_ARGUMENTS):
    FailsOnceOperator(task_id="deferred", file=FILE, **DEFERRED, **AGAIN)
    FailsOnceOperator(task_id="synchronous", file=FILE, deferrable=False, **RUN, **AGAIN)
    FailsOnceOperator.partial(task_id="mapped", only_index=1, **DEFERRED, **AGAIN).expand(file=[FILE, FILE])

with DAG(dag_id="cleared", **DAG_ARGUMENTS):
    ExtendCreateEditRunOperator(task_id="succeeded", file=FILE, **DEFERRED, **AGAIN)
    FailsOnceOperator(task_id="failed", file=FILE, **DEFERRED)

with DAG(dag_id="cleared_while_deferred", **DAG_ARGUMENTS):
    ExtendCreateEditRunOperator(task_id="deferred", file=FILE, **DEFERRED, **AGAIN)

with DAG(dag_id="expanded_again", **DAG_ARGUMENTS):

    @task
    def forms(params: Any = None) -> list[str]:
        files: list[str] = load(params["input"])["files"]
        return files

    ExtendCreateEditRunOperator.partial(task_id="fill", **DEFERRED, **AGAIN).expand(file=forms())
