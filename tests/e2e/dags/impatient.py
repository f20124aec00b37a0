"""Runs that do not end, waited for with little patience; and waits with a key that is refused."""

from __future__ import annotations

from typing import Any

# Airflow reads only files that name it.
from run_input import CONFIG, DAG, DAG_ARGUMENTS, FILE

from extend_provider.operators.edit import ExtendCreateEditRunOperator
from extend_provider.sensors.run import ExtendEditRunSensor

PATIENT: dict[str, Any] = {"extend_conn_id": "extend_patient"}
REFUSED: dict[str, Any] = {"extend_conn_id": "extend_wrong_key"}

with DAG(dag_id="impatient", **DAG_ARGUMENTS):
    run: dict[str, Any] = {"file": FILE, "config": CONFIG, "timeout": 4, "poll_interval": 0.5, **PATIENT}
    ExtendCreateEditRunOperator(task_id="operator_deferred", deferrable=True, **run)
    ExtendCreateEditRunOperator(task_id="operator_synchronous", deferrable=False, **run)

    submit = ExtendCreateEditRunOperator(task_id="submit", wait_for_completion=False, **run)
    sensor: dict[str, Any] = {"run_id": submit.output, "timeout": 4, "poll_interval": 0.5, "poke_interval": 0.5}
    ExtendEditRunSensor(task_id="sensor_deferred", deferrable=True, **sensor, **PATIENT)
    ExtendEditRunSensor(task_id="sensor_deferred_soft", deferrable=True, soft_fail=True, **sensor, **PATIENT)
    ExtendEditRunSensor(task_id="sensor_poke_soft", soft_fail=True, **sensor, **PATIENT)
    ExtendEditRunSensor(task_id="sensor_deferred_soft_wrong_key", deferrable=True, soft_fail=True, **sensor, **REFUSED)
    ExtendEditRunSensor(task_id="sensor_poke_soft_wrong_key", soft_fail=True, **sensor, **REFUSED)
