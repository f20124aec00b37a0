"""Names of Airflow that tests need, wherever the installed release has them."""

from __future__ import annotations

try:
    from airflow.providers.common.compat.sdk import (
        AirflowFailException,
        AirflowSensorTimeout,
        AirflowSkipException,
        Connection,
        ObjectStoragePath,
        TaskDeferred,
    )
except ImportError:  # common-compat before 1.12
    from airflow.exceptions import AirflowFailException, AirflowSensorTimeout, AirflowSkipException, TaskDeferred

    try:
        from airflow.sdk import Connection, ObjectStoragePath
    except ImportError:  # Airflow 2
        from airflow.io.path import ObjectStoragePath
        from airflow.models import Connection

try:
    from airflow.sdk import DAG, task
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.decorators import task

__all__ = [
    "DAG",
    "AirflowFailException",
    "AirflowSensorTimeout",
    "AirflowSkipException",
    "Connection",
    "ObjectStoragePath",
    "TaskDeferred",
    "task",
]
