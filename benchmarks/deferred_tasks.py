"""
Writes deferred task instances with their triggers into a migrated Airflow database, as if a DAG with as many tasks had
just deferred: ``python -m benchmarks.deferred_tasks CONTESTANT PORT INTERVAL COUNT SEED FIRST LAST``. Airflow's
environment decides which database.
"""

from __future__ import annotations

import sys
from datetime import datetime, timezone
from typing import Any

from benchmarks.contestants import CONTESTANTS, Null, TriggerContestant
from benchmarks.jobs import Jobs

__all__ = ["DAG_ID"]

DAG_ID = "benchmark"
_RUN_ID = "benchmark"


def _add_dag(session: Any, now: datetime) -> Any:
    from airflow.models.dag import DagModel
    from airflow.models.dag_version import DagVersion
    from airflow.models.dagbundle import DagBundleModel
    from airflow.models.dagrun import DagRun
    from airflow.utils.state import DagRunState
    from airflow.utils.types import DagRunType

    session.add(DagBundleModel(name=DAG_ID))
    session.flush()
    dag_model: Any = DagModel  # untyped
    session.add(dag_model(dag_id=DAG_ID, bundle_name=DAG_ID, max_active_tasks=16, has_task_concurrency_limits=False))
    session.flush()
    version = DagVersion(dag_id=DAG_ID, version_number=1, bundle_name=DAG_ID)
    session.add(version)
    run = DagRun(dag_id=DAG_ID, run_id=_RUN_ID, run_type=DagRunType.MANUAL, state=DagRunState.RUNNING)
    run.run_after = run.start_date = now
    session.add(run)
    session.flush()
    return version.id


def _add_task(session: Any, number: int, trigger: Any, version_id: Any, now: datetime) -> None:
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.trigger import Trigger

    classpath, kwargs = trigger.serialize()
    row = Trigger(classpath=classpath, kwargs=kwargs)
    session.add(row)
    session.flush()
    # Past its constructor, which asks for the operator; only the row matters here.
    values = {
        "dag_id": DAG_ID,
        "task_id": f"wait_{number:06d}",
        "run_id": _RUN_ID,
        "map_index": -1,
        "state": "deferred",
        "try_number": 1,
        "max_tries": 0,
        "pool": "default_pool",
        "pool_slots": 1,
        "queue": "default",
        "priority_weight": 1,
        "operator": "Benchmark",
        "start_date": now,
        "updated_at": now,
        "trigger_id": row.id,
        "next_method": "execute_complete",
        "next_kwargs": {},
        "executor_config": {},
        "dag_version_id": version_id,
    }
    session.execute(TaskInstance.__table__.insert().values(**values))


def write(contestant: str, port: int, interval: float | None, jobs: Jobs) -> None:
    """
    Write the rows.

    :param contestant: whose triggers.
    :param port: of the stub.
    :param interval: seconds between looks, or ``None`` for the trigger's default.
    :param jobs: what is waited for.
    """
    from airflow.utils.session import create_session

    entrant = CONTESTANTS[contestant](port, tls=False, interval=interval)
    assert isinstance(entrant, TriggerContestant)
    if isinstance(entrant, Null):
        entrant.ends = jobs.ends
    now = datetime.now(timezone.utc)
    with create_session() as session:
        version_id = _add_dag(session, now)
        for number in range(jobs.count):
            _add_task(session, number, entrant.trigger(number), version_id, now)


if __name__ == "__main__":
    name, port_text, interval_text, count, seed, first, last = sys.argv[1:]
    pace = None if interval_text == "default" else float(interval_text)
    write(name, int(port_text), pace, Jobs(int(count), int(seed), float(first), float(last)))
