"""The floor of the triggerer's benchmark: a trigger that knows when its job ends, and sleeps until then."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

__all__ = ["BEGAN", "SleepingTrigger"]

BEGAN = "BENCHMARK_BEGAN"
"""Environment variable: the beginning of the jobs, in seconds of the monotonic clock, which all processes share."""


class SleepingTrigger(BaseTrigger):
    """
    Sleep, then fire an event: what Airflow itself spends on a trigger.

    :param end: of the job, in seconds after the beginning.
    """

    def __init__(self, end: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.end = end

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Return the class path and the arguments."""
        return "benchmarks.sleeping.SleepingTrigger", {"end": self.end}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Sleep, and fire."""
        await asyncio.sleep(float(os.environ[BEGAN]) + self.end - time.monotonic())
        yield TriggerEvent({"status": "success"})  # type: ignore[no-untyped-call]
