"""Who waits together: one watcher per event loop and settings, started by the first wait and ended by the last."""

from __future__ import annotations

import asyncio
import weakref
from dataclasses import dataclass, field

from extend_provider.client import ClientSettings, Wait
from extend_provider.models import Run
from extend_provider.watch.gate import Gate
from extend_provider.watch.loading import prepare
from extend_provider.watch.session import ReadSettings, Session, first_settings
from extend_provider.watch.stats import NO_STATS, Stats
from extend_provider.watch.watcher import Watcher

__all__ = ["watch"]

# Thousands of triggers may start at once, and reading a connection costs milliseconds of the triggerer's supervisor.
# New waits see an edited connection after this many seconds.
_CONNECTION_AGE = 5.0


@dataclass
class _Connection:
    """A connection as it was read last, or is being read; and the gate for those who wait for that."""

    asked_at: float
    reading: asyncio.Task[ClientSettings]
    gate: Gate
    opening: asyncio.Task[None]


@dataclass
class _Loop:
    """What belongs to one event loop; it goes with it."""

    watchers: dict[ClientSettings, Watcher] = field(default_factory=dict)
    connections: dict[str, _Connection] = field(default_factory=dict)
    closings: set[asyncio.Task[None]] = field(default_factory=set)


_loops: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Loop] = weakref.WeakKeyDictionary()


async def watch(conn_id: str, read_settings: ReadSettings, wait: Wait, stats: Stats = NO_STATS) -> Run:
    """
    Wait for a run together with everybody who waits with the same settings on this event loop.

    :param conn_id: name of the connection, under which its settings are remembered for a moment.
    :param read_settings: reads the connection.
    :param wait: which run, how often to look, and until when.
    :param stats: where the watcher reports.
    :return: the finished run, successful or failed.
    :raises ExtendError: see :func:`extend_provider.client.waiting.wait_for_run`.
    """
    here = _this_loop()
    settings = await _settings(here, conn_id, read_settings)
    watcher = here.watchers.get(settings)
    if watcher is None:
        watcher = here.watchers[settings] = Watcher(Session(settings, read_settings, stats), stats)
    try:
        # Thousands wait here, so this is the only frame that each of them takes.
        watched = watcher.begin(wait)
        try:
            return await watched.answer
        finally:
            watcher.end(watched)
    finally:
        if watcher.idle:
            if here.watchers.get(settings) is watcher:
                del here.watchers[settings]
            await _close(here, watcher)


def _this_loop() -> _Loop:
    loop = asyncio.get_running_loop()
    if loop not in _loops:
        # Tasks and watchers refer to their loop, so that a loop which was closed under them would never go by itself.
        for dead in [known for known in _loops.copy() if known.is_closed()]:
            _loops.pop(dead, None)
    return _loops.setdefault(loop, _Loop())


async def _close(here: _Loop, watcher: Watcher) -> None:
    """Close a watcher, to the end, also when the one who does it is cancelled."""
    closing = asyncio.get_running_loop().create_task(watcher.close())
    here.closings.add(closing)
    closing.add_done_callback(here.closings.discard)
    await asyncio.shield(closing)


async def _settings(here: _Loop, conn_id: str, read_settings: ReadSettings) -> ClientSettings:
    loop = asyncio.get_running_loop()
    known = here.connections.get(conn_id)
    if known is None or loop.time() - known.asked_at > _CONNECTION_AGE or _failed(known.reading):
        # A task, because the others need the answer, too, when the one who asked first is cancelled.
        reading, gate = loop.create_task(_read(read_settings)), Gate()
        known = _Connection(loop.time(), reading, gate, loop.create_task(_open_after(reading, gate)))
        here.connections[conn_id] = known
    await known.gate.wait()
    return known.reading.result()


async def _read(read_settings: ReadSettings) -> ClientSettings:
    settings = await first_settings(read_settings)
    await prepare(settings)
    return settings


async def _open_after(reading: asyncio.Task[ClientSettings], gate: Gate) -> None:
    await asyncio.wait([reading])
    await gate.open()


def _failed(task: asyncio.Task[ClientSettings]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
