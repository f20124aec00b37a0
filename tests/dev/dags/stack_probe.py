"""Short tasks, one of which waits in the triggerer, and a run that fails when its configuration says so."""

from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from typing import Any

try:
    from airflow.providers.standard.operators.python import PythonOperator
    from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
    from airflow.sdk import DAG, BaseOperator
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.models import BaseOperator
    from airflow.operators.python import PythonOperator
    from airflow.triggers.temporal import TimeDeltaTrigger


class WaitOperator(BaseOperator):
    """Waits in the triggerer."""

    template_fields = ("seconds",)

    def __init__(self, *, seconds: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seconds = seconds

    def execute(self, context: Any) -> None:
        self.log.info("Waiting for %s seconds", self.seconds)
        context["ti"].xcom_push(key="waiting_for", value=self.seconds)
        self.defer(trigger=TimeDeltaTrigger(timedelta(seconds=float(self.seconds))), method_name="resume")

    def resume(self, context: Any, event: object = None) -> dict[str, Any]:
        self.log.info("Woken by %s on try %s", event, context["ti"].try_number)
        return {"woken": True, "values": [1, 2.5, None, "ü"]}


def add(number: int) -> int:
    return number + 1


def look_around(params: dict[str, Any]) -> dict[str, Any]:
    if params["fail"]:
        raise ValueError("told to fail")
    foreign = [name for name in os.environ if name.startswith(("PYTEST", "PYTHONPATH"))]
    return {"probe": os.environ.get("PROBE"), "foreign": foreign}


with DAG(
    "stack_probe",
    schedule=None,
    start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    # A shorter wait can end before the scheduler has noticed that it began, and then fails (apache/airflow#71580).
    params={"seconds": 3, "fail": False},
):
    first = PythonOperator(task_id="first", python_callable=look_around)
    wait = WaitOperator(task_id="wait", seconds="{{ params.seconds }}")
    numbers = PythonOperator.partial(task_id="numbers", python_callable=add).expand(op_args=[[1], [2]])
    last = PythonOperator(task_id="last", python_callable=add, op_args=[9])
    first >> [wait, numbers] >> last
