"""The service's bad days: it throttles, breaks off, answers errors, is slow, and is gone for a while."""

from __future__ import annotations

import random
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType

    from dev.local_service import LocalServiceProcess

_SUBMIT: dict[str, Any] = {"method": "POST", "path": "/edit_runs"}
# What the table calls it, how often it comes, and the fault.
_FAULTS: tuple[tuple[str, int, dict[str, Any]], ...] = (
    ("429 with Retry-After", 3, {"fault": "rate_limit", "times": 3, "options": {"retry_after": 1}}),
    ("429 with a date", 1, {"fault": "rate_limit", "times": 3, "options": {"retry_after": "date", "seconds": 2}}),
    ("429 without", 3, {"fault": "rate_limit", "times": 3, "options": {"retry_after": None}}),
    ("429 to submits only", 2, {"fault": "rate_limit", "times": 3, "options": {"retry_after": 2}, **_SUBMIT}),
    ("a run that fails, but may succeed on another try", 2, {"fault": "fail"}),
    ("500 after the run was created", 3, {"fault": "error_after_create"}),
    ("connection cut after a submit", 3, {"fault": "cut_after", **_SUBMIT}),
    ("half an answer to a submit", 2, {"fault": "truncated", **_SUBMIT}),
    ("connection cut before a submit", 2, {"fault": "cut_before", **_SUBMIT}),
    ("slow submit", 2, {"fault": "slow", "options": {"seconds": 3.0}, **_SUBMIT}),
    ("500, 502 or a page instead of JSON", 3, {"fault": "server_error", "times": 2, "options": {"html": True}}),
    ("connection cut before the answer", 3, {"fault": "cut_before", "times": 2}),
    ("connection cut after the answer", 2, {"fault": "cut_after", "times": 2, "method": "GET"}),
    ("download cut", 3, {"fault": "download_cut", "times": 2}),
    ("list of runs lags", 2, {"fault": "list_lags", "times": 3, "options": {"seconds": 4.0}}),
    ("slow answer", 2, {"fault": "slow", "times": 2, "options": {"seconds": 2.0}}),
)
_CALM = (0.4, 2.0)
"""Seconds between two faults, from … to."""
_LEAST_FORCE = 0.15
_UNTIL_CLEAR = 4
"""Faults after which those that nobody met are taken back: they would pile up, and spoil every request of a kind."""
_BETWEEN_OUTAGES = (25, 50)
"""Faults between two outages, from … to."""
_OUTAGE = (3.0, 9.0)
"""Seconds without a service, from … to."""
_FIRST_OUTAGE = 12


class Weather:
    """
    Context manager that makes bad weather in a thread of its own.

    :param service: the service; no one else may start and stop it meanwhile.
    :param seed: of the sequence of faults; at which request one strikes is up to the tasks.

    ``outages`` counts how often the service was gone; ``error`` is what ended the thread, if something did. ``force``,
    from 0 to 1, says how many of the tasks are at work: the last few would else meet every single fault.
    """

    def __init__(self, service: LocalServiceProcess, seed: str) -> None:
        self.outages = 0
        self.error: Exception | None = None
        self.force = 1.0
        self._service = service
        self._rng = random.Random(seed)
        self._struck: Counter[str] = Counter()
        self._names: dict[str, tuple[str, int]] = {}
        self._until_outage = _FIRST_OUTAGE
        self._clear = threading.Event()
        self._thread = threading.Thread(target=self._run, name="weather")

    def __enter__(self) -> Weather:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._clear.set()
        self._thread.join()

    def struck(self) -> dict[str, int]:
        """Tell how often each fault hit a request; complete when the weather is over."""
        return dict(self._struck)

    def _run(self) -> None:
        try:
            while not self._clear.wait(self._rng.uniform(*_CALM) / max(self.force, _LEAST_FORCE)):
                self._next()
            self._settle()
        except Exception as error:  # noqa: BLE001 - reported by the session, which must not pass without faults
            self.error = error

    def _next(self) -> None:
        if self._until_outage == 0:
            self._until_outage = self._rng.randint(*_BETWEEN_OUTAGES)
            self._be_gone(self._rng.uniform(*_OUTAGE))
            return
        self._until_outage -= 1
        if len(self._names) >= _UNTIL_CLEAR:
            self._settle()
        name, _, fault = self._rng.choices(_FAULTS, [weight for _, weight, _ in _FAULTS])[0]
        injected = self._service.control("POST", "faults", fault)
        self._names[injected["id"]] = name, injected["times"]

    def _be_gone(self, seconds: float) -> None:
        self._settle()
        self._service.stop()
        self._clear.wait(seconds)
        self._service.start()
        self.outages += 1

    def _settle(self) -> None:
        """Count what has struck, and take the rest back."""
        left = {fault["id"]: fault["times"] for fault in self._service.control("GET", "faults")["faults"]}
        self._service.control("DELETE", "faults")
        for fault_id, (name, times) in self._names.items():
            self._struck[name] += times - left.get(fault_id, 0)
        self._names.clear()
