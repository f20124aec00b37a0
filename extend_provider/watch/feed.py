"""
The list of runs, read as a feed of changes: newest change first, down to where the last look began.

One look costs one page or few, however many runs are waited for. What it says is a hint: it may lag, skip, repeat or
lie, so the watcher asks for a run directly before it believes that the run has ended.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from extend_provider.client.answers import json_object
from extend_provider.client.exchange import Core, exchange
from extend_provider.client.flow import Flow, Request, Response
from extend_provider.exceptions import ExtendInvalidRequestError, ExtendNotFoundError, ExtendResponseError
from extend_provider.kinds import RunKind

__all__ = ["Change", "Feed"]

# Entries of the same moment may come in any order, and a list may show a change a little late.
_OVERLAP = timedelta(seconds=5)
# Later changes than this are mistakes; as a mark, one would hide all others.
_FUTURE = timedelta(days=1)
_SMALLEST_PAGE = 50
# The API allows 1,000, but so much JSON at once costs memory and stops the event loop for several milliseconds.
_LARGEST_PAGE = 500
# A look goes this deep at most; what it does not meet is asked for directly.
_DEEPEST = 40
# Each page retries by itself for this long; a list that is down for longer is left alone for a while.
_PATIENCE = 10.0
# All that is read of an answer. The rest goes while the JSON is parsed, so that a page takes little memory, and the
# garbage collector has little to walk over.
_READ = ("data", "id", "nextPageToken", "status", "updatedAt")


@dataclass(frozen=True, slots=True)
class Change:
    """
    What the list says about a watched run that has ended.

    :param run_id: the run.
    :param status: its status there.
    :param updated_at: when it changed, where the list says so.
    """

    run_id: str
    status: str
    updated_at: datetime | None


@dataclass
class Feed:
    """
    The feed of one kind of run, with the mark of its last look.

    :param kind: kind of run.
    """

    kind: RunKind
    mark: datetime | None = None
    page_size: int = _SMALLEST_PAGE
    largest_page: int = _LARGEST_PAGE

    def look(self, core: Core, watched: Collection[str], unmet: set[str]) -> Flow[list[Change]]:
        """
        Read what has changed since the last look.

        :param core: settings, pace and clocks.
        :param watched: ids of the runs that matter.
        :param unmet: ids of watched runs that no look has met yet: the look goes deeper for them, as long as that
            costs fewer requests than asking for each. Met ones are taken out.
        :return: what the list says about watched runs that have ended.
        :raises ExtendApiError: the list is refused.
        :raises ExtendResponseError: it is no list, or not in the order asked for.
        """
        self.page_size = self._fitting(max(self.page_size, len(unmet)))
        horizon = core.utcnow() + _FUTURE
        scan = _Scan(self.kind, self.mark, horizon, watched, unmet)
        token = yield from self._read(core, scan, None)
        if token and not scan.is_deep_enough and self.page_size < self.largest_page and scan.length >= self.page_size:
            # There is much to read, so from the top in large pages: a token belongs to the size of its page.
            self.page_size = self.largest_page
            scan = _Scan(self.kind, self.mark, horizon, watched, unmet)
            token = yield from self._read(core, scan, None)
        while token and not scan.is_deep_enough and scan.pages < _DEEPEST:
            token = yield from self._read(core, scan, token)
        if not scan.is_cut:
            self.mark = scan.newest
        # Room for twice as many changes, so that the next look takes one page without reading a long past.
        self.page_size = self._fitting(2 * scan.fresh)
        return scan.changes

    def _fitting(self, size: int) -> int:
        return max(_SMALLEST_PAGE, min(self.largest_page, size))

    def _read(self, core: Core, scan: _Scan, token: str | None) -> Flow[str | None]:
        """Read one page, and return the token of the next one."""
        params: dict[str, str | int | bool] = {"sortBy": "updatedAt", "sortDir": "desc", "maxPageSize": self.page_size}
        if token:
            params["nextPageToken"] = token
        request = Request("GET", self.kind.path, params=params)
        try:
            body = yield from exchange(core, request, _page, retry_for=_PATIENCE)
        except (ExtendInvalidRequestError, ExtendNotFoundError) as error:
            if token:
                # It has expired, which says nothing about the list: the next look reads down to the old mark.
                scan.is_cut = True
                return None
            if isinstance(error, ExtendNotFoundError) or self.page_size == _SMALLEST_PAGE:
                self.largest_page = _LARGEST_PAGE
                raise
            # Perhaps such large pages are too much to ask.
            self.largest_page = self.page_size = max(_SMALLEST_PAGE, self.page_size // 10)
            return (yield from self._read(core, scan, None))
        items = body.get("data")
        if not isinstance(items, list):
            raise ExtendResponseError(f"The answer to GET {self.kind.path} is no list.")
        scan.take(items)
        following = body.get("nextPageToken")
        return following if isinstance(following, str) and following and following != token else None


@dataclass
class _Scan:
    """
    One look, page by page.

    :param kind: kind of run.
    :param until: the mark down to which to read; ``None`` at the first look.
    :param horizon: what claims to be newer than this sets no mark.
    :param watched: ids of the runs that matter.
    :param unmet: ids of runs to meet.
    """

    kind: RunKind
    until: datetime | None
    horizon: datetime
    watched: Collection[str]
    unmet: set[str]
    newest: datetime | None = field(init=False)
    changes: list[Change] = field(default_factory=list)
    fresh: int = 0
    pages: int = 0
    length: int = 0
    is_at_mark: bool = False
    is_cut: bool = False

    def __post_init__(self) -> None:
        self.newest = self.until

    @property
    def is_deep_enough(self) -> bool:
        """Whether nothing is left to read, or asking directly for what is left costs fewer requests."""
        return self.is_at_mark and len(self.unmet) <= self.pages

    def take(self, items: list[Any]) -> None:
        """
        Take in a page.

        :raises ExtendResponseError: it is not in the order of change, newest first.
        """
        moments = [_moment(item) for item in items]
        dated = [moment for moment in moments if moment]
        if (items and not dated) or not _are_in_order(dated):
            raise ExtendResponseError("The list is not in the order asked for.")
        self.pages += 1
        self.length += len(items)
        self.newest = max(
            [moment for moment in [*dated, self.newest] if moment and moment < self.horizon], default=None
        )
        recent = len(dated) if self.until is None else sum(_is_recent(moment, self.until) for moment in dated)
        self.fresh += recent
        self.is_at_mark = self.until is None or recent < len(items)
        for item, moment in zip(items, moments, strict=True):
            self._meet(item, moment)

    def _meet(self, item: Any, moment: datetime | None) -> None:
        run_id, status = (item.get("id"), item.get("status")) if isinstance(item, dict) else (None, None)
        if isinstance(run_id, str) and isinstance(status, str) and run_id in self.watched:
            self.unmet.discard(run_id)
            if self.kind.is_finished(status):
                self.changes.append(Change(run_id, status, moment))


def _are_in_order(moments: list[datetime]) -> bool:
    """Whether no moment is later than one before it, by more than lists may mix up."""
    earliest = moments[0] if moments else None
    for moment in moments:
        if earliest is None or moment < earliest:
            earliest = moment
        elif moment - earliest > _OVERLAP:
            return False
    return True


def _is_recent(moment: datetime, until: datetime) -> bool:
    return moment >= until or until - moment <= _OVERLAP


def _page(request: Request, response: Response) -> dict[str, Any]:
    """Return what is read of a page."""
    try:
        body = json.loads(response.body, object_hook=_facts) if response.complete else None
    except (ValueError, RecursionError):
        body = None
    return body if isinstance(body, dict) else json_object(request, response)  # which knows what to say


def _facts(whole: dict[str, Any]) -> dict[str, Any] | None:
    """Return what is read of a page or of an entry in it; of anything else, nothing is."""
    return {name: whole[name] for name in _READ if name in whole} if "data" in whole or "status" in whole else None


def _moment(item: Any) -> datetime | None:
    text = item.get("updatedAt") if isinstance(item, dict) else None
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00")) if isinstance(text, str) else None
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None
