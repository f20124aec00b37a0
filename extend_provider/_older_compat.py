"""
What :mod:`extend_provider._compat` takes from `common-compat`, for those that have one older than its 1.12.

The constraints of Airflow 2.11.0, 3.0 and 3.1.0 hold such a one. In none of these releases had the names begun to move.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.configuration import conf
from airflow.exceptions import (  # type: ignore[attr-defined]
    AirflowFailException,
    AirflowNotFoundException,
    AirflowSensorTimeout,
    AirflowSkipException,
)

try:
    from airflow.sdk import BaseOperator, BaseOperatorLink, BaseSensorOperator, PokeReturnValue
    from airflow.sdk.execution_time.xcom import XCom
except ImportError:  # Airflow 2
    from airflow.models import XCom
    from airflow.models.baseoperator import BaseOperator  # type: ignore[import-not-found,no-redef]
    from airflow.models.baseoperatorlink import BaseOperatorLink  # type: ignore[import-not-found,no-redef]
    from airflow.sensors.base import BaseSensorOperator, PokeReturnValue  # type: ignore[import-not-found,no-redef]

try:
    from airflow.sdk import BaseHook
except ImportError:  # Airflow 3.0 and 2
    from airflow.hooks.base import BaseHook  # type: ignore[attr-defined,no-redef]

if TYPE_CHECKING:
    from airflow.sdk import Connection, ObjectStoragePath

__all__ = [
    "AirflowFailException",
    "AirflowNotFoundException",
    "AirflowSensorTimeout",
    "AirflowSkipException",
    "BaseHook",
    "BaseOperator",
    "BaseOperatorLink",
    "BaseSensorOperator",
    "PokeReturnValue",
    "XCom",
    "conf",
    "get_async_connection",
    "object_storage_path_class",
]


def object_storage_path_class() -> type[ObjectStoragePath]:
    """Return Airflow's class of paths in object storage. Imported late: fsspec is not needed to parse a DAG."""
    try:
        from airflow.sdk import ObjectStoragePath
    except ImportError:  # Airflow 2
        from airflow.io.path import ObjectStoragePath  # type: ignore[import-not-found,no-redef]
    return ObjectStoragePath


async def get_async_connection(conn_id: str) -> Connection:
    """Look a connection up without blocking the event loop."""
    # Not `asyncio.to_thread`: Airflow 3.0 finds the triggerer's event loop again only through this.
    from asgiref.sync import sync_to_async

    return await sync_to_async(BaseHook.get_connection)(conn_id)
