"""
What takes long before the first wait, done in a thread: while it lasts, the event loop belongs to other triggers.

Imports nothing large itself, so that the trigger can begin with it.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
import threading
import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from extend_provider.watch.gate import Gate

if TYPE_CHECKING:
    from extend_provider.client import ClientSettings

__all__ = ["load", "prepare"]

log = logging.getLogger(__name__)

# What a wait imports, beginning with what it needs first.
_MODULES = ("extend_provider.watch.registry", "extend_provider.results", "extend_provider.hooks.extend")


@dataclass
class _Loading:
    """The modules on their way, for one event loop."""

    gate: Gate = field(default_factory=Gate)
    task: asyncio.Task[None] | None = None


_loadings: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Loading] = weakref.WeakKeyDictionary()
_loaded = threading.Event()


async def load() -> None:
    """Wait until all modules that a wait needs are there; what cannot be imported is left to whoever needs it."""
    if _loaded.is_set():
        return
    loop = asyncio.get_running_loop()
    loading = _loadings.setdefault(loop, _Loading())
    if loading.task is None:
        loading.task = loop.create_task(_load(loading.gate))
    await loading.gate.wait()


async def _load(gate: Gate) -> None:
    try:
        await asyncio.to_thread(_import)
        _loaded.set()
    finally:
        await gate.open()


def _import() -> None:
    import anyio

    try:
        # Loads the part for asyncio, which httpx needs for its first request.
        anyio.run(anyio.sleep, 0)
        for module in _MODULES:
            importlib.import_module(module)
    except Exception:
        log.debug("A module cannot be loaded beforehand.", exc_info=True)


async def prepare(settings: ClientSettings) -> None:
    """
    Make what clients with these settings share: reading the CA certificates takes some 20 ms.

    :raises ExtendConfigurationError: the settings cannot work.
    """
    from extend_provider.client import http

    await asyncio.to_thread(http.prepare, settings)
