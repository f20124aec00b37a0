"""
What a worker does with large data, in a process of its own whose memory is measured.

``python -m tests.large_operations FOLDER`` prints a JSON object: operation to megabytes of memory that it needed at its
peak, beyond what the process had before.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from extend_provider.operators.files import ExtendDownloadFileOperator, ExtendUploadFileOperator
from extend_provider.operators.parse import ExtendCreateParseRunOperator
from tests.task_runs import run_task

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def operations(size: str, folder: Path) -> dict[str, Any]:
    """The operators, for data of one size: they read and write ``<size>.…`` in the folder."""
    return {
        "upload": ExtendUploadFileOperator(task_id="upload", file=str(folder / f"{size}.pdf")),
        "download": ExtendDownloadFileOperator(
            task_id="download", file_id=f"file_{size}", path=str(folder / f"{size}.downloaded")
        ),
        "parse": ExtendCreateParseRunOperator(
            task_id="parse",
            file=f"file_{size}",
            result_path=str(folder / f"{size}.json"),
            markdown_path=str(folder / f"{size}.md"),
        ),
    }


def extra_memory(task: Any) -> float:
    """Run a task; return its peak in megabytes."""
    CLEAR.write_text("5")  # the peak is what is there now
    before = peak()
    run_task(task)
    return peak() - before


def peak() -> float:
    """The most memory that this process has had since the last clearing, in megabytes."""
    (line,) = [line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024 / 1_000_000


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    # What is needed for data of any size, such as imports, is needed by now.
    for task in operations("small", folder).values():
        run_task(task)
    print(json.dumps({name: extra_memory(task) for name, task in operations("large", folder).items()}))
