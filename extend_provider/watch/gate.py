"""A gate that opens once, for thousands who wait in front of it."""

from __future__ import annotations

import asyncio
from collections import deque

__all__ = ["Gate"]

# As many as the event loop serves in a millisecond or two.
_AT_ONCE = 50


class Gate:
    """
    Closed until something is ready. Then it lets those who wait through a few at a time, because thousands of triggers
    that go on in one turn of the event loop stop everybody else for a fifth of a second.
    """

    def __init__(self) -> None:
        self._is_open = False
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def wait(self) -> None:
        """Wait until it is open."""
        if not self._is_open:
            turn = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            await turn

    async def open(self) -> None:
        """Let all through."""
        self._is_open = True
        while self._waiting:
            for _ in range(min(_AT_ONCE, len(self._waiting))):
                turn = self._waiting.popleft()
                if not turn.done():
                    turn.set_result(None)
            await asyncio.sleep(0)
