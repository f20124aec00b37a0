"""The Airflow of the crash test: two triggerers, short patience with the dead, and the hooks that kill."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from dev.airflow_stack import AirflowStack
from dev.chaos.tokens import FOLDER_VARIABLE
from dev.distributed import deployment

if TYPE_CHECKING:
    from dev.chaos.options import Options
    from dev.local_service import LocalServiceProcess

TOKENS = "tokens"
DAG = "chaos"
TRIGGERERS = ("triggerer", "triggerer-2")
MORTALS = {**dict.fromkeys(TRIGGERERS, "triggerer"), "scheduler": "scheduler", "api-server": "api-server"}
"""Processes that are started again when they have ended: name to component."""
DISTRIBUTED_MORTALS = {
    **dict.fromkeys(deployment.TRIGGERERS, "triggerer"),
    **dict.fromkeys(deployment.WORKERS, "worker"),
    **{name: component for name, component in MORTALS.items() if component != "triggerer"},
}
"""The same where workers are processes of their own."""

_HERE = Path(__file__).parent
# Seconds. Airflow's own values find a dead worker after five minutes; these are for a test that kills one per second,
# yet long enough that a slow worker, or a slow scheduler, of a busy machine is not taken for a dead one: what is then
# tried again is still at work.
_HEARTBEAT_TIMEOUT = 25
_PATIENCE = {
    "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": _HEARTBEAT_TIMEOUT,
    "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": 2,
    "SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": 30,
    "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": 10,
    "SCHEDULER__TASK_QUEUED_TIMEOUT": 60,
    # A worker whose heartbeats fail gives up its task; the machine being busy is no reason to.
    "WORKERS__MAX_FAILED_HEARTBEATS": 10,
}


def airflow_stack(options: Options, service: LocalServiceProcess) -> AirflowStack:
    """
    Describe the stack; entering it starts all but the second triggerer of a local one.

    :param options: of the test.
    :param service: where the connection leads to.
    :return: context manager.
    """
    return AirflowStack(
        options.home / "airflow",
        _HERE / "dags",
        connections={"extend_default": service.connection()},
        env={
            "PYTHONPATH": os.pathsep.join([str(_HERE / "site"), str(_HERE.parents[1])]),
            FOLDER_VARIABLE: str((options.home / TOKENS).resolve()),
            "EXTEND_CHAOS_SIZES": json.dumps(options.sizes),
            **{f"AIRFLOW__{name}": str(value) for name, value in _PATIENCE.items()},
        },
        parallelism=options.parallelism,
        fresh=True,
        deployment=deployment.DistributedDeployment() if options.distributed else None,
    )
