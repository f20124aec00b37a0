"""Answers that Extend would never give: right ones with something wrong, and what proxies and attackers send."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import httpx
from hypothesis import strategies as st

API = "api.extend.test"
KEY = "sk_live_0123456789abcdefghij"
SIGNATURE = "c0ffeec0ffeec0ffee"
SIGNED = f"https://storage.test/w9.pdf?X-Amz-Signature={SIGNATURE}"
VALUE = "Jane Q. Public, 123-45-6789"
PASSWORD = "open sesame 4711"
LIMIT = 1_000_000

RUN: dict[str, Any] = {
    "object": "edit_run",
    "id": "edr_1",
    "status": "PROCESSED",
    "file": {"object": "file", "id": "file_1", "name": "w9.pdf", "metadata": {"pageCount": 2}},
    "failureReason": None,
    "failureMessage": None,
    "config": {"schema": {"properties": {"name": {"type": "string", "extend_edit:value": VALUE}}}},
    "output": {"editedFile": {"id": "file_9", "presignedUrl": SIGNED}, "filledValues": {"name": VALUE}},
    "outputUrl": SIGNED,
    "metrics": {"processingTimeMs": 1200, "pageCount": 2},
    "usage": {"credits": 4},
    "dashboardUrl": "https://dashboard.extend.test/1",
    "createdAt": "2026-03-04T10:15:00Z",
    "updatedAt": "2026-03-04T10:15:20Z",
}
FILE = {"object": "file", "id": "file_1", "name": "w9.pdf", "presignedUrl": SIGNED, "metadata": {"pageCount": 2}}
TEMPLATE = {"object": "edit_template", "id": "edt_1", "name": "W-9", "file": FILE, "config": RUN["config"]}
ERROR = {"code": "SOME_CODE", "message": "No.", "requestId": "req_1", "docUrl": "https://docs.extend.test/e"}


Right = Callable[[httpx.Request], dict[str, Any]]
"""What Extend would say to a request."""


def right_answer(request: httpx.Request) -> dict[str, Any]:
    """What Extend would say."""
    _, collection, *rest = request.url.path.split("/")
    one = {"files": FILE, "edit_templates": TEMPLATE}.get(collection, RUN)
    if request.method == "GET" and not rest:
        return {"object": "list", "data": [one, {**one, "id": "another"}], "nextPageToken": None}
    return one


# -- something wrong in it ---------------------------------------------------------------------------------------------


def nested(depth: int) -> Any:
    value: Any = "x"
    for level in range(depth):
        value = [value] if level % 2 else {"extend_edit:value": value}
    return value


LEAVES = st.one_of(
    st.sampled_from(
        [
            *(None, True, False, 0, -1, 1.5, 1e308, 10**400, 2**63, float("nan"), float("inf"), float("-inf")),
            *("", " ", "x" * 300, "x" * 20_000, "\x00", "a\x00b", "\ud800", "\udfff\ud800", "\u202e", "\r\n\x1b[2J"),
            *("NaN", "PROCESSED", "FAILED", "PROCESSING", "QUEUED FOR GPU", "NEW", "12", "edr_1", "file_1"),
            *(KEY, SIGNED, f"<b>{KEY}</b> {SIGNED}", f"see {SIGNED}\n{SIGNED}", "Bearer " + KEY),
            *("../../etc/passwd", "/etc/passwd", "..", "?", "https://[bad", "http://a..b/", "http://x:99999/"),
            *("http://" + "a" * 70 + ".test/", "javascript:alert(1)", "file:///etc/passwd", "https://\ud800.test/"),
            *("2026-13-45T99:99:99Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59", "2026-03-04"),
            *([], {}, [[]], [None], {"id": None}, {"": ""}, {"id": "edr_1", "status": "PROCESSED"}),
        ]
    ),
    st.text(max_size=20),
    st.integers(),
    st.floats(),
    st.sampled_from([50, 400, 900]).map(nested),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=8,
    ),
)


def places(value: Any, depth: int = 6) -> Iterator[tuple[Any, Any]]:
    """Containers and keys of what a value consists of."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(pairs):
        yield value, key
        if depth:
            yield from places(inner, depth - 1)


