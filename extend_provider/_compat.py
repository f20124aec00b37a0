"""
Everything that depends on the Airflow version, in one file.

`common-compat` covers most of it from Airflow 2.11 on. What is newer than its 1.12 (the newest that the constraints
of supported Airflow releases all allow) is looked for here, not assumed.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import (
    AirflowNotFoundException,
    AirflowSensorTimeout,
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
    "AirflowNotFoundException",
    "AirflowSensorTimeout",
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
    "stats",
]


def airflow_version() -> str:
    """Return the version of the running Airflow."""
    from airflow import __version__

    return str(__version__)


def object_storage_path(uri: Any) -> ObjectStoragePath:
    """Return a path in any storage that Airflow knows. Imported late: fsspec is not needed to parse a DAG."""
    from airflow.providers.common.compat.sdk import ObjectStoragePath

    return ObjectStoragePath(uri)


def stats() -> Any:
    """Return Airflow's metrics, which go nowhere unless a collector is configured."""
    from airflow.providers.common.compat.sdk import Stats

    return Stats


async def async_connection(conn_id: str) -> Connection:
    """
    Look a connection up without blocking the event loop.

    :raises AirflowNotFoundException: there is no such connection.
    """
    from airflow.providers.common.compat.connection import get_async_connection

    try:
        return await get_async_connection(conn_id)
    except AirflowNotFoundException:
        # Under `dag.test()` the asynchronous look-up cannot see connections in the database; the blocking one can.
        return await asyncio.to_thread(BaseHook.get_connection, conn_id)
