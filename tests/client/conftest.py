"""Both shells behind one door, a scripted service, and a clock that nobody has to wait for."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import httpx
import pytest

from extend_provider.client import AsyncExtendClient, ClientSettings, ExtendClient
from extend_provider.client.exchange import Core
from extend_provider.client.throttle import Throttle

API_KEY = "sk_test_0123456789"
STARTED = datetime(2026, 3, 4, 10, 15, tzinfo=timezone.utc)

Answer = Any
"""What the scripted service does: a response, an exception to raise, or a function of the request that gives either."""


@dataclass
class World:
    """Time that passes only when somebody pauses, or when a test lets it."""

    seconds: float = 1000.0
    pauses: list[float] = field(default_factory=list)
    started: datetime = STARTED
    # A real service beside it needs a moment of real time to get its work done.
    real_nap: float = 0.0

    def clock(self) -> float:
        return self.seconds

    def utcnow(self) -> datetime:
        return self.started + timedelta(seconds=self.seconds - 1000.0)

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.pass_by(seconds)
        if self.real_nap:
            time.sleep(self.real_nap)

    async def async_sleep(self, seconds: float) -> None:
        self.sleep(seconds)

    @property
    def elapsed(self) -> float:
        return self.seconds - 1000.0

    def core(self, settings: ClientSettings, rng: Callable[[], float] = lambda: 0.0) -> Core:
        throttle = Throttle(settings.requests_per_second, clock=self.clock)
        return Core(settings=settings, throttle=throttle, clock=self.clock, utcnow=self.utcnow, rng=rng)


class ScriptedService:
    """
    Gives its answers in order, and the last one for ever; remembers the requests. An answer given as a dict is about
    the object that is asked for.
    """

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, dict):
            return httpx.Response(200, json=_about(request, answer))
        return _copy(answer)


def _about(request: httpx.Request, answer: dict[str, Any]) -> dict[str, Any]:
    collection, _, identifier = request.url.path.rpartition("/")
    is_one = request.method == "GET" and collection.endswith(("/edit_runs", "/files"))
    return {**answer, "id": identifier} if is_one and isinstance(answer.get("id"), str) else answer


def _copy(answer: httpx.Response) -> httpx.Response:
    """A response can be read once only; a streamed one is made by a function, for each request anew."""
    if not hasattr(answer, "_content"):
        return answer
    return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


class Shell:
    """A client, blocking or asynchronous, called the same way."""

    def __init__(self, name: str, service: Any, settings: ClientSettings, core: Core, world: World) -> None:
        self.name = name
        self.service = service
        self.settings = settings
        self.world = world
        transport = httpx.MockTransport(service) if callable(service) else None
        if name == "sync":
            self._client: Any = ExtendClient(settings, transport=transport, core=core)
        else:
            self._loop = asyncio.new_event_loop()
            self._client = AsyncExtendClient(settings, transport=transport, core=core)

    def let_time_fly(self) -> None:
        self._client._sleep = self.world.sleep if self.name == "sync" else self.world.async_sleep

    @property
    def requests(self) -> list[httpx.Request]:
        requests: list[httpx.Request] = self.service.requests
        return requests

    @property
    def paths(self) -> list[str]:
        return [f"{request.method} {request.url.path}" for request in self.requests]

    def __getattr__(self, method: str) -> Callable[..., Any]:
        """A method that returns one thing."""
        bound = getattr(self._client, method)
        if self.name == "sync":
            return bound  # type: ignore[no-any-return]
        return lambda *args, **kwargs: self._loop.run_until_complete(bound(*args, **kwargs))

    def iterate(self, method: str, *args: Any, **kwargs: Any) -> Iterator[Any]:
        """A method that returns an iterator, read only as far as the test reads."""
        items = getattr(self._client, method)(*args, **kwargs)
        return items if self.name == "sync" else self._drain(items)

    def _drain(self, items: AsyncIterator[Any]) -> Iterator[Any]:
        try:
            while True:
                try:
                    yield self._loop.run_until_complete(items.__anext__())
                except StopAsyncIteration:
                    return
        finally:
            self._loop.run_until_complete(items.aclose())  # type: ignore[attr-defined]

    def read(self, file_id: str) -> bytes:
        return b"".join(self.iterate("iter_file", file_id))

    def shut(self) -> None:
        if self.name == "sync":
            self._client.close()
        else:
            self._loop.run_until_complete(self._client.close())
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()


@pytest.fixture
def form_parts() -> Callable[[httpx.Request], list[tuple[str, str | None, bytes]]]:
    """Read a multipart request: name, file name and content of its parts, sorted by name."""
    return _form_parts


def _form_parts(request: httpx.Request) -> list[tuple[str, str | None, bytes]]:
    kind, _, boundary = request.headers["content-type"].partition("; boundary=")
    assert kind == "multipart/form-data"
    before, *sections, after = request.content.split(b"--" + boundary.encode())
    assert (before, after) == (b"", b"--\r\n")
    return sorted((_form_part(section) for section in sections), key=lambda part: part[0])


def _form_part(section: bytes) -> tuple[str, str | None, bytes]:
    head, _, content = section.partition(b"\r\n\r\n")
    found = re.search(r'form-data; name="([^"]*)"(?:; filename="([^"]*)")?', head.decode())
    assert found
    return found[1], found[2], content.removesuffix(b"\r\n")


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(params=["sync", "async"])
def connect(request: pytest.FixtureRequest, world: World) -> Iterator[Callable[..., Shell]]:
    """Make a client of a scripted service: ``connect(answer, answer, …, setting=…)``. Runs each test on both shells."""
    shells: list[Shell] = []

    def make(*answers: Answer, rng: Callable[[], float] = lambda: 0.0, **settings: Any) -> Shell:
        chosen = ClientSettings(**{"api_key": API_KEY, "requests_per_second": 1000.0, **settings})
        shell = Shell(request.param, ScriptedService(*answers), chosen, world.core(chosen, rng), world)
        shell.let_time_fly()
        shells.append(shell)
        return shell

    yield make
    for shell in shells:
        shell.shut()


@pytest.fixture(params=["sync", "async"])
def connect_to(request: pytest.FixtureRequest) -> Iterator[Callable[..., Shell]]:
    """
    Make a client of a real service: ``connect_to(extend_local)``. Its pauses are naps, but count in full for deadlines.
    """
    shells: list[Shell] = []

    def make(service: Any, **settings: Any) -> Shell:
        chosen = ClientSettings(
            **{"api_key": service.api_key, "base_url": service.base_url, "requests_per_second": 1000.0, **settings}
        )
        world = World(started=datetime.now(timezone.utc), real_nap=0.005)
        shell = Shell(request.param, service, chosen, world.core(chosen), world)
        shell.let_time_fly()
        shells.append(shell)
        return shell

    yield make
    for shell in shells:
        shell.shut()
