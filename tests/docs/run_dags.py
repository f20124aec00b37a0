"""
Run each DAG of a folder to its end, as its author would: with ``dag.test()``. A program of its own.

A folder stands in for the buckets that the DAGs name.
"""

from __future__ import annotations

import contextlib
import json
import sys
import traceback
from pathlib import Path
from typing import Any

import fsspec.implementations.dirfs
import fsspec.implementations.local

try:
    from airflow.sdk.io import attach
except ImportError:  # Airflow 2
    from airflow.io.store import attach

from airflow.models import DagBag

import extend_provider.triggers.run

with contextlib.suppress(ImportError):  # Airflow below 3.2
    from airflow.dag_processing.dagbag import DagBag


def main(dags: Path, buckets: Path, report: Path) -> None:
    """
    Run them.

    :param dags: folder with DAG files.
    :param buckets: folder that stands in for ``s3://``.
    :param report: file to write to: by DAG id the states of its tasks, or what went wrong.
    """
    # There is no scheduler here that an early event could overtake.
    extend_provider.triggers.run._EARLIEST = 0.0
    local = fsspec.implementations.local.LocalFileSystem(auto_mkdir=True)
    attach("s3", fs=fsspec.implementations.dirfs.DirFileSystem(str(buckets), local))
    bag = DagBag(str(dags))
    outcomes = {dag_id: outcome(dag) for dag_id, dag in sorted(bag.dags.items())}
    report.write_text(json.dumps({"import_errors": bag.import_errors, **outcomes}))


def outcome(dag: Any) -> Any:
    """States of the tasks after a run, in the order of the DAG; or a traceback."""
    for task in dag.tasks:
        task.retries = 0  # dag.test() waits for retries; here a failure is an answer
    try:
        instances = dag.test().get_task_instances()
    except Exception:
        return traceback.format_exc()
    return {f"{instance.task_id} {instance.map_index}": instance.state for instance in instances}


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
