"""What came of it: each task's answer, read back from the service and from disk, and the runs, counted there too."""

from __future__ import annotations

import io
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from dev.chaos.observed import TaskRow, Wave, published, task_rows
from dev.chaos.work import FIELD
from extend_provider.exceptions import ExtendError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dev.airflow_stack import AirflowStack
    from dev.chaos.work import Item
    from extend_provider.client import ExtendClient


@dataclass
class Findings:
    """
    The findings about all waves. Lists name what is at fault; a test without faults has empty ones.

    :param fills: fill tasks.
    :param downloads: download tasks.
    :param attempts: tries of all of them.
    :param most_attempts: tries of the task that had the most.
    :param created: runs that the service created, deleted ones too.
    :param runs: runs that the service has.
    :param failed: of these, that the service let fail; a retry has to buy another one, and does so once.
    :param credits: what they cost.
    :param not_once: tasks that have not exactly one run.
    :param lost: runs that no task ended with.
    :param wrong: tasks whose answer is not that to their question.
    :param unsuccessful: tasks that ended in another state than success.
    :param hung: tasks that did not end.
    :param partial: files under a final name that are not whole.
    """

    fills: int = 0
    downloads: int = 0
    attempts: int = 0
    most_attempts: int = 0
    created: int = 0
    runs: int = 0
    failed: int = 0
    credits: int = 0
    not_once: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    unsuccessful: list[str] = field(default_factory=list)
    hung: list[str] = field(default_factory=list)
    partial: list[str] = field(default_factory=list)

    @property
    def faults(self) -> dict[str, list[str]]:
        """What must not be: name to who is at fault."""
        return {
            "tasks without exactly one run": self.not_once,
            "lost runs": self.lost,
            "wrong answers": self.wrong,
            "tasks without success": self.unsuccessful,
            "hung tasks": self.hung,
            "partial files": self.partial,
        }


def audit(stack: AirflowStack, client: ExtendClient, waves: list[Wave], counted: dict[str, Any]) -> Findings:
    """
    Look at everything.

    :param stack: still running.
    :param client: of the service, whose faults are over.
    :param waves: the DAG runs.
    :param counted: what the service has counted: ``created`` and ``creditsUsed``.
    :return: the findings.
    """
    findings = Findings(created=counted["created"], credits=counted["creditsUsed"])
    answers: dict[str, str] = {}
    for wave in waves:
        done = _look_at_tasks(stack, wave, findings)
        for item in wave.items:
            xcoms = published(stack, wave.run_id, item.fill)
            if xcoms.get("return_value") or item.fill in done:
                answers[f"{wave.run_id} {item.fill}"] = _look_at_answer(client, wave, item, xcoms, findings)
            if Path(item.path).exists() or item.download in done:
                _look_at_file(item, findings)
    _look_at_runs(client, waves, answers, findings)
    return findings


def _look_at_tasks(stack: AirflowStack, wave: Wave, findings: Findings) -> set[str]:
    """Count tries, and look how tasks ended; give those that say that they have succeeded."""
    rows = {row.name: row for row in task_rows(stack, wave.run_id)}
    for name in (name for item in wave.items for name in (item.fill, item.download)):
        row = rows.get(name, TaskRow(name, "not there", 0))
        if not row.has_ended:
            findings.hung.append(f"{wave.run_id} {name}: {row.state}")
        elif row.state != "success":
            findings.unsuccessful.append(f"{wave.run_id} {name}: {row.state}")
        findings.attempts += row.tries
        findings.most_attempts = max(findings.most_attempts, row.tries)
    findings.fills += len(wave.items)
    findings.downloads += len(wave.items)
    return {row.name for row in rows.values() if row.state == "success"}


def _look_at_answer(client: ExtendClient, wave: Wave, item: Item, xcoms: dict[str, Any], findings: Findings) -> str:
    """Compare what a fill task published with what it was asked, the service and the file; give the id of its run."""
    result = xcoms.get("return_value") or {}
    try:
        run = client.get_run(result["run_id"])
        content = b"".join(client.iter_file(result["output_file_ids"][0]))
    except (ExtendError, LookupError) as error:
        findings.wrong.append(f"{wave.run_id} {item.fill}: {error!r}")
        return str(result.get("run_id"))
    is_right = (
        xcoms.get("run_id") == run.id
        and xcoms.get("output_file_ids") == result["output_file_ids"] == run.output_file_ids
        and result.get("filled_values") == run.filled_values == {FIELD: item.value}
        and _value_in(content) == item.value
    )
    if not is_right:
        findings.wrong.append(f"{wave.run_id} {item.fill}: {run.id} is not the answer to {item.value!r}")
    return run.id


def _look_at_file(item: Item, findings: Findings) -> None:
    path = Path(item.path)
    if not path.exists():
        findings.wrong.append(f"there is no {path}")
        return
    value = _value_in(path.read_bytes())
    if value is None:
        findings.partial.append(str(path))
    elif value != item.value:
        findings.wrong.append(f"{path} holds {value!r}")


def _look_at_runs(client: ExtendClient, waves: list[Wave], answers: dict[str, str], findings: Findings) -> None:
    """Count runs by what they were asked to fill in; twins ask for the same."""
    asked = Counter(item.value for wave in waves for item in wave.items)
    status = {run.id: run.status for run in client.list_runs(maxPageSize=100)}
    listed, failed = set(status), {run_id for run_id in status if status[run_id] == "FAILED"}
    findings.runs, findings.failed = len(listed), len(failed)
    runs = Counter(_asked_of(client, run_id) for run_id in listed - failed)
    for value in sorted(asked.keys() | runs.keys()):
        if asked[value] != runs[value]:
            findings.not_once.append(f"{value!r}: {runs[value]} runs for {asked[value]} tasks")
    findings.lost += sorted(listed - failed - set(answers.values()))
    if findings.created != findings.runs:
        findings.lost.append(f"{findings.created - findings.runs} deleted ones")
    shared = [run_id for run_id, times in Counter(answers.values()).items() if times > 1]
    findings.wrong += [f"{run_id} is the answer of several tasks" for run_id in shared]


def _asked_of(client: ExtendClient, run_id: str) -> str:
    config = client.get_run(run_id).config or {}
    return str(json.loads(config["instructions"])[FIELD])


def _value_in(content: bytes) -> str | None:
    """Read the field of a filled form; ``None`` where the file is not whole."""
    try:
        fields = PdfReader(io.BytesIO(content)).get_fields() or {}
    except (PyPdfError, ValueError, OSError):
        return None
    found = fields.get(FIELD)
    return None if found is None or not content.rstrip().endswith(b"%%EOF") else str(found.value)


def left_overs(folder: Path) -> Iterator[Path]:
    """Find what killed downloads left behind, under names that nobody takes for a result."""
    return folder.rglob("*.part")
