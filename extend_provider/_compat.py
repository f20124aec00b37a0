"""
Everything that depends on the Airflow version, in one file.

`common-compat` covers most of it from its 1.12 on. Constraints of some supported Airflow releases hold an older one;
what stands in for it then is in ``_older_compat.py``. What is newer than its 1.12 is looked for here, not assumed.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

try:
    from airflow.providers.common.compat.sdk import (
        AirflowFailException,
        AirflowNotFoundException,
        AirflowSensorTimeout,
        AirflowSkipException,
        BaseHook,
        BaseOperator,
        BaseOperatorLink,
        BaseSensorOperator,
        PokeReturnValue,
        XCom,
        conf,
    )
except ImportError:
    from extend_provider._older_compat import (
        AirflowFailException,
        AirflowNotFoundException,
        AirflowSensorTimeout,
        AirflowSkipException,
        BaseHook,
        BaseOperator,
        BaseOperatorLink,
        BaseSensorOperator,
        PokeReturnValue,
        XCom,
        conf,
    )

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import Connection, Context, ObjectStoragePath, TaskInstanceKey, XComArg

__all__ = [
    "AirflowFailException",
    "AirflowNotFoundException",
    "AirflowSensorTimeout",
    "AirflowSkipException",
    "BaseHook",
    "BaseOperator",
    "BaseOperatorLink",
    "BaseSensorOperator",
    "Connection",
    "Context",
    "ObjectStoragePath",
    "PokeReturnValue",
    "TaskInstanceKey",
    "XCom",
    "XComArg",
    "airflow_version",
    "async_connection",
    "conf",
    "object_storage_path",
    "retry_policies",
    "stats",
    "task_state",
    "task_state_on_worker",
]


def airflow_version() -> str:
    """Return the version of the running Airflow."""
    from airflow import __version__

    return str(__version__)


def object_storage_path(uri: Any) -> ObjectStoragePath:
    """Return a path in any storage that Airflow knows. Imported late: fsspec is not needed to parse a DAG."""
    try:
        from airflow.providers.common.compat.sdk import ObjectStoragePath
    except ImportError:
        from extend_provider._older_compat import object_storage_path_class

        return object_storage_path_class()(uri)
    return ObjectStoragePath(uri)


def stats() -> Any:
    """Return Airflow's metrics, which go nowhere unless a collector is configured."""
    try:
        from airflow.providers.common.compat.sdk import Stats
    except ImportError:
        from airflow.stats import Stats
    return Stats


def retry_policies() -> Any:
    """Return Airflow's module of retry policies; ``None`` below 3.3."""
    try:
        from airflow.sdk.definitions import retry_policy
    except ImportError:
        return None
    return retry_policy


async def async_connection(conn_id: str) -> Connection:
    """
    Look a connection up without blocking the event loop.

    :raises AirflowNotFoundException: there is no such connection.
    """
    try:
        from airflow.providers.common.compat.connection import get_async_connection
    except ImportError:
        from extend_provider._older_compat import get_async_connection  # type: ignore[assignment]

    try:
        return await get_async_connection(conn_id)
    except AirflowNotFoundException:
        # Under `dag.test()` the asynchronous look-up cannot see connections in the database; the blocking one can.
        return await asyncio.to_thread(BaseHook.get_connection, conn_id)


async def task_state(task_instance: Any) -> str | None:
    """
    Ask from within a triggerer (Airflow 3 and newer) for the state that a task instance has now.

    :return: the state; ``None`` for a task that was cleared and not scheduled yet, or is gone.
    """
    from airflow.sdk.execution_time.task_runner import SUPERVISOR_COMMS

    return _state_in(await SUPERVISOR_COMMS.asend(_question_about(task_instance)), task_instance)


def task_state_on_worker(task_instance: Any) -> str | None:
    """Ask from within a worker for the state that a task instance has now: see :func:`task_state`."""
    try:
        import airflow.sdk.execution_time.task_runner as runner
    except ImportError:  # Airflow 2, whose workers read the database
        state = task_instance.current_state()
        return None if state is None else str(getattr(state, "value", state))
    return _state_in(runner.SUPERVISOR_COMMS.send(_question_about(task_instance)), task_instance)


def _question_about(task_instance: Any) -> Any:
    from airflow.sdk.execution_time.comms import GetTaskStates

    index = task_instance.map_index
    return GetTaskStates(
        dag_id=task_instance.dag_id,
        task_ids=[task_instance.task_id],
        run_ids=[task_instance.run_id],
        map_index=index if index >= 0 else None,
    )


def _state_in(answer: Any, task_instance: Any) -> str | None:
    from airflow.sdk.execution_time.comms import TaskStatesResult

    if not isinstance(answer, TaskStatesResult):
        raise TypeError(f"Airflow answered with {type(answer).__name__}.")
    states: Any = answer.task_states.get(task_instance.run_id) or {}
    index = task_instance.map_index
    name = task_instance.task_id if index < 0 else f"{task_instance.task_id}_{index}"
    state = states.get(name)
    return None if state is None else str(getattr(state, "value", state))
