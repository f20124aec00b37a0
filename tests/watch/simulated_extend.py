"""
A simulated Extend behind httpx's mock transport, on the loop's clock: runs with a history, a list of them that can lie,
and faults that begin and end.
"""

from __future__ import annotations

import asyncio
import random
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property

import httpx

from tests.watch.virtual_time import after, this_loop

KEY = "sk_test_0123456789"
DELETED = "(deleted)"


@dataclass
class SimulatedRun:
    """A run and when it takes which status, in order of time; ``DELETED`` takes it away."""

    id: str
    history: list[tuple[float, str]]

    @cached_property
    def _times(self) -> list[float]:
        return [since for since, _ in self.history]

    @property
    def begins(self) -> float:
        return self._times[0]

    def status_at(self, moment: float) -> str | None:
        """Its status; ``None`` before it exists and after it is deleted."""
        number = bisect_right(self._times, moment)
        status = self.history[number - 1][1] if number else DELETED
        return None if status == DELETED else status

    def changed_at(self, moment: float) -> float:
        return self._times[bisect_right(self._times, moment) - 1]

    def since(self, status: str) -> float:
        """When it takes a status first; infinity for never."""
        return min((since for since, taken in self.history if taken == status), default=float("inf"))

    @property
    def ends(self) -> float:
        return min(self.since("PROCESSED"), self.since("FAILED"))


def processed(run_id: str, ends: float, begins: float = -1.0) -> SimulatedRun:
    return SimulatedRun(run_id, [(begins, "PROCESSING"), (ends, "PROCESSED")])


def endless(run_id: str, begins: float = -1.0) -> SimulatedRun:
    return SimulatedRun(run_id, [(begins, "PROCESSING")])


@dataclass(frozen=True)
class Fault:
    """
    What goes wrong.

    :param how: an HTTP status, ``html`` (a proxy's page), ``drop`` (no connection), ``hang`` (a read timeout),
        ``expired`` (pages but the first are refused), ``garbage`` (JSON, but not what was asked for).
    :param where: ``list``, ``get`` or ``all``.
    :param begins: when.
    :param ends: when it is over.
    :param runs: only for these, where it concerns a GET.
    """

    how: int | str
    where: str = "all"
    begins: float = 0.0
    ends: float = float("inf")
    runs: frozenset[str] | None = None
    retry_after: float | None = None

    def hits(self, where: str, run_id: str | None, moment: float) -> bool:
        right_place = self.where in {"all", where} and (self.runs is None or run_id in self.runs)
        return right_place and self.begins <= moment < self.ends


@dataclass
class Lies:
    """
    What the list does not get right.

    :param omits: ids that it never shows.
    :param stale: seconds that it lags behind.
    :param repeats: whether it shows each run twice.
    :param order: ``right``, ``oldest first``, ``shuffled``, ``by creation``.
    :param page_limit: its largest page, whatever is asked for.
    :param refuses_pages_above: page size that it answers with 400.
    :param undated: whether its entries lack the time of change.
    :param circles: whether the last page names the first as the next one.
    :param claims: statuses that it shows for ids, whatever the truth.
    :param future: ids that it shows as changed in a distant future.
    """

    omits: frozenset[str] = frozenset()
    stale: float = 0.0
    repeats: bool = False
    order: str = "right"
    page_limit: int = 1000
    refuses_pages_above: int = 1000
    undated: bool = False
    circles: bool = False
    claims: dict[str, str] = field(default_factory=dict)
    future: frozenset[str] = frozenset()


