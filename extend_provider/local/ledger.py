"""How many runs were created, and what they cost."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

from extend_provider.local.errors import ApiError, RunFailure
from extend_provider.local.store import write_json

if TYPE_CHECKING:
    from pathlib import Path


class Ledger:
    """
    Counts runs and credits; deleted runs stay counted. Credits are reserved before the work and spent when it has
    succeeded. Thread-safe, because reserving happens where the work is done.

    :param path: file that keeps the numbers.
    :param budget: credits that may be spent; None for no limit.
    """

    def __init__(self, path: Path, budget: int | None) -> None:
        self._path = path
        self._budget = budget
        self._lock = threading.Lock()
        self._reserved: dict[str, int] = {}
        saved: dict[str, int] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        self.runs_created = saved.get("runs_created", 0)
        self.credits_used = saved.get("credits_used", 0)

    @property
    def credits_left(self) -> int | None:
        """Credits that may still be spent; None for no limit."""
        if self._budget is None:
            return None
        return max(0, self._budget - self.credits_used - sum(self._reserved.values()))

    def require_credits(self) -> None:
        """:raises ApiError: 402 ``USAGE_BLOCKED``, the workspace has no credit left."""
        if self.credits_left == 0:
            raise ApiError(402, "USAGE_BLOCKED", "The workspace has no credits left.")

    def count_run(self) -> None:
        """Count one created run."""
        with self._lock:
            self.runs_created += 1
            self._save()

    def reserve(self, run_id: str, amount: int) -> None:
        """
        Set credits aside.

        :param run_id: run that is going to cost them.
        :param amount: credits; several reservations of one run add up.
        :raises RunFailure: ``OUT_OF_CREDITS``.
        """
        with self._lock:
            left = self.credits_left
            if left is not None and amount > left:
                raise RunFailure("OUT_OF_CREDITS", f"The run costs {amount} credits, the workspace has {left} left.")
            self._reserved[run_id] = self._reserved.get(run_id, 0) + amount

    def spend(self, run_id: str) -> int:
        """
        Spend what was reserved.

        :param run_id: run that has succeeded.
        :return: credits spent.
        """
        with self._lock:
            amount = self._reserved.pop(run_id, 0)
            self.credits_used += amount
            self._save()
            return amount

    def release(self, run_id: str) -> None:
        """:param run_id: run that has failed; its reservation is given back."""
        with self._lock:
            self._reserved.pop(run_id, None)

    def clear(self) -> None:
        """Start again at zero."""
        with self._lock:
            self._reserved.clear()
            self.runs_created = self.credits_used = 0
            self._save()

    def _save(self) -> None:
        write_json(self._path, {"runs_created": self.runs_created, "credits_used": self.credits_used})
