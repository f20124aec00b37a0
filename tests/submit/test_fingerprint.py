from __future__ import annotations

import re
from typing import Any

import pytest

from extend_provider.submit.fingerprint import fingerprint, mark, mark_in_name

TASK = '["forms", "fill", "manual__1", -1]'
ORDER: dict[str, Any] = {"conn": "extend_default", "kind": "edit", "body": {"config": {"b": 1, "a": "Jordan"}}}


def test_the_same_input_has_the_same_fingerprint_whatever_the_order_of_its_keys() -> None:
    turned = {"body": {"config": {"a": "Jordan", "b": 1}}, "kind": "edit", "conn": "extend_default"}
    assert fingerprint(TASK, ORDER) == fingerprint(TASK, turned)


@pytest.mark.parametrize(
    ("task", "change"),
    [
        (TASK, {"conn": "other"}),
        (TASK, {"body": {"config": {"b": 1, "a": "Jordan A."}}}),
        (TASK, {"body": {"config": {"b": "1", "a": "Jordan"}}}),
        ('["forms", "fill", "manual__1", 0]', {}),
        ('["forms", "fill", "manual__2", -1]', {}),
    ],
)
def test_another_input_or_task_has_another(task: str, change: dict[str, Any]) -> None:
    assert fingerprint(task, {**ORDER, **change}) != fingerprint(TASK, ORDER)


def test_mark_tells_the_series_and_nothing_else() -> None:
    of_input = fingerprint(TASK, ORDER)
    assert re.fullmatch(r"airflow-[0-9a-f]{16}", mark(of_input, 2))
    assert mark(of_input, 2) == mark(of_input, 2) != mark(of_input, 4)
    # Whoever sees the mark must not be able to look the fingerprint up in Airflow's database.
    assert mark(of_input, 2).removeprefix("airflow-") not in of_input


def test_marks_are_recognised() -> None:
    assert mark_in_name(f"w9-{mark('input', 1)}.pdf") == mark("input", 1)
    assert mark_in_name(f"w9-{mark('input', 1)}") == mark("input", 1)
    assert mark_in_name(f"w9-{mark('input', 1)}-{mark('input', 2)}.pdf") == mark("input", 2)
    assert not mark_in_name("w9.pdf")
    assert not mark_in_name("w9-airflow-notes.pdf")
    assert not mark_in_name(f"w9-{mark('input', 1)}-edited.pdf")
