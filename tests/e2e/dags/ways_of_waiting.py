"""The same run three times, each waited for in another way."""

from __future__ import annotations

from typing import Any

# Airflow reads only files that name it.
from run_input import CONFIG, CONNECTION, DAG, DAG_ARGUMENTS, FILE

from extend_provider.operators.edit import ExtendCreateEditRunOperator
from extend_provider.sensors.run import ExtendEditRunSensor

WAITING: dict[str, Any] = {"extend_conn_id": CONNECTION, "poll_interval": 0.5, "timeout": 240}

with DAG(dag_id="ways_of_waiting", **DAG_ARGUMENTS):
    run: dict[str, Any] = {"file": FILE, "config": CONFIG, **WAITING}

    submit = ExtendCreateEditRunOperator(task_id="submit", wait_for_completion=False, **run)
    ExtendEditRunSensor(task_id="sensor_deferred", run_id=submit.output, deferrable=True, **WAITING)

    ExtendCreateEditRunOperator(task_id="operator_deferred", deferrable=True, **run)
    ExtendCreateEditRunOperator(task_id="operator_synchronous", deferrable=False, **run)
