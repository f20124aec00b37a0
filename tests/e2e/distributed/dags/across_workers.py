"""Edit runs that are waited for while workers and triggerers die."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from run_input import CONFIG, CONNECTION, DAG, DAG_ARGUMENTS, FILE

from extend_provider.operators.edit import ExtendCreateEditRunOperator

# Were a death ever taken for a user's kill, the run would be gone.
RUN: dict[str, Any] = {"config": CONFIG, "extend_conn_id": CONNECTION, "delete_on_kill": True}
AGAIN: dict[str, Any] = {"retries": 3, "retry_delay": timedelta(seconds=1)}

with DAG(dag_id="one_synchronous", **DAG_ARGUMENTS):
    ExtendCreateEditRunOperator(task_id="fill", file=FILE, deferrable=False, poll_interval=1, **RUN, **AGAIN)

with DAG(dag_id="many_deferred", **DAG_ARGUMENTS):
    # No retries: a wait that is taken over by another triggerer is the same try.
    ExtendCreateEditRunOperator.partial(task_id="fill", deferrable=True, poll_interval=1, **RUN).expand(
        file=[FILE] * 12
    )
