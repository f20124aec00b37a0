"""Deferred Airflow tasks with a short backstop, for a time without a triggerer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from run_input import CONFIG, CONNECTION, DAG, DAG_ARGUMENTS, FILE

import extend_provider.run_task
from extend_provider.operators.edit import ExtendCreateEditRunOperator
from extend_provider.sensors.run import ExtendEditRunSensor

# Five minutes are too long for a test. Airflow reads a DAG file in a process that does nothing else.
extend_provider.run_task._BACKSTOP = timedelta(seconds=1)

LATE: dict[str, Any] = {
    "extend_conn_id": CONNECTION,
    "deferrable": True,
    "timeout": 2,
    "retries": 1,
    "retry_delay": timedelta(seconds=1),
}
RUN: dict[str, Any] = {"file": FILE, "config": CONFIG}

with DAG(dag_id="without_triggerer", **DAG_ARGUMENTS):
    ExtendCreateEditRunOperator(task_id="operator", **RUN, **LATE)
    submit = ExtendCreateEditRunOperator(task_id="submit", wait_for_completion=False, extend_conn_id=CONNECTION, **RUN)
    ExtendEditRunSensor(task_id="sensor", run_id=submit.output, **LATE)
