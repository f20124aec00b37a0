"""What the stub answers, of the size that the real services answer: shapes from their public API references."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any

from benchmarks.jobs import Jobs

__all__ = ["Bodies", "run_id"]

# A form of one page, such as a W-9.
_FIELDS = 20


def run_id(number: int) -> str:
    """Return the id of a job's edit run."""
    return f"edr_benchmark{number:08d}"


class Bodies:
    """
    The bodies for a round, made beforehand where they are large, so that the stub never limits the contestants.

    :param jobs: the jobs of the round.
    """

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._created = _stamp(jobs.began_unix)
        self._config = _dump(_config())
        self._output = _dump(_output())

    def summary(self, number: int, *, ended: bool) -> bytes:
        """Return an item of ``GET /edit_runs``."""
        return _dump(
            {
                **self._head(number, ended=ended),
                "createdAt": self._created,
                "updatedAt": _stamp(self._jobs.began_unix + self._jobs.ends[number]) if ended else self._created,
            }
        )

    def run(self, number: int, *, ended: bool) -> bytes:
        """Return the answer to ``GET /edit_runs/{id}``: with config, and with output once it has ended."""
        head = _dump(self._head(number, ended=ended))
        return b'%s,"config":%s,"output":%s}' % (head[:-1], self._config, self._output if ended else b"null")

    def _head(self, number: int, *, ended: bool) -> dict[str, Any]:
        return {
            "object": "edit_run",
            "id": run_id(number),
            "file": _file(number, self._created),
            "status": "PROCESSED" if ended else "PROCESSING",
            "failureReason": None,
            "failureMessage": None,
            "metrics": _METRICS if ended else None,
            "usage": _USAGE if ended else None,
        }

    @staticmethod
    def databricks(number: int, *, ended: bool) -> bytes:
        """Return the answer to Databricks' ``GET /api/2.1/jobs/runs/get``."""
        state = {"life_cycle_state": "RUNNING", "state_message": "In run", "user_cancelled_or_timedout": False}
        if ended:
            state = {**state, "life_cycle_state": "TERMINATED", "result_state": "SUCCESS", "state_message": ""}
        task = {**_DATABRICKS, "task_key": "ingest_orders", "attempt_number": 0, "state": state}
        return _dump({**_DATABRICKS, "job_id": 11223344, "run_id": number, "state": state, "tasks": [task]})

    @staticmethod
    def dbt_cloud(number: int, *, ended: bool) -> bytes:
        """Return the answer to dbt Cloud's ``GET /api/v2/accounts/{id}/runs/{id}/``."""
        status = (
            {"status": 10, "status_humanized": "Success"} if ended else {"status": 3, "status_humanized": "Running"}
        )
        data = {**_DBT_CLOUD, "id": number, **status, "is_complete": ended, "is_success": ended}
        return _dump({"status": {"code": 200, "is_success": True, "user_message": "Success!"}, "data": data})


def _dump(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


@lru_cache(maxsize=1024)
def _stamp(unix: float) -> str:
    return datetime.fromtimestamp(unix, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _file(number: int, created: str) -> dict[str, Any]:
    return {
        "object": "file",
        "id": f"file_benchmark{number:08d}",
        "name": f"onboarding-form-{number:08d}.pdf",
        "type": "PDF",
        "parentFileId": None,
        "metadata": {"pageCount": 1},
        "usage": None,
        "createdAt": created,
        "updatedAt": created,
    }


_METRICS = {
    "processingTimeMs": 14203.4,
    "pageCount": 1,
    "fieldCount": _FIELDS,
    "fieldsDetectedCount": _FIELDS,
    "fieldsAnnotatedCount": _FIELDS,
    "fieldDetectionTimeMs": 6120.5,
    "fieldAnnotationTimeMs": 3987.1,
    "fieldFillingTimeMs": 1022.9,
}
_USAGE = {"credits": 2, "totalCredits": 2}
_DATABRICKS = {
    "creator_user_name": "data-platform@example.com",
    "number_in_job": 455644833,
    "original_attempt_run_id": 455644833,
    "start_time": 1790000000000,
    "setup_duration": 4312,
    "execution_duration": 0,
    "cleanup_duration": 0,
    "end_time": 0,
    "trigger": "ONE_TIME",
    "run_name": "nightly load of orders",
    "run_page_url": "https://example.cloud.databricks.com/?o=3901135158661429#job/11223344/run/455644833",
    "run_type": "SUBMIT_RUN",
    "format": "MULTI_TASK",
    "cluster_spec": {"existing_cluster_id": "0923-164208-meows279"},
    "cluster_instance": {"cluster_id": "0923-164208-meows279", "spark_context_id": "4348585301701786933"},
    "notebook_task": {"notebook_path": "/Repos/platform/orders/ingest", "source": "WORKSPACE"},
}
_DBT_CLOUD = {
    "trigger_id": 330001,
    "account_id": 1,
    "environment_id": 2104,
    "project_id": 5203,
    "job_definition_id": 40123,
    "dbt_version": "1.9.0-latest",
    "git_branch": "main",
    "git_sha": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
    "status_message": None,
    "owner_thread_id": None,
    "executed_by_thread_id": "scheduler-run-0",
    "artifacts_saved": True,
    "artifact_s3_path": "prod/runs/330001/artifacts/target",
    "has_docs_generated": False,
    "has_sources_generated": False,
    "notifications_sent": False,
    "created_at": "2026-03-04 10:15:00.000000+00:00",
    "updated_at": "2026-03-04 10:15:30.000000+00:00",
    "queued_duration": "00:00:02",
    "run_duration": "00:00:28",
    "duration_humanized": "30 seconds",
    "href": "https://cloud.getdbt.com/deploy/1/projects/5203/runs/330001/",
}


def _config() -> dict[str, Any]:
    properties = {
        f"field_{number:02d}": {
            "type": ["string", "null"],
            "description": f"Line {number} of the form: name, address or taxpayer identification as printed.",
            "extend_edit:field_type": "text",
            "extend_edit:page_index": 0,
            "extend_edit:bbox": {"left": 58.5, "top": 20.5 * number, "right": 412.25, "bottom": 20.5 * number + 14},
            "extend_edit:text_edit_options": {"fontSize": 9, "color": [0, 0, 128], "multiLine": False},
        }
        for number in range(_FIELDS)
    }
    return {
        "engineVersion": "1.0.0",
        "schema": {"type": "object", "properties": properties, "required": []},
        "instructions": "Fill the form for the person described in the request; leave unknown lines empty.",
        "advancedOptions": {"tableParsingEnabled": False, "flattenPdf": True, "radioEnumsEnabled": True},
    }


def _output() -> dict[str, Any]:
    signature = "IQoJb3JpZ2luX2VjEBENCHMARK" * 40  # a presigned URL has about a kilobyte of parameters
    return {
        "editedFile": {
            "id": "file_benchmarkedited",
            "presignedUrl": f"https://storage.example.com/files/file_benchmarkedited?X-Amz-Security-Token={signature}",
        },
        "filledValues": {f"field_{number:02d}": f"Value of line {number}" for number in range(_FIELDS)},
    }
