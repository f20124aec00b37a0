"""Each planned kill happens once, whoever comes to it."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

from dev.chaos.tokens import BOTH, Kill, Tokens

KILL = Kill("after-submit", "deferrable.fill[3]", BOTH, 0.5)


def claim(folder: Path) -> bool:
    return Tokens(folder).claim(KILL)


def test_a_kill_is_found_by_its_point_and_task_alone(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    tokens.plan(KILL)

    assert Tokens(tmp_path).find("after-submit", "deferrable.fill[3]") == KILL
    assert tokens.find("after-submit", "deferrable.fill[13]") is None
    assert tokens.find("before-submit", "deferrable.fill[3]") is None


def test_of_many_processes_one_carries_it_out(tmp_path: Path) -> None:
    Tokens(tmp_path).plan(KILL)

    with multiprocessing.get_context("spawn").Pool(4) as pool:
        claimed = pool.map(claim, [tmp_path] * 20, chunksize=1)

    assert claimed.count(True) == 1
    assert Tokens(tmp_path).find(KILL.point, KILL.task) is None


def test_what_happened_is_told_from_what_did_not(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    tokens.plan(KILL)
    tokens.plan(Kill("resume", "deferrable.fill[3]"))
    tokens.claim(KILL)

    assert tokens.collect() == (["after-submit"], ["resume"])
    assert tokens.collect() == ([], []), "the next wave starts with an empty folder"
