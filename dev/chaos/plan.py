"""Which task is killed at which point: a function of the seed, the wave and the tasks."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

from dev.chaos import points
from dev.chaos.tokens import BOTH, PROCESS, SUPERVISOR, Kill

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from dev.chaos.points import Point
    from dev.chaos.work import Item

_SECOND_KILL = 0.45
_DOWNLOAD_KILL = 0.6
_VICTIMS = (PROCESS, BOTH, SUPERVISOR)
_VICTIM_WEIGHTS = (7, 2, 1)
_LONGEST_DELAY = 1.5
# A triggerer that dies drops its other waits for seconds: one such kill of each kind in a wave is enough.
_RARE = (points.DEFERRED, points.EVENT, points.EVENT_SENT)
_FILL_POINTS = tuple(point for point in points.OF_TASKS if point.task == points.FILL)
_DOWNLOAD_POINTS = tuple(point for point in points.OF_TASKS if point.task == points.DOWNLOAD)


def plan_kills(items: Sequence[Item], rng: random.Random) -> list[Kill]:
    """
    Plan the kills of a wave: one for every fill task, two for some, one for most downloads; each point at least once.

    :param items: the wave's pairs.
    :param rng: seeded.
    :return: the kills, no two of a task at the same point.
    """
    plan = _cover(rng.sample(items, len(items)), rng)
    often = cycle(rng.sample([point for point in _FILL_POINTS if point not in _RARE], len(_FILL_POINTS) - len(_RARE)))
    for item in items:
        if not plan[item]:
            plan[item].append(next(point for point in often if _comes_to(item, point)))
        # What comes after the submit is reached only by a task that is still the first to wait for its run.
        if plan[item][0].submits and rng.random() < _SECOND_KILL:
            plan[item].append(rng.choice([point for point in _FILL_POINTS if _may_follow(item, plan[item], point)]))
    kills = [_kill(point, item.fill, rng) for item in items for point in plan[item]]
    downloads = [item.download for item in rng.sample(items, round(len(items) * _DOWNLOAD_KILL))]
    return kills + [_kill(point, task, rng) for task, point in zip(downloads, cycle(_DOWNLOAD_POINTS), strict=False)]


def _cover(items: Sequence[Item], rng: random.Random) -> dict[Item, list[Point]]:
    """Give each point to a task that comes to it, a task of its own as far as there are enough."""
    plan: dict[Item, list[Point]] = {item: [] for item in items}
    choices = {point: [item for item in items if _comes_to(item, point)] for point in _FILL_POINTS}
    # The choosiest points first, or the tasks that they need are taken.
    for point in sorted(rng.sample(_FILL_POINTS, len(_FILL_POINTS)), key=lambda point: len(choices[point])):
        free = min(choices[point], key=lambda item: (len(plan[item]), item.group == "deferrable"))
        plan[free].append(point)
    return plan


def _comes_to(item: Item, point: Point) -> bool:
    return (not point.deferrable or item.group == "deferrable") and (not point.inputs or item.input in point.inputs)


def _may_follow(item: Item, planned: list[Point], point: Point) -> bool:
    return _comes_to(item, point) and point not in planned and point not in _RARE


def _kill(point: Point, task: str, rng: random.Random) -> Kill:
    victim = rng.choices(_VICTIMS, _VICTIM_WEIGHTS)[0]
    if point in _RARE:
        # A triggerer's supervisor that dies takes its runner with it, one way or the other.
        return Kill(point.name, task, PROCESS if victim == PROCESS else BOTH, round(rng.uniform(0, _LONGEST_DELAY), 2))
    return Kill(point.name, task, victim)
