"""The watcher's client, and what happens when the connection behind it changes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from extend_provider.client import AsyncExtendClient, ClientSettings
from extend_provider.client.exchange import Core
from extend_provider.client.flow import Flow
from extend_provider.exceptions import ExtendAuthenticationError, ExtendError
from extend_provider.watch.stats import NO_STATS, Stats, guarded

__all__ = ["ReadSettings", "Session", "first_settings"]

log = logging.getLogger(__name__)

T = TypeVar("T")

ReadSettings = Callable[[], Awaitable[ClientSettings]]
MakeClient = Callable[[ClientSettings, Callable[[int], None]], AsyncExtendClient]

# How long a refused key is borne with while somebody exchanges it in Extend and in Airflow, or a connection that cannot
# be read, and how often it is read again.
_GRACE = 60.0
_READ_AGAIN_AFTER = 5.0


def make_client(settings: ClientSettings, on_answer: Callable[[int], None]) -> AsyncExtendClient:
    """Return a client that reports each answer's HTTP status."""
    return AsyncExtendClient(settings, core=replace(Core.for_settings(settings), on_answer=on_answer))


async def first_settings(read_settings: ReadSettings) -> ClientSettings:
    """
    Read the connection that waits begin with, for a minute if need be.

    When a whole Airflow restarts, its database or secrets backend may be the last to come back, and every wait of the
    triggerer reads its connection at that moment.

    :param read_settings: reads the connection.
    :raises ExtendError: the connection cannot work, or cannot be read for a minute; so does whatever else is raised.
    """
    loop = asyncio.get_running_loop()
    give_up_at, has_complained = loop.time() + _GRACE, False
    while True:
        try:
            return await read_settings()
        except Exception as error:
            is_final = isinstance(error, ExtendError) and not error.retryable
            if is_final or loop.time() + _READ_AGAIN_AFTER > give_up_at:
                raise
            if not has_complained:
                has_complained = True
                log.warning("The connection cannot be read for now, so it is read again: %s", _told(error))
        await asyncio.sleep(_READ_AGAIN_AFTER)


def _told(error: Exception) -> str:
    # The texts of others may hold anything.
    return str(error) if isinstance(error, ExtendError) else type(error).__name__


class Session:
    """
    Performs flows with the connection's current settings.

    :param settings: the settings to begin with.
    :param read_settings: reads the connection again.
    :param stats: where requests and refusals are counted.
    :param make_client: makes a client; tests replace it.
    """

    def __init__(
        self,
        settings: ClientSettings,
        read_settings: ReadSettings,
        stats: Stats = NO_STATS,
        make_client: MakeClient = make_client,
    ) -> None:
        self.settings = settings
        self._read_settings = read_settings
        self._stats = guarded(stats)
        self._make_client = make_client
        self._client = make_client(settings, self._count)
        self.requests = 0
        self._retired: list[AsyncExtendClient] = []
        self._renewing = asyncio.Lock()
        # The refusal of the key, as long as no request gets through, and since when none does.
        self.refusal: ExtendAuthenticationError | None = None
        self._refused_since = 0.0
        self._read_at = float("-inf")
        self._has_complained = False

    @property
    def core(self) -> Core:
        """Settings, pace and clocks of the current client."""
        return self._client.core

    @property
    def is_refused(self) -> bool:
        """Whether the key is refused for good: for too long, and for every request."""
        return self.refusal is not None and asyncio.get_running_loop().time() - self._refused_since > _GRACE

    async def perform(self, make_flow: Callable[[Core], Flow[T]]) -> T:
        """
        Do what a flow asks for; when the key is refused, read the connection again and go on with a new one.

        :param make_flow: gives the flow for a core.
        :raises ExtendAuthenticationError: the key is refused for a minute, and the connection holds no other.
        """
        refused_since: float | None = None
        while True:
            client = self._client
            try:
                result = await client.perform(make_flow)
            except ExtendAuthenticationError as error:
                now = asyncio.get_running_loop().time()
                refused_since = now if refused_since is None else refused_since
                if self.refusal is None:
                    self._refused_since = now
                self.refusal = error
                if self.is_refused or now - refused_since > _GRACE:
                    raise
                await self._renew(client)
            else:
                self.refusal = None
                if refused_since is not None:
                    self._has_complained = False
                return result

    async def _renew(self, refused: AsyncExtendClient) -> None:
        """Read the connection again, unless there is no need any more."""
        async with self._renewing:
            if self._client is not refused or self.refusal is None:
                return
            if not self._has_complained:
                self._has_complained = True
                log.warning("Extend refuses the API key; the connection is read again until it holds another one.")
            loop = asyncio.get_running_loop()
            if (pause := self._read_at + _READ_AGAIN_AFTER - loop.time()) > 0:
                await asyncio.sleep(pause)
            self._read_at = loop.time()
            try:
                settings = await self._read_settings()
                client = self._make_client(settings, self._count) if settings != self.settings else None
            except ExtendError as error:
                log.warning("The connection cannot be used: %s", error)
            except Exception as error:  # noqa: BLE001 - secrets backends raise what they like
                log.warning("The connection cannot be read: %s", _told(error))
            else:
                if client:
                    log.info("The connection has changed; its waits go on with the new settings.")
                    # Requests may be under way on the old client, so it is closed at the end.
                    self._retired.append(self._client)
                    self.settings, self._client = settings, client

    def _count(self, status: int) -> None:
        self.requests += 1
        self._stats.incr("extend.watch.requests")
        if status == 429:
            self._stats.incr("extend.watch.throttled")

    async def close(self) -> None:
        """Close all connections."""
        clients = [self._client, *self._retired]
        for failure in await asyncio.gather(*(client.close() for client in clients), return_exceptions=True):
            if failure:
                log.debug("A connection could not be closed.", exc_info=failure)
