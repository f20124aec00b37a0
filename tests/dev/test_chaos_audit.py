"""The audit finds what must not be: it decides whether a crash test has passed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dev.chaos.audit import Findings, audit
from dev.chaos.observed import Wave
from dev.chaos.work import FORM, Item, write_wave
from extend_provider.client import ClientSettings, ExtendClient, Wait
from extend_provider.kinds import EDIT
from extend_provider.local import LocalService
from extend_provider.models import EditRun

RUN = "wave"


class FakeStack:
    """What Airflow would know of the tasks."""

    def __init__(self) -> None:
        self.published: dict[str, dict[str, Any]] = {}
        self._database = sqlite3.connect(":memory:")
        self._database.row_factory = sqlite3.Row
        self._database.execute("CREATE TABLE task_instance (dag_id, run_id, task_id, map_index, state, try_number)")

    def add(self, task: str, state: str, tries: int) -> None:
        task_id, _, index = task.rstrip("]").partition("[")
        row = ("chaos", RUN, task_id, int(index), state, tries)
        self._database.execute("INSERT INTO task_instance VALUES (?, ?, ?, ?, ?, ?)", row)

    def set_state(self, task: str, state: str) -> None:
        task_id, _, index = task.rstrip("]").partition("[")
        self._database.execute(
            "UPDATE task_instance SET state = ? WHERE task_id = ? AND map_index = ?", (state, task_id, int(index))
        )

    @contextmanager
    def database(self) -> Iterator[sqlite3.Connection]:
        yield self._database

    def xcoms(self, dag_id: str, run_id: str, task_id: str, map_index: int) -> dict[str, Any]:
        return self.published.get(f"{task_id}[{map_index}]", {})

    def close(self) -> None:
        self._database.close()


class Done:
    """Two pairs of tasks that have done what they should."""

    def __init__(self, service: LocalService, client: ExtendClient, folder: Path) -> None:
        self.service, self.client, self.stack = service, client, FakeStack()
        self.file = service.add_file("form.pdf", FORM.read_bytes())
        self.items = [
            Item("deferrable", index, "id", f"value {index}", self.file, str(folder / f"{index}.pdf"))
            for index in range(2)
        ]
        for item in self.items:
            self.do(item)

    def fill(self, item: Item) -> EditRun:
        run = self.client.create_edit_run(file={"id": self.file}, config=item.config)
        ended = self.client.wait_for_run(Wait(EDIT, run.id, 0.05))
        assert isinstance(ended, EditRun)
        return ended

    def do(self, item: Item) -> None:
        run = self.fill(item)
        result = {"run_id": run.id, "output_file_ids": run.output_file_ids, "filled_values": run.filled_values}
        self.stack.published[item.fill] = {**result, "return_value": result}
        Path(item.path).write_bytes(b"".join(self.client.iter_file(run.output_file_ids[0])))
        self.stack.add(item.fill, "success", 4)
        self.stack.add(item.download, "success", 1)

    def findings(self) -> Findings:
        counted = {"created": self.service.runs_created, "creditsUsed": self.service.credits_used}
        return audit(self.stack, self.client, [Wave(RUN, self.items)], counted)  # type: ignore[arg-type]

    def faults(self) -> set[str]:
        return {name for name, those in self.findings().faults.items() if those}


@pytest.fixture
def done(extend_local: LocalService, tmp_path: Path) -> Iterator[Done]:
    with ExtendClient(ClientSettings(extend_local.api_key, extend_local.base_url)) as client:
        done = Done(extend_local, client, tmp_path)
        yield done
        done.stack.close()


def test_nothing_is_found_where_all_is_well(done: Done) -> None:
    findings = done.findings()

    assert done.faults() == set()
    assert (findings.fills, findings.downloads, findings.attempts, findings.most_attempts) == (2, 2, 10, 4)
    assert findings.created == findings.runs == 2
    assert findings.credits == done.service.credits_used > 0


def test_a_run_too_many_is_found(done: Done) -> None:
    done.fill(done.items[0])

    assert done.faults() == {"tasks without exactly one run", "lost runs"}


def test_a_run_that_the_service_let_fail_is_none_too_many(done: Done) -> None:
    done.service.inject("fail")
    done.fill(done.items[0])

    findings = done.findings()
    assert done.faults() == set()
    assert (findings.created, findings.runs, findings.failed) == (3, 3, 1)


def test_a_run_too_many_is_found_though_it_was_deleted(done: Done) -> None:
    done.client.delete_run(done.fill(done.items[0]).id)

    assert done.faults() == {"lost runs"}


def test_a_task_without_a_run_of_its_own_is_found(done: Done) -> None:
    one, other = done.items
    done.stack.published[one.fill] = done.stack.published[other.fill]

    assert done.faults() == {"wrong answers", "lost runs"}


def test_an_answer_to_another_question_is_found(done: Done) -> None:
    done.items[0] = replace(done.items[0], value="another value")

    assert done.faults() == {"tasks without exactly one run", "wrong answers"}


def test_another_output_file_than_that_of_the_run_is_found(done: Done) -> None:
    one, other = done.items
    theirs = done.stack.published[other.fill]["output_file_ids"]
    done.stack.published[one.fill]["output_file_ids"] = theirs
    done.stack.published[one.fill]["return_value"]["output_file_ids"] = theirs

    assert done.faults() == {"wrong answers"}


def test_half_a_file_under_a_final_name_is_found(done: Done) -> None:
    path = Path(done.items[0].path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    assert done.faults() == {"partial files"}


def test_a_missing_file_is_found(done: Done) -> None:
    Path(done.items[0].path).unlink()

    assert done.faults() == {"wrong answers"}


@pytest.mark.parametrize(
    ("state", "fault"), [("failed", "tasks without success"), ("running", "hung tasks"), ("deferred", "hung tasks")]
)
def test_a_task_that_did_not_end_well_is_found(done: Done, state: str, fault: str) -> None:
    done.stack.set_state(done.items[1].download, state)

    assert done.faults() == {fault}


def test_a_success_that_published_nothing_is_found(done: Done) -> None:
    del done.stack.published[done.items[0].fill]

    assert done.faults() == {"wrong answers", "lost runs"}


def test_the_dag_reads_what_is_written(done: Done, tmp_path: Path) -> None:
    write_wave(done.items, tmp_path / "wave.json")

    assert '"deferrable": [{"file": "file_' in (tmp_path / "wave.json").read_text()
