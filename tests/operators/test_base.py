"""What all operators that create a run share."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.operators.edit import ExtendCreateEditRunOperator
from tests.airflow_names import TaskDeferred
from tests.task_runs import run_task, task_context

if TYPE_CHECKING:
    from extend_provider.local import LocalService


@pytest.mark.parametrize("deferrable", [False, True])
@pytest.mark.parametrize("name", ["timeout", "poll_interval"])
@pytest.mark.parametrize("value", [timedelta.max, 1e12, "1e12", pytest.param(10**400, id="huge")])
def test_a_time_beyond_measure_is_refused_before_anything_is_paid_for(
    extend_local: LocalService, uploaded_form: str, deferrable: bool, name: str, value: Any
) -> None:
    task = ExtendCreateEditRunOperator(task_id="fill", file=uploaded_form, deferrable=deferrable, **{name: value})
    with pytest.raises(ExtendConfigurationError, match=f"The argument {name} must be .* up to ten years.* give None"):
        run_task(task)
    assert extend_local.requests == []


@pytest.mark.extend_local(processing_time=600)
def test_ten_years_are_waited_for(extend_local: LocalService, uploaded_form: str) -> None:
    task = ExtendCreateEditRunOperator(
        task_id="fill", file=uploaded_form, deferrable=True, timeout=timedelta(days=3652), poll_interval=60
    )
    with pytest.raises(TaskDeferred) as deferral:
        task.execute(task_context(task))
    assert deferral.value.timeout > timedelta(days=3651)