@dataclass
class Limit:
    """A token bucket, as the service keeps it."""

    rate: float
    burst: float
    tokens: float = -1.0
    counted_at: float = 0.0

    def admits(self, moment: float) -> bool:
        tokens = self.burst if self.tokens < 0 else self.tokens + (moment - self.counted_at) * self.rate
        self.tokens, self.counted_at = min(self.burst, tokens), moment
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class SimulatedExtend:
    """
    Answers ``GET /edit_runs`` and ``GET /edit_runs/{id}``.

    :param runs: what there is.
    :param lies: what the list gets wrong.
    :param faults: what goes wrong, and when.
    :param limit: requests that it admits.
    :param latency: seconds that an answer takes.
    """

    def __init__(
        self,
        runs: Iterable[SimulatedRun] = (),
        *,
        lies: Lies | None = None,
        faults: Iterable[Fault] = (),
        limit: Limit | None = None,
        latency: float = 0.02,
    ) -> None:
        self.runs = {run.id: run for run in runs}
        self.lies = lies or Lies()
        self.faults = list(faults)
        self.limit = limit
        self.latency = latency
        self.keys: Callable[[str, float], bool] = lambda key, moment: key == KEY
        self.requests: list[tuple[float, str, int]] = []
        self.under_way = self.most_under_way = 0
        self._random = random.Random(7)

    # -- what was asked -----------------------------------------------------------------------------------------------

    @property
    def list_requests(self) -> int:
        return sum(what == "list" for _, what, _ in self.requests)

    def gets(self, run_id: str | None = None) -> list[float]:
        """When runs, or one of them, were asked for."""
        return [when for when, what, _ in self.requests if what != "list" and run_id in {None, what}]

    @property
    def statuses(self) -> Counter[int]:
        return Counter(status for _, _, status in self.requests)

    # -- answering ----------------------------------------------------------------------------------------------------

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        run_id = request.url.path.removeprefix("/edit_runs").lstrip("/") or None
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        asked_at = this_loop().time()
        try:
            await asyncio.sleep(self.latency / 2)
            response = await self._answer(request, run_id)
            await asyncio.sleep(self.latency / 2)
        except httpx.TransportError:
            self.requests.append((asked_at, run_id or "list", 0))
            raise
        finally:
            self.under_way -= 1
        self.requests.append((asked_at, run_id or "list", response.status_code))
        return response

    async def _answer(self, request: httpx.Request, run_id: str | None) -> httpx.Response:
        now = this_loop().time()
        where = "get" if run_id else "list"
        for fault in self.faults:
            if fault.hits(where, run_id, now) and (broken := await self._broken(fault, request)) is not None:
                return broken
        if not self.keys(request.headers["Authorization"].removeprefix("Bearer "), now):
            return _refusal(401, "UNAUTHORIZED")
        if self.limit and not self.limit.admits(now):
            return _refusal(429, "RATE_LIMIT_EXCEEDED", retry_after=1)
        return self._run(run_id, now) if run_id else self._list(request.url.params, now)

    async def _broken(self, fault: Fault, request: httpx.Request) -> httpx.Response | None:
        if fault.how == "drop":
            raise httpx.ConnectError("refused", request=request)
        if fault.how == "hang":
            await asyncio.sleep(60.0)
            raise httpx.ReadTimeout("no answer", request=request)
        if fault.how == "html":
            return httpx.Response(200, html="<h1>Down for maintenance</h1>")
        if fault.how == "garbage":
            return httpx.Response(200, json={"object": "nonsense"})
        if fault.how == "expired":
            return _refusal(400, "INVALID_REQUEST") if "nextPageToken" in request.url.params else None
        return _refusal(int(fault.how), "FAULT", retry_after=fault.retry_after)

    def _run(self, run_id: str, now: float) -> httpx.Response:
        run = self.runs.get(run_id)
        status = run.status_at(now) if run else None
        if status is None:
            return _refusal(404, "NOT_FOUND")
        output = {"editedFile": {"id": f"file_of_{run_id}"}} if status == "PROCESSED" else None
        body = {"object": "edit_run", "id": run_id, "status": status, "output": output, "config": {"instructions": ""}}
        return httpx.Response(200, json=body)

    # -- the list -----------------------------------------------------------------------------------------------------

    def _list(self, params: httpx.QueryParams, now: float) -> httpx.Response:
        lies = self.lies
        size = int(params.get("maxPageSize", 10))
        if size > lies.refuses_pages_above:
            return _refusal(400, "INVALID_REQUEST")
        entries = self._entries(now - lies.stale)
        if token := params.get("nextPageToken"):
            entries = [entry for entry in entries if entry.place > _place(token)]
        page, rest = entries[: min(size, lies.page_limit)], entries[min(size, lies.page_limit) :]
        body: dict[str, object] = {"object": "list", "data": [self._summary(entry) for entry in page]}
        if rest:
            body["nextPageToken"] = "|".join(map(str, page[-1].place))
        elif lies.circles and page:
            body["nextPageToken"] = "-1e18|"
        return httpx.Response(200, json=body)

    def _entries(self, moment: float) -> list[_Entry]:
        """What the list shows, in its order."""
        lies = self.lies
        entries = []
        for run in self.runs.values():
            if run.id in lies.omits or (status := run.status_at(moment)) is None:
                continue
            changed = 1e9 if run.id in lies.future else run.changed_at(moment)
            for twin in "ab" if lies.repeats else "a":
                entries.append(_Entry((self._place(changed, run.begins), run.id + twin), run, status, changed))
        return sorted(entries, key=lambda entry: entry.place)

    def _summary(self, entry: _Entry) -> dict[str, object]:
        summary: dict[str, object] = {
            "object": "edit_run",
            "id": entry.run.id,
            "status": self.lies.claims.get(entry.run.id, entry.status),
            "file": {"object": "file", "id": "file_in", "name": "form.pdf"},
            "createdAt": f"{after(entry.run.begins):%Y-%m-%dT%H:%M:%S.%fZ}",
            "updatedAt": f"{after(entry.changed):%Y-%m-%dT%H:%M:%S.%fZ}",
        }
        if self.lies.undated:
            del summary["updatedAt"]
        return summary

    def _place(self, changed: float, created: float) -> float:
        if self.lies.order == "oldest first":
            return changed
        if self.lies.order == "by creation":
            return -created
        if self.lies.order == "shuffled":
            return self._random.random()
        return -changed


@dataclass(frozen=True, slots=True)
class _Entry:
    """A run in the list, with the place by which the list is sorted and pages begin."""

    place: tuple[float, str]
    run: SimulatedRun
    status: str
    changed: float


def _place(token: str) -> tuple[float, str]:
    moment, _, run_id = token.partition("|")
    return float(moment), run_id


def _refusal(status: int, code: str, retry_after: float | None = None) -> httpx.Response:
    headers = {"Retry-After": str(retry_after)} if retry_after is not None else {}
    body = {"code": code, "message": f"simulated {status}", "retryable": status in {408, 429} or status >= 500}
    return httpx.Response(status, json=body, headers=headers)