@dataclass(frozen=True)
class Flaw:
    """One change of a right answer: at some place, another value or none."""

    where: int
    removes: bool
    leaf: Any = field(repr=False)

    def apply(self, body: dict[str, Any]) -> None:
        found = list(places(body))
        if not found:
            return
        container, key = found[self.where % len(found)]
        if self.removes:
            del container[key]
        else:
            # A copy, or a second use of it could make a body that contains itself.
            container[key] = json.loads(json.dumps(self.leaf))


FLAWS = st.builds(Flaw, st.integers(0, 60), st.booleans(), LEAVES)

# -- bytes -------------------------------------------------------------------------------------------------------------

RAW = [
    b"",
    b" ",
    b"null",
    b'"text"',
    b"[]",
    b"{}",
    b"1" * 5000,
    b'{"id": "edr_1", "status": ' + b"9" * 5000 + b"}",
    b'{"id": "edr_1", "status": 1e999999}',
    b'{"id": "edr_1", "id": "edr_2", "status": "PROCESSED", "status": "FAILED"}',
    b'{"id": "edr_1", "status": "PROCESSED", "output": {"filledValues": {"a": Infinity, "b": 1e999, "c": "\\u0000"}}}',
    b'{"id": "edr_1", "status": "FAILED", "failureMessage": "\\ud800 \\udc00\\ud800"}',
    b'{"id": "edr_1", "status": "PROCESSED", "usage": {"credits": 1e400}, "createdAt": 1e300}',
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b'{"data": [' + b"1," * 20_000 + b"1]}",
    b'{"data": [' + b"[[]]," * 5000 + b"{}]}",
    b"<!doctype html><title>502 Bad Gateway</title>" + KEY.encode() + SIGNED.encode(),
    b"\xff\xfe\x00\x01",
    b"\xed\xa0\x80",
    b'{"id": "edr_1\xed\xa0\x80"}',
    b"\x1f\x8b\x08\x00",
    b"\x00" * 5000,
    b"{" + b" " * (LIMIT + 10) + b"}",
]

ENCODINGS = ["utf-8"] * 8 + ["utf-8-sig", "utf-16", "utf-32-le", "latin-1"]
STATUSES = [200] * 12 + [201, 202, 204, 206, 226, 101, 300, 301, 302, 303, 304, 307, 308, 400, 401, 402, 403, 404, 405]
STATUSES += [406, 408, 409, 410, 413, 418, 422, 425, 429, 451, 500, 501, 502, 503, 504, 520, 599, 600, 999]


@lru_cache
def bomb(layers: int) -> bytes:
    packed = b"\x00" * (3 * LIMIT)
    for _ in range(layers):
        packed = gzip.compress(packed)
    return packed


def packed_as(name: str) -> Callable[[bytes], bytes]:
    return {
        "gzip": gzip.compress,
        "deflate": zlib.compress,
        "gzip, gzip": lambda body: gzip.compress(gzip.compress(body)),
        "two members": lambda body: gzip.compress(body[:20]) + gzip.compress(body[20:]),
        "cut": lambda body: gzip.compress(body)[:-6],
        "bomb": lambda _: bomb(1),
        "bombs": lambda _: bomb(2),
    }.get(name, lambda body: body)


# The way a body is packed, and what the header says about it.
PACKINGS = [("", None)] * 12 + [
    *(("gzip", "gzip"), ("", "gzip"), ("gzip", None), ("deflate", "deflate"), ("", "br"), ("", "zstd")),
    *(("gzip, gzip", "gzip, gzip"), ("gzip", "gzip, identity"), ("two members", "gzip"), ("cut", "gzip")),
    *(("bomb", "gzip"), ("bombs", "gzip, gzip"), ("", ""), ("", "identity"), ("", "x" * 5000)),
]

TEXTS = [KEY, SIGNED, "x" * 50_000, "\x7f\t", "é", "1", ""]
HEADERS = st.dictionaries(
    st.sampled_from(["retry-after", "x-extend-request-id", "content-type", "location", "set-cookie", "content-range"]),
    st.sampled_from(
        [
            *TEXTS,
            *("-5", "nan", "inf", "1e400", "9" * 30, "3600", "0.5", "Wed, 21 Oct 2015 07:28:00 GMT"),
            *("Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 +2359", "Mon, 99 Foo 1 1:1", ",", "Mon,"),
            *(
                "https://evil.test/a?b=1",
                "//evil.test/a",
                "http://[bad",
                "/loop",
                "https://a..b/",
                "http://api.test:x/",
            ),
            *("text/html; charset=nonsense", "application/json", "a=b; Domain=test; Path=/", "=;;=", "a=" + KEY),
            *("bytes 0-9/10", "bytes 5-9/" + "9" * 5000, "bytes " + "9" * 5000 + "-1/2", "bytes */0", "bytes */*"),
        ]
    ),
    max_size=2,
)
FAILURES = [
    httpx.ConnectError("x"),
    httpx.ReadError("x"),
    httpx.ReadTimeout("x"),
    httpx.WriteError("x"),
    httpx.RemoteProtocolError(f"illegal header {KEY} {SIGNED}"),
    httpx.ProxyError("407"),
    httpx.DecodingError("x"),
]


