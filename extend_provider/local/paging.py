"""Pages of lists: sort order, size, and opaque tokens that are bound to the query they came from."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any, TypeVar

from extend_provider.local.bodies import query_choice
from extend_provider.local.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from starlette.requests import Request

T = TypeVar("T")
Position = tuple[str, int]

DEFAULT_PAGE_SIZE = 10
MAX_PAGE_SIZE = 1000
_PAGING = ("nextPageToken", "maxPageSize")
_MAC_BYTES = 12


class Pager:
    """
    Cuts one list request's page.

    Tokens name the last item of a page, not an offset: items that change between two requests move, but never make
    another item appear twice or be skipped.

    :param request: the list request.
    :param secret: signs the tokens.
    :param sortable: what ``sortBy`` may be, the default first; empty when the list takes no order, and is by
        creation, newest first.
    :raises ApiError: 400, a paging parameter is out of range, or the token is from another query.
    """

    def __init__(self, request: Request, secret: bytes, sortable: tuple[str, ...]) -> None:
        self.sort_by, self._descending = "createdAt", True
        if sortable:
            self.sort_by = query_choice(request, "sortBy", sortable) or sortable[0]
            self._descending = query_choice(request, "sortDir", ("asc", "desc")) != "asc"
        self._size = _page_size(request)
        self._secret = secret
        query = sorted((k, v) for k, v in request.query_params.multi_items() if k not in _PAGING)
        self._binding = hashlib.sha256(json.dumps([request.url.path, query]).encode()).hexdigest()[:16]
        token = request.query_params.get("nextPageToken")
        self._after = self._read_token(token) if token else None

    def page(
        self, items: Iterable[T], position: Callable[[T], Position], render: Callable[[T], dict[str, Any]]
    ) -> dict[str, Any]:
        """
        Cut the page.

        :param items: everything that matches the filters.
        :param position: sort value of an item, and a number that tells equal values apart.
        :param render: wire form of an item.
        :return: the list object; ``nextPageToken`` is absent on the last page.
        """
        ordered = sorted(items, key=position, reverse=self._descending)
        if self._after is not None:
            ordered = [item for item in ordered if self._is_later(position(item), self._after)]
        body: dict[str, Any] = {"object": "list", "data": [render(item) for item in ordered[: self._size]]}
        if len(ordered) > self._size:
            body["nextPageToken"] = self._token(position(ordered[self._size - 1]))
        return body

    def _is_later(self, position: Position, after: Position) -> bool:
        return position < after if self._descending else position > after

    def _token(self, position: Position) -> str:
        payload = json.dumps([self._binding, *position]).encode()
        # "+", "/" and "=" are kept on purpose, and ":" joins: the real tokens need URL encoding too.
        return base64.b64encode(payload).decode() + ":" + base64.b64encode(self._mac(payload)).decode()

    def _read_token(self, token: str) -> Position:
        try:
            payload, mac = (base64.b64decode(part, validate=True) for part in token.split(":"))
        except ValueError:
            raise invalid("nextPageToken is not valid; was it URL-encoded?") from None
        if not hmac.compare_digest(mac, self._mac(payload)):
            raise invalid("nextPageToken is not valid.")
        binding, value, order = json.loads(payload)
        if binding != self._binding:
            raise invalid("nextPageToken belongs to another query; repeat the same filters and sort order.")
        return (value, order)

    def _mac(self, payload: bytes) -> bytes:
        return hmac.new(self._secret, payload, hashlib.sha256).digest()[:_MAC_BYTES]


def _page_size(request: Request) -> int:
    text = request.query_params.get("maxPageSize")
    if text is None:
        return DEFAULT_PAGE_SIZE
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MAX_PAGE_SIZE:
        raise invalid(f"maxPageSize must be an integer from 1 to {MAX_PAGE_SIZE}.")
    return int(text)
