"""Logs for people."""

from __future__ import annotations

from pathlib import Path

from dev.airflow_logs import readable, task_log_files


def test_json_lines_become_events_and_exceptions() -> None:
    log = (
        '{"timestamp":"2026-11-22T07:44:19Z","level":"info","event":"Waiting","logger":"task","lineno":3}\n'
        '{"timestamp":"2026-11-22T07:44:20Z","level":"error","event":"Task failed",'
        '"error_detail":[{"exc_type":"ValueError","exc_value":"told to","frames":[]}]}\n'
    )

    assert readable(log).splitlines() == [
        "2026-11-22T07:44:19Z info     Waiting",
        "2026-11-22T07:44:20Z error    Task failed",
        "    ValueError: told to",
    ]


def test_other_lines_stay() -> None:
    assert readable("[2026-11-22] {x.py:1} INFO - Waiting\n7\n") == "[2026-11-22] {x.py:1} INFO - Waiting\n7"


def test_logs_are_those_of_one_try_of_one_instance(tmp_path: Path) -> None:
    task = tmp_path / "dag_id=d" / "run_id=r" / "task_id=t"
    mapped = task / "map_index=1"
    mapped.mkdir(parents=True)
    for folder in (task, mapped):
        for name in ("attempt=1.log", "attempt=1.log.trigger.7.log", "attempt=2.log"):
            (folder / name).touch()

    assert [path.name for path in task_log_files(tmp_path, "d", "r", "t", 1, -1)] == [
        "attempt=1.log",
        "attempt=1.log.trigger.7.log",
    ]
    assert task_log_files(tmp_path, "d", "r", "t", 2, 1) == [mapped / "attempt=2.log"]
    assert task_log_files(tmp_path, "d", "r", "other", 1, -1) == []
