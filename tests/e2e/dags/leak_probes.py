"""Where secrets could get out: an operator that lets one out everywhere, a locked form, values that were asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

# Airflow reads only files that name it.
from run_input import CONFIG, DAG, DAG_ARGUMENTS, FILE, BaseOperator

from extend_provider.operators.edit import ExtendCreateEditRunOperator, ExtendGetEditRunOperator
from extend_provider.operators.files import ExtendUploadFileOperator
from extend_provider.sensors.run import ExtendEditRunSensor
from extend_provider.triggers.run import ExtendRunTrigger


class CanaryOperator(BaseOperator):
    """Puts its text wherever an operator can put something."""

    template_fields: Sequence[str] = ("text",)

    def __init__(self, *, text: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.text = text

    def execute(self, context: Any) -> None:
        self.log.info("The secret is %s.", self.text)
        context["ti"].xcom_push(key="secret", value={"text": self.text})
        self.defer(trigger=ExtendRunTrigger(run_id=self.text), method_name="resume", kwargs={"text": self.text})

    def resume(self, context: Any, event: Any = None, text: str = "") -> None:
        raise ValueError(text)


with DAG(dag_id="canary", **DAG_ARGUMENTS):
    CanaryOperator(task_id="sing", text="{{ load(params.input).text }}")

with DAG(dag_id="locked_form", **DAG_ARGUMENTS):
    upload = ExtendUploadFileOperator(task_id="upload", file=FILE, password="{{ load(params.input).password }}")
    ExtendCreateEditRunOperator(task_id="fill", file=upload.output, config=CONFIG, deferrable=True, poll_interval=0.5)

with DAG(dag_id="values_asked_for", **DAG_ARGUMENTS):
    run: dict[str, Any] = {"file": FILE, "config": CONFIG, "include_filled_values": True, "poll_interval": 0.5}
    ExtendCreateEditRunOperator(task_id="operator_deferred", deferrable=True, **run)
    ExtendCreateEditRunOperator(task_id="operator_synchronous", deferrable=False, **run)
    submit = ExtendCreateEditRunOperator(
        task_id="submit", wait_for_completion=False, **{**run, "include_filled_values": False}
    )
    seen: dict[str, Any] = {"run_id": submit.output, "include_filled_values": True}
    wait = ExtendEditRunSensor(task_id="sensor_deferred", deferrable=True, poll_interval=0.5, **seen)
    wait >> ExtendGetEditRunOperator(task_id="get", **seen)
