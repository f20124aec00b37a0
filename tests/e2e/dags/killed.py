"""Airflow tasks that wait for runs without end, until somebody kills them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from run_input import CONFIG, CONNECTION, DAG, DAG_ARGUMENTS, FILE

from extend_provider.operators.edit import ExtendCreateEditRunOperator
from extend_provider.operators.parse import ExtendCreateParseRunOperator
from extend_provider.sensors.run import ExtendEditRunSensor

RUN: dict[str, Any] = {"file": FILE, "config": CONFIG, "extend_conn_id": CONNECTION, "poll_interval": 0.5}
DEFERRED: dict[str, Any] = {**RUN, "deferrable": True}

with DAG(dag_id="killed", **DAG_ARGUMENTS):
    ExtendCreateEditRunOperator(task_id="moved", delete_on_kill=True, **DEFERRED)
    ExtendCreateEditRunOperator(task_id="deferred_deleted", delete_on_kill=True, **DEFERRED)
    ExtendCreateEditRunOperator(task_id="deferred_deleted_slowly", delete_on_kill=True, **DEFERRED)
    ExtendCreateEditRunOperator(task_id="deferred", **DEFERRED)
    ExtendCreateEditRunOperator(task_id="synchronous_deleted", delete_on_kill=True, deferrable=False, **RUN)
    ExtendCreateEditRunOperator(task_id="synchronous", deferrable=False, **RUN)
    # Where Airflow takes the Clear of a running task for a retry, it also waits before it.
    ExtendCreateEditRunOperator(
        task_id="synchronous_cleared",
        delete_on_kill=True,
        deferrable=False,
        retry_delay=timedelta(seconds=1),
        **RUN,
    )

    parse: dict[str, Any] = {"file": FILE, "extend_conn_id": CONNECTION, "poll_interval": 0.5}
    ExtendCreateParseRunOperator(task_id="parse_deferred", deferrable=True, **parse)
    ExtendCreateParseRunOperator(task_id="parse_synchronous", deferrable=False, **parse)

    submit = ExtendCreateEditRunOperator(task_id="submit", wait_for_completion=False, **RUN)
    ExtendEditRunSensor(
        task_id="sensor", run_id=submit.output, deferrable=True, extend_conn_id=CONNECTION, poll_interval=0.5
    )
