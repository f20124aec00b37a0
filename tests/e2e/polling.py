"""Waits for what a test needs to happen."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

_STEP = 0.1


def until(look: Callable[[], T], what: str, timeout: float = 60.0) -> T:
    """
    Look until there is something to see.

    :param look: called about ten times a second.
    :param what: its name, for the error.
    :param timeout: seconds.
    :return: the first true value of ``look``.
    :raises TimeoutError: there was none in time.
    """
    deadline = time.monotonic() + timeout
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"Waited {timeout:.0f} s in vain for {what}.")
        time.sleep(_STEP)
    return seen
