"""Starts several DAG runs at the same moment."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from tests.e2e.airflow_user import has_api
from tests.e2e.polling import until

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dev.airflow_stack import AirflowStack

_PARSE_TIMEOUT = 180.0
_SECONDS_TO_ASK = 0.4
"""For one run, on a busy machine."""


def start_together(stack: AirflowStack, runs: Mapping[str, tuple[str, Mapping[str, Any]]]) -> dict[str, str]:
    """
    Start DAG runs when all of them have been asked for, where Airflow has a REST API; else one after the other.

    Airflow's API server logs such a request in its event loop. On SQLite this locks out a task that is just writing
    through the same server, and the two wait for each other until SQLite gives up. So nothing runs meanwhile.

    :param runs: name to DAG and conf of each run.
    :return: name to id of the run.
    """
    for dag_id in {dag_id for dag_id, _ in runs.values()}:
        until(lambda: _is_parsed(stack, dag_id), f"{dag_id} to be parsed", _PARSE_TIMEOUT)  # noqa: B023
    if not has_api(stack):
        return {name: stack.trigger_dag(dag_id, conf) for name, (dag_id, conf) in runs.items()}
    now = datetime.now(timezone.utc)
    run_after = now + timedelta(seconds=_SECONDS_TO_ASK * len(runs))
    ids = {name: f"{name}_{now:%Y%m%dT%H%M%S.%f}" for name in runs}
    for name, (dag_id, conf) in runs.items():
        body = {"dag_run_id": ids[name], "logical_date": None, "run_after": run_after.isoformat(), "conf": dict(conf)}
        stack.api.request("POST", f"/dags/{dag_id}/dagRuns", body)
    return ids


def _is_parsed(stack: AirflowStack, dag_id: str) -> bool:
    with stack.database() as database:
        return database.execute("SELECT 1 FROM serialized_dag WHERE dag_id = ?", (dag_id,)).fetchone() is not None