@dataclass(frozen=True)
class Recipe:
    """How to answer whatever is asked."""

    status: int
    flaws: list[Flaw]
    raw: bytes | None = field(repr=False)
    encoding: str
    keeps: float
    packing: tuple[str, str | None]
    headers: dict[str, str]
    failure: Exception | None
    chunk: int

    def answer(self, request: httpx.Request, right: Right = right_answer) -> httpx.Response:
        if self.failure:
            raise self.failure
        body = self._body(request, right)
        pack, says = self.packing
        headers = {name: value.encode("latin-1", "replace") for name, value in self.headers.items()}
        if says is not None:
            headers["content-encoding"] = says.encode()
        packed = packed_as(pack)(body)
        return httpx.Response(
            self.status, headers=headers, stream=Chunks(packed[: int(len(packed) * self.keeps)], self.chunk)
        )

    def _body(self, request: httpx.Request, right: Right) -> bytes:
        if request.url.host != API:
            return self.raw or b"%PDF-1.7 " * 3000
        if self.raw is not None:
            return self.raw
        body = json.loads(json.dumps(right(request) if self.status < 400 else ERROR))
        for flaw in self.flaws:
            flaw.apply(body)
        return json.dumps(body, ensure_ascii=self.where_odd).encode(self.encoding, "surrogatepass")

    @property
    def where_odd(self) -> bool:
        return sum(flaw.where for flaw in self.flaws) % 2 == 1 or self.encoding == "latin-1"


class Chunks(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body as it comes from a network."""

    def __init__(self, body: bytes, size: int) -> None:
        self._body = body
        self._size = max(size, len(body) // 64)

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self._body), self._size):
            yield self._body[start : start + self._size]

    async def __aiter__(self) -> Any:
        for chunk in self:
            yield chunk


RECIPES = st.builds(
    Recipe,
    status=st.sampled_from(STATUSES),
    flaws=st.lists(FLAWS, max_size=3),
    raw=st.none() | st.none() | st.none() | st.sampled_from(RAW),
    encoding=st.sampled_from(ENCODINGS),
    keeps=st.just(1.0) | st.just(1.0) | st.just(1.0) | st.floats(0, 1),
    packing=st.sampled_from(PACKINGS),
    headers=HEADERS | st.just({}),
    failure=st.none() | st.none() | st.none() | st.none() | st.sampled_from(FAILURES),
    chunk=st.sampled_from([1, 7, 4096, 65536]),
)
SCRIPTS = st.lists(RECIPES, min_size=1, max_size=4)
# Nothing wrong with the answers but what they say.
FLAWED = st.builds(
    Recipe,
    status=st.just(200),
    flaws=st.lists(FLAWS, min_size=1, max_size=4),
    raw=st.none(),
    encoding=st.just("utf-8"),
    keeps=st.just(1.0),
    packing=st.just(("", None)),
    headers=st.just({}),
    failure=st.none(),
    chunk=st.just(65536),
)


class HostileService:
    """Extend and the storage in one: answers by the recipes in turn, the last one for ever, and watches the key."""

    def __init__(self, recipes: list[Recipe], most_requests: int = 500, right: Right = right_answer) -> None:
        self._recipes = list(recipes)
        self._right = right
        self._most = most_requests
        self.requests = 0
        self.runs: dict[str, Any] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        assert self.requests <= self._most, "it asks without end"
        if request.url.host == API:
            assert request.headers["authorization"] == f"Bearer {KEY}"
        else:
            everything = f"{request.url} {request.headers.raw}"
            assert KEY not in everything, "the key went to another host"
            assert "x-extend" not in everything
        recipe = self._recipes.pop(0) if len(self._recipes) > 1 else self._recipes[0]
        return recipe.answer(request, self._right)
