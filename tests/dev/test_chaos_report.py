"""A crash test passes only without any shortfall, and its table says what it has shown."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from dev.chaos.audit import Findings
from dev.chaos.options import MARKER, Options, read_options
from dev.chaos.points import EVERY_POINT
from dev.chaos.report import shortfalls, table
from dev.chaos.session import Outcome

OPTIONS = Options(seed=7, attempts=200)
FINDINGS = Findings(fills=72, downloads=72, attempts=240, most_attempts=6, created=72, runs=72, credits=144)
PASSED = Outcome(
    seed=7,
    airflow="3.3.2",
    kills=Counter({point.name: 3 for point in EVERY_POINT}),
    weather={"429": 12},
    findings=FINDINGS,
)


def test_a_test_without_faults_passes() -> None:
    assert shortfalls(PASSED, OPTIONS) == []


@pytest.mark.parametrize("name", ["not_once", "lost", "wrong", "unsuccessful", "hung", "partial"])
def test_each_kind_of_fault_fails_it(name: str) -> None:
    findings = replace(FINDINGS, **{name: [f"culprit {number}" for number in range(10)]})

    [reason] = shortfalls(replace(PASSED, findings=findings), OPTIONS)

    assert reason.startswith("10 ")
    assert "culprit 0" in reason
    assert "culprit 9" not in reason, "the list is short enough to read"


def test_what_the_service_counts_must_fit() -> None:
    assert shortfalls(replace(PASSED, findings=replace(FINDINGS, created=73)), OPTIONS) == [
        "the service created 73 runs for 72 fill tasks"
    ]
    assert shortfalls(replace(PASSED, findings=replace(FINDINGS, created=75, failed=3)), OPTIONS) == []
    assert shortfalls(replace(PASSED, findings=replace(FINDINGS, created=75, failed=2)), OPTIONS) == [
        "the service created 73 runs besides 2 that failed for 72 fill tasks"
    ]


def test_too_few_attempts_fail_it() -> None:
    assert shortfalls(PASSED, replace(OPTIONS, attempts=241)) == ["only 240 of 241 task attempts"]


def test_a_point_without_a_kill_fails_it_unless_that_is_allowed() -> None:
    lucky = replace(PASSED, kills=PASSED.kills - Counter({"in-flight": 3}))

    assert shortfalls(lucky, OPTIONS) == ["no kill at in-flight"]
    assert shortfalls(lucky, replace(OPTIONS, every_point=False)) == []


def test_the_table_names_every_point_and_number() -> None:
    text = table(PASSED)

    for point in EVERY_POINT:
        assert f"| {point.name} " in text
    for number in ("240, at most 6 of one task", "72 that fill", "144", "1.000"):
        assert number in text
    assert {line.count("|") for line in text.split("\n\n")[0].splitlines()} == {5}


def test_the_outcome_can_be_read_by_programs() -> None:
    outcome = json.loads(PASSED.as_json())

    assert outcome["kills"]["in-flight"] == 3
    assert outcome["findings"]["created"] == 72
    assert outcome["findings"]["lost"] == []


def test_options_from_the_command_line() -> None:
    options = read_options(["--seed", "3", "--tasks", "12", "--any-points", "--home", "somewhere"])

    assert options == Options(seed=3, tasks=12, every_point=False, home=Path("somewhere"))
    assert options.sizes == {"deferrable": 8, "synchronous": 4}
    assert read_options([]).seed != read_options([]).seed, "a drawn seed is a new one"


def test_too_few_tasks_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        read_options(["--tasks", "3"])

    assert "--tasks must be at least 6" in capsys.readouterr().err


def test_a_folder_with_other_things_is_not_emptied(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert read_options(["--home", str(tmp_path)]).home == tmp_path
    (tmp_path / "thesis.tex").touch()

    with pytest.raises(SystemExit):
        read_options(["--home", str(tmp_path)])

    assert "would be deleted" in capsys.readouterr().err
    (tmp_path / MARKER).touch()
    assert read_options(["--home", str(tmp_path)]).home == tmp_path
