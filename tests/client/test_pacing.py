"""When a run is looked at again."""

from __future__ import annotations

import pytest

from extend_provider.client.pacing import next_delay

RUN_IDS = [f"edr_{number}" for number in range(500)]


def middle(age, poll_interval=None):
    delays = sorted(next_delay(age, poll_interval, run_id) for run_id in RUN_IDS)
    return delays[len(delays) // 2]


@pytest.mark.parametrize(("age", "delay"), [(0, 1), (29, 1), (60, 4), (225, 15), (450, 30), (86_400, 30)])
def test_looks_are_frequent_at_first_and_rarer_with_age(age, delay):
    assert middle(age) == pytest.approx(delay, rel=0.03)


def test_delays_never_fall_as_a_run_grows_older():
    delays = [next_delay(age, None, "edr_1") for age in range(1000)]

    assert delays == sorted(delays)
    assert all(0.9 <= delay <= 33 for delay in delays)


@pytest.mark.parametrize("age", [0, 100, 10_000])
def test_a_fixed_interval_does_not_change_with_age(age):
    assert middle(age, poll_interval=7.0) == pytest.approx(7.0, rel=0.03)


def test_runs_of_equal_age_are_spread_by_a_tenth_either_way():
    delays = [next_delay(0, 10.0, run_id) for run_id in RUN_IDS]

    assert min(delays) == pytest.approx(9.0, abs=0.1)
    assert max(delays) == pytest.approx(11.0, abs=0.1)
    assert len(set(delays)) > 300


def test_a_restart_does_not_change_the_rhythm():
    assert next_delay(100, None, "edr_1") == next_delay(100, None, "edr_1")


def test_a_wait_of_half_an_hour_costs_few_looks():
    age, looks = 0.0, 0
    while age < 1800:
        age += next_delay(age, None, "edr_1")
        looks += 1

    assert looks < 130
