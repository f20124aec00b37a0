"""Kinds without a list that could be read as a feed: each run is asked for, and the list is left alone."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from extend_provider.client import AsyncExtendClient, Wait
from extend_provider.client.exchange import Core
from extend_provider.client.throttle import Throttle
from extend_provider.kinds import RUN_KINDS, RunKind, run_kind
from extend_provider.watch.pace import DIRECT_LIMIT
from extend_provider.watch.session import Session
from extend_provider.watch.watcher import Watcher
from tests.watch.virtual_time import EPOCH, run, this_loop
from tests.watch.waiting_room import settings

MANY = DIRECT_LIMIT + 20


def watch_many(kind: RunKind, status: str = "PROCESSED") -> list[str]:
    """Wait for many runs that are finished; return the paths that were asked for."""
    asked: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        if request.url.path == kind.path:
            return httpx.Response(200, json={"data": []})
        return httpx.Response(200, json={"id": request.url.path.rpartition("/")[2], "status": status})

    async def wait() -> None:
        clock = this_loop().time

        def make_client(chosen, on_answer):
            core = Core(chosen, Throttle(1e6, clock), clock, lambda: EPOCH + timedelta(seconds=clock()))
            return AsyncExtendClient(chosen, transport=httpx.MockTransport(respond), core=core)

        watcher = Watcher(Session(settings(), None, make_client=make_client))
        waits = [watcher.begin(Wait(kind, f"run_{number}")) for number in range(MANY)]
        for watched in waits:
            assert (await watched.answer).status == status
            watcher.end(watched)
        await watcher.close()

    run(wait())
    return asked


@pytest.mark.parametrize("kind", RUN_KINDS.values(), ids=lambda kind: kind.name)
def test_only_a_list_that_can_be_sorted_is_read(kind):
    asked = watch_many(kind)
    assert (kind.path in asked) is kind.has_feed
    assert {f"{kind.path}/run_{number}" for number in range(MANY)} <= set(asked)


def test_without_a_feed_are_those_that_cannot_be_listed_or_sorted():
    assert {kind.name for kind in RUN_KINDS.values() if not kind.has_feed} == {"parse", "form_detection"}


def test_who_does_not_wait_for_a_human_is_told_of_the_review():
    assert watch_many(run_kind("workflow", "skip"), "NEEDS_REVIEW")
