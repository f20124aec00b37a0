"""The plan of kills is a function of the seed, and leaves no point out."""

from __future__ import annotations

import random

import pytest

from dev.chaos import points
from dev.chaos.options import Options
from dev.chaos.plan import plan_kills
from dev.chaos.tokens import Kill
from dev.chaos.work import INPUTS, Item


def pairs(tasks: int) -> list[Item]:
    sizes = Options(seed=0, tasks=tasks).sizes
    return [
        Item(group, index, INPUTS[index % len(INPUTS)], "value", "file", "path")
        for group, size in sizes.items()
        for index in range(size)
    ]


def plan(seed: int, tasks: int = 24) -> list[Kill]:
    return plan_kills(pairs(tasks), random.Random(seed))


def test_the_seed_decides() -> None:
    assert plan(1) == plan(1)
    assert plan(1) != plan(2)


@pytest.mark.parametrize("tasks", [6, 12, 24, 60])
@pytest.mark.parametrize("seed", range(5))
def test_every_point_has_a_task_that_comes_to_it(tasks: int, seed: int) -> None:
    kills = plan(seed, tasks)
    inputs = {item.fill: item.input for item in pairs(tasks)}

    assert {kill.point for kill in kills} == {point.name for point in points.OF_TASKS}
    assert len({kill.file_name for kill in kills}) == len(kills)
    known = {point.name: point for point in points.OF_TASKS}
    for kill in kills:
        point = known[kill.point]
        assert point.task in kill.task
        assert kill.task.startswith("deferrable.") or not point.deferrable
        assert inputs.get(kill.task, "") in point.inputs or not point.inputs


@pytest.mark.parametrize("seed", range(5))
def test_most_tasks_are_killed(seed: int) -> None:
    kills = plan(seed)

    assert {kill.task for kill in kills} >= {item.fill for item in pairs(24)}
    assert len(kills) >= 35
