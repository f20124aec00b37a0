"""
Turn a folder of PDFs into Markdown next to them, one mapped task for each PDF.

Needs a connection ``extend_default`` of type Extend; for a bucket, such as ``s3://aws_default@inbox/contracts``, also
that of the storage, and its provider with ``[s3fs]``, ``[gcsfs]`` or ``[adlfs]``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

try:
    from airflow.sdk import DAG, ObjectStoragePath, task
except ImportError:  # Airflow 2
    from airflow.decorators import task
    from airflow.io.path import ObjectStoragePath
    from airflow.models.dag import DAG

from extend_provider.operators.parse import ExtendCreateParseRunOperator

with DAG(
    dag_id="parse_folder",
    schedule=None,
    catchup=False,
    tags=["extend", "example"],
    doc_md=__doc__,
    params={"folder": (Path(__file__).parent / "forms").as_uri()},  # in any object storage
) as dag:

    @task
    def pdfs(params: Any = None) -> list[dict[str, str]]:
        """Each PDF of the folder, and where its text goes."""
        files = [str(path) for path in ObjectStoragePath(params["folder"]).iterdir() if path.suffix == ".pdf"]
        return [{"file": file, "markdown_path": file.removesuffix(".pdf") + ".md"} for file in sorted(files)]

    ExtendCreateParseRunOperator.partial(
        task_id="parse",
        deferrable=True,
        retries=3,
        max_active_tis_per_dagrun=16,  # the rest waits for its turn
    ).expand_kwargs(pdfs())
