"""Airflow tasks with little time, for runs that do not end before a test says so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from run_input import CONFIG, CONNECTION, DAG, DAG_ARGUMENTS, FILE

from extend_provider.operators.edit import ExtendCreateEditRunOperator
from extend_provider.sensors.run import ExtendEditRunSensor

CONN: dict[str, Any] = {"extend_conn_id": CONNECTION}
RUN: dict[str, Any] = {"file": FILE, "config": CONFIG, "poll_interval": 0.5, **CONN}
SOON = {"timeout": 5.0, "retries": 1, "retry_delay": timedelta(seconds=1)}
LIMITED = {"execution_timeout": timedelta(seconds=8), "retries": 1, "retry_delay": timedelta(seconds=1)}
# A task that comes back sooner than the scheduler notes that it went is failed by it (apache/airflow#71580).
SENSOR_LATE = {"timeout": 3, "poke_interval": 4, "retries": 2, "retry_delay": timedelta(seconds=1)}

with DAG(dag_id="patience", **DAG_ARGUMENTS):
    ExtendCreateEditRunOperator(task_id="deferred", deferrable=True, **RUN, **SOON)
    ExtendCreateEditRunOperator(task_id="synchronous", deferrable=False, **RUN, **SOON)
    # Its run ends between the tries.
    ExtendCreateEditRunOperator(
        task_id="ends_meanwhile", deferrable=True, **RUN, **{**SOON, "retry_delay": timedelta(seconds=4)}
    )
    ExtendCreateEditRunOperator(
        task_id="limited_synchronous", deferrable=False, delete_on_kill=True, **RUN, **LIMITED, timeout=600
    )
    ExtendCreateEditRunOperator(
        task_id="limited_deferred", deferrable=True, **RUN, **{**LIMITED, "retries": 20}, timeout=600
    )

    submit = ExtendCreateEditRunOperator(task_id="submit", wait_for_completion=False, **RUN)
    late: dict[str, Any] = {"run_id": submit.output, **CONN, **SENSOR_LATE}
    ExtendEditRunSensor(task_id="sensor_deferred", deferrable=True, **late)
    ExtendEditRunSensor(task_id="sensor_poke", **late)
    ExtendEditRunSensor(task_id="limited_sensor_poke", **{**late, **LIMITED, "timeout": 600})
    ExtendEditRunSensor(task_id="sensor_reschedule", mode="reschedule", **late)
    ExtendEditRunSensor(task_id="sensor_reschedule_soft", mode="reschedule", soft_fail=True, **late)
    ExtendEditRunSensor(task_id="sensor_reschedule_patient", mode="reschedule", **{**late, "timeout": 600})
