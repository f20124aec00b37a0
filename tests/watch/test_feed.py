"""The feed by itself: how deep it reads, in which pages, and what it believes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from extend_provider.client import AsyncExtendClient
from extend_provider.client.exchange import Core
from extend_provider.client.throttle import Throttle
from extend_provider.exceptions import (
    ExtendAuthenticationError,
    ExtendError,
    ExtendInvalidRequestError,
    ExtendNotFoundError,
    ExtendResponseError,
    ExtendServerError,
)
from extend_provider.kinds import EDIT
from extend_provider.watch.feed import Change, Feed
from tests.watch.virtual_time import EPOCH, run, this_loop
from tests.watch.waiting_room import settings

Answer = dict[str, Any] | httpx.Response


def moment(seconds: float) -> str:
    return (EPOCH + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


def entry(run_id: str, updated: float, status: str = "PROCESSED") -> dict[str, Any]:
    return {"id": run_id, "status": status, "updatedAt": moment(updated)}


def entries(newest: int, oldest: int) -> list[dict[str, Any]]:
    """One run for each second, newest first, named after it."""
    return [entry(f"edr_{second}", second) for second in range(newest, oldest - 1, -1)]


class Reader:
    """A feed in front of a scripted list."""

    def __init__(self, answer: Callable[[httpx.QueryParams], Answer], now: float = 10_000.0) -> None:
        self.feed = Feed(EDIT)
        self.asked: list[httpx.QueryParams] = []
        self._answer = answer
        self._now = EPOCH + timedelta(seconds=now)

    def look(self, watched: set[str], unmet: set[str] | None = None) -> list[Change]:
        """Look once; what was asked before is forgotten."""
        self.asked.clear()
        return run(self._look(watched, set() if unmet is None else unmet))

    async def _look(self, watched: set[str], unmet: set[str]) -> list[Change]:
        clock = this_loop().time
        core = Core(settings(), Throttle(1e6, clock), clock, lambda: self._now)
        async with AsyncExtendClient(core.settings, transport=httpx.MockTransport(self._respond), core=core) as client:
            return await client.perform(lambda core: self.feed.look(core, watched, unmet))

    def _respond(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.params)
        answer = self._answer(request.url.params)
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    @property
    def sizes(self) -> list[int]:
        return [int(params["maxPageSize"]) for params in self.asked]


class Shelf:
    """A list that can be paged through; `items` may change between two looks."""

    def __init__(self, items: list[dict[str, Any]], largest_page: int = 1000) -> None:
        self.items = items
        self.largest_page = largest_page

    def __call__(self, params: httpx.QueryParams) -> Answer:
        begin = int(params.get("nextPageToken", 0))
        end = begin + min(int(params["maxPageSize"]), self.largest_page)
        page: dict[str, Any] = {"object": "list", "data": self.items[begin:end]}
        return {**page, "nextPageToken": str(end)} if end < len(self.items) else page


def test_it_asks_for_the_newest_change_first() -> None:
    reader = Reader(Shelf(entries(9, 0)))

    changes = reader.look({"edr_3", "edr_7"})

    assert changes == [
        Change("edr_7", "PROCESSED", EPOCH + timedelta(seconds=7)),
        Change("edr_3", "PROCESSED", EPOCH + timedelta(seconds=3)),
    ]
    (asked,) = reader.asked
    assert dict(asked) == {"sortBy": "updatedAt", "sortDir": "desc", "maxPageSize": "50"}
    assert reader.feed.mark == EPOCH + timedelta(seconds=9)


def test_only_runs_that_have_ended_are_told_but_all_are_met() -> None:
    items = [
        entry("edr_4", 4),
        entry("edr_3", 3, "PROCESSING"),
        entry("edr_2", 2, "PONDERING"),
        entry("edr_1", 1, "FAILED"),
    ]
    unmet = {"edr_1", "edr_2", "edr_3", "edr_9"}

    changes = Reader(Shelf(items)).look({*unmet, "edr_4"}, unmet)

    assert [(change.run_id, change.status) for change in changes] == [("edr_4", "PROCESSED"), ("edr_1", "FAILED")]
    assert unmet == {"edr_9"}


def test_what_is_not_read_of_a_page_may_be_anything() -> None:
    nested = {
        "id": "file_1",
        "status": ["PROCESSED"],
        "data": {"id": "edr_1"},
        "updatedAt": {"data": [entry("edr_1", 5)]},
    }
    item = {**entry("edr_1", 9), "file": nested, "metrics": [nested, None, 5], "config": "x" * 10_000}

    assert Reader(Shelf([item])).look({"edr_1"}) == [Change("edr_1", "PROCESSED", EPOCH + timedelta(seconds=9))]


def test_a_look_reads_down_to_the_last_one_and_a_little_further() -> None:
    shelf = Shelf(entries(1000, 0), largest_page=10)
    reader = Reader(shelf)
    reader.look(set())
    shelf.items = [*entries(1025, 1001), *shelf.items]

    changes = reader.look({f"edr_{second}" for second in range(2000)})

    # 25 are new, five seconds overlap, and the fourth page goes beyond.
    assert [change.run_id for change in changes] == [f"edr_{second}" for second in range(1025, 985, -1)]
    assert len(reader.asked) == 4


def test_a_quiet_list_costs_one_small_page() -> None:
    reader = Reader(Shelf(entries(5000, 0)))
    reader.look(set())
    reader.look(set())
    reader.look(set())
    assert reader.sizes == [50]


def test_a_busy_list_is_read_in_larger_pages() -> None:
    shelf = Shelf(entries(5000, 0))
    reader = Reader(shelf)
    for _ in range(3):
        reader.look(set())
        newest = int(shelf.items[0]["id"][4:])
        shelf.items = [*entries(newest + 100, newest + 1), *shelf.items]
    reader.look(set())
    # Twice as much as last time, so that one page does.
    assert reader.sizes == [212]


def test_much_news_is_read_from_the_top_in_the_largest_pages() -> None:
    shelf = Shelf(entries(100, 0))
    reader = Reader(shelf)
    reader.look(set())
    reader.look(set())
    shelf.items = [*entries(1500, 101), *shelf.items]

    changes = reader.look({f"edr_{second}" for second in range(2000)})

    assert {change.run_id for change in changes} > {f"edr_{second}" for second in range(101, 1501)}
    largest = reader.feed.largest_page
    assert reader.sizes == [50, *[largest] * (1406 // largest + 1)]
    # A token belongs to the size of its page.
    assert "nextPageToken" not in reader.asked[1]


def test_pages_that_are_smaller_than_asked_for_are_read_on() -> None:
    shelf = Shelf(entries(100, 0), largest_page=7)
    reader = Reader(shelf)
    reader.look(set())
    shelf.items = [*entries(150, 101), *shelf.items]

    reader.look(set())

    # Fifty are new, and six more are no older than the overlap.
    assert [params.get("nextPageToken") for params in reader.asked] == [None, *map(str, range(7, 57, 7))]


@pytest.mark.parametrize("allowed", [50, 60, 100, 250])
def test_pages_that_are_too_large_are_not_asked_for_again(allowed: int) -> None:
    shelf = Shelf(entries(3000, 0))

    def answer(params: httpx.QueryParams) -> Answer:
        return httpx.Response(400) if int(params["maxPageSize"]) > allowed else shelf(params)

    reader = Reader(answer)
    watched = {f"edr_{second}" for second in range(2800, 3000)}
    # The last few are left to be asked for.
    assert len(reader.look(watched, set(watched))) > 195
    shelf.items = [*entries(3200, 3001), *shelf.items]
    reader.look(set())
    shelf.items = [*entries(3500, 3201), *shelf.items]
    reader.look(set())
    assert max(reader.sizes) <= allowed


def test_a_list_that_refuses_any_page_is_refused() -> None:
    reader = Reader(lambda _: httpx.Response(400))
    with pytest.raises(ExtendInvalidRequestError):
        reader.look(set(), {f"edr_{second}" for second in range(600)})
    assert reader.sizes[-1] == 50
    assert len(reader.sizes) <= 3


# -- runs that were not met yet ---------------------------------------------------------------------------------------


def test_a_new_run_at_the_top_costs_no_more() -> None:
    reader = Reader(Shelf(entries(5000, 0)))
    unmet = {"edr_4999"}
    reader.look({"edr_4999"}, unmet)
    assert unmet == set()
    assert reader.sizes == [50]


def test_for_one_run_it_does_not_read_the_whole_past() -> None:
    reader = Reader(Shelf(entries(50_000, 0)))
    unmet = {"edr_3"}
    reader.look({"edr_3"}, unmet)
    # It is left to be asked for, which costs one request.
    assert unmet == {"edr_3"}
    assert len(reader.asked) == 1


def test_for_many_runs_it_reads_as_long_as_that_is_cheaper() -> None:
    reader = Reader(Shelf(entries(50_000, 0)))
    watched = {f"edr_{second}" for second in range(45_000, 50_000, 20)}
    unmet = set(watched)
    changes = reader.look(watched, unmet)
    assert len(unmet) < 15
    assert {change.run_id for change in changes} == watched - unmet
    assert len(reader.asked) <= 2 + 5000 / reader.feed.largest_page


def test_it_ends_somewhere_even_for_many() -> None:
    reader = Reader(Shelf(entries(200_000, 0), largest_page=100))
    unmet = {f"edr_none_{number}" for number in range(10_000)}
    reader.look(set(unmet), unmet)
    assert len(unmet) == 10_000
    assert len(reader.asked) <= 42


# -- what it does not believe -----------------------------------------------------------------------------------------


def test_a_token_that_has_expired_leaves_the_mark_where_it_was() -> None:
    shelf = Shelf(entries(100, 0), largest_page=10)
    refuse = False

    def answer(params: httpx.QueryParams) -> Answer:
        return httpx.Response(400) if refuse and "nextPageToken" in params else shelf(params)

    reader = Reader(answer)
    reader.look(set())
    mark = reader.feed.mark
    shelf.items = [*entries(130, 101), *shelf.items]
    watched = {f"edr_{second}" for second in range(101, 131)}

    refuse = True
    assert len(reader.look(watched)) == 10
    assert reader.feed.mark == mark
    refuse = False
    assert len(reader.look(watched)) == 30
    assert reader.feed.mark == EPOCH + timedelta(seconds=130)


def test_a_token_that_leads_back_ends_the_look() -> None:
    reader = Reader(lambda _: {"data": entries(10, 0), "nextPageToken": "again"})
    reader.look(set(), {f"edr_none_{number}" for number in range(100)})
    assert len(reader.asked) == 2


@pytest.mark.parametrize("token", ["", None, 5, ["x"]])
def test_a_token_that_is_none_ends_the_look(token: Any) -> None:
    reader = Reader(lambda _: {"data": entries(10, 0), "nextPageToken": token})
    reader.look(set(), {f"edr_none_{number}" for number in range(100)})
    assert len(reader.asked) == 1


def test_a_change_in_the_future_is_no_mark() -> None:
    shelf = Shelf([entry("edr_future", 1e9), *entries(100, 0)])
    reader = Reader(shelf)
    reader.look(set())
    assert reader.feed.mark == EPOCH + timedelta(seconds=100)
    shelf.items = [entry("edr_future", 1e9), *entries(400, 0)]
    assert len(reader.look({f"edr_{second}" for second in range(101, 401)})) == 300


@pytest.mark.parametrize(
    "items",
    [
        pytest.param(entries(100, 0)[::-1], id="oldest first"),
        pytest.param([entry("a", 100), entry("b", 10), entry("c", 90)], id="one out of place"),
        pytest.param([{"id": "a", "status": "PROCESSED"}], id="undated"),
        pytest.param([{"id": "a", "status": "PROCESSED", "updatedAt": "yesterday"}], id="no date"),
        pytest.param([{"id": "a", "status": "PROCESSED", "updatedAt": "2026-03-04T10:15:00"}], id="no time zone"),
    ],
)
def test_a_list_that_is_not_in_order_is_no_feed(items: list[Any]) -> None:
    with pytest.raises(ExtendResponseError) as caught:
        Reader(lambda _: {"data": items}).look(set())
    assert not caught.value.retryable


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": {"id": "a"}}, {"data": "x"}])
def test_no_list_is_no_feed(body: dict[str, Any]) -> None:
    with pytest.raises(ExtendResponseError):
        Reader(lambda _: body).look(set())


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, ExtendAuthenticationError), (404, ExtendNotFoundError), (500, ExtendServerError)],
)
def test_refusals_are_told(status: int, error: type[ExtendError]) -> None:
    with pytest.raises(error):
        Reader(lambda _: httpx.Response(status)).look(set())


def test_entries_that_make_no_sense_are_passed_over() -> None:
    strange = [None, 5, "x", [], {}, {"id": 5, "status": "PROCESSED"}, {"id": "edr_1"}, {"id": "edr_1", "status": None}]
    items = [entry("edr_1", 9, "PROCESSED"), *strange, {"id": "edr_2", "status": "FAILED", "updatedAt": 5}]

    changes = Reader(lambda _: {"data": items}).look({"edr_1", "edr_2"})

    assert changes == [
        Change("edr_1", "PROCESSED", EPOCH + timedelta(seconds=9)),
        Change("edr_2", "FAILED", None),
    ]


def test_moments_of_one_second_may_come_in_any_order() -> None:
    items = [entry("edr_1", 9.0), entry("edr_2", 9.4), entry("edr_3", 8.0), entry("edr_4", 9.9)]
    reader = Reader(lambda _: {"data": items})
    assert len(reader.look({f"edr_{number}" for number in range(9)})) == 4
    assert reader.feed.mark == EPOCH + timedelta(seconds=9.9)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-03-04T10:15:00.123Z"])
def test_moments_at_the_ends_of_time_break_nothing(text: str) -> None:
    items = [{"id": "edr_1", "status": "PROCESSED", "updatedAt": text}]
    reader = Reader(lambda _: {"data": items})
    for _ in range(3):
        (change,) = reader.look({"edr_1"})
        assert change.updated_at == datetime.fromisoformat(text.replace("Z", "+00:00"))
