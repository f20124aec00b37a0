"""Airflow tasks with retries, for failures that are worth them and others that are not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from run_input import CONFIG, CONNECTION, DAG, DAG_ARGUMENTS, FILE, load, task

from extend_provider.client import ExtendClient
from extend_provider.hooks.extend import ExtendHook
from extend_provider.operators.edit import ExtendCreateEditRunOperator

try:
    from extend_provider.retry_policy import ExtendRetryPolicy
except ImportError:  # Airflow below 3.3
    ExtendRetryPolicy = None

RUN: dict[str, Any] = {"file": FILE, "config": CONFIG, "extend_conn_id": CONNECTION, "poll_interval": 0.5}
AGAIN: dict[str, Any] = {"retries": 3, "retry_delay": timedelta(seconds=1)}

with DAG(dag_id="worth_a_try", **DAG_ARGUMENTS):
    ExtendCreateEditRunOperator(task_id="deferred", deferrable=True, **RUN, **AGAIN)
    ExtendCreateEditRunOperator(task_id="synchronous", deferrable=False, **RUN, **AGAIN)

if ExtendRetryPolicy is not None:
    with DAG(dag_id="asked_to_wait", **DAG_ARGUMENTS):

        @task(retries=1, retry_delay=timedelta(minutes=10), retry_policy=ExtendRetryPolicy())
        def count(params: Any = None) -> int:
            hook = ExtendHook(load(params["input"])["connection"])
            # By itself the client waits as long as Extend asks for; this one has no time.
            with ExtendClient(replace(hook.settings(), retry_for=1)) as client:
                return len(list(client.list_runs("edit")))

        count()
