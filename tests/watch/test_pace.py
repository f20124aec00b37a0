"""Facts in, seconds out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extend_provider.client import Wait
from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.kinds import EDIT
from extend_provider.watch.pace import after_failure, check_wait, next_look, reconcile_after


@pytest.mark.parametrize(
    ("waits", "seconds"),
    [
        # Alone: the interval, or a fifteenth of the age, from a second to half a minute, and a tenth less for jitter.
        ([(0.0, None)], 0.9),
        ([(29.0, None)], 0.9),
        ([(150.0, None)], 9.0),
        ([(9000.0, None)], 27.0),
        ([(0.0, 5.0)], 4.5),
        ([(9000.0, 5.0)], 4.5),
        # Together: the youngest decides, or the shortest interval.
        ([(9000.0, None), (150.0, None), (600.0, None)], 9.0),
        ([(9000.0, None), (600.0, 60.0), (10.0, 20.0)], 18.0),
        # Nobody reads a list for ever without a pause.
        ([(0.0, 0.0)], 0.1),
        ([], 1.0),
    ],
)
def test_the_most_impatient_decides(waits: list[tuple[float, float | None]], seconds: float) -> None:
    assert next_look(waits) == pytest.approx(seconds)


ages = st.floats(0, 1e6)
intervals = st.none() | st.floats(0, 1e4)


@given(st.lists(st.tuples(ages, intervals), min_size=1), st.tuples(ages, intervals))
def test_one_more_wait_never_makes_it_slower(
    waits: list[tuple[float, float | None]], another: tuple[float, float | None]
) -> None:
    assert next_look([*waits, another]) <= next_look(waits)
    assert next_look([*waits, another]) == min(next_look(waits), next_look([another]))


def test_failures_are_repeated_less_and_less_often() -> None:
    assert [after_failure(number) for number in range(1, 9)] == [0.5, 1, 2, 4, 8, 15, 15, 15]
    assert after_failure(100_000) == 15


@pytest.mark.parametrize(("interval", "seconds"), [(None, 60.0), (5.0, 60.0), (60.0, 60.0), (600.0, 600.0)])
def test_nobody_is_asked_for_more_often_than_asked(interval: float | None, seconds: float) -> None:
    assert reconcile_after(interval) == seconds


@pytest.mark.parametrize(
    "nonsense",
    [
        {"run_id": 5},
        {"run_id": None},
        {"poll_interval": "5"},
        {"poll_interval": -1},
        {"poll_interval": float("nan")},
        {"poll_interval": [1]},
    ],
)
def test_what_no_pace_can_be_found_for_is_refused(nonsense: dict[str, Any]) -> None:
    with pytest.raises(ExtendConfigurationError, match=next(iter(nonsense))):
        check_wait(Wait(**{"kind": EDIT, "run_id": "edr_1", **nonsense}))


@pytest.mark.parametrize("interval", [None, 0, 0.5, 5, 1e9])
def test_intervals_that_can_be_kept(interval: float | None) -> None:
    check_wait(Wait(EDIT, "edr_1", interval))
