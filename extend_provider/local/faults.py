"""Faults on request: which there are, which requests they hit, and how often."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import Any

from extend_provider.local.asgi import is_api
from extend_provider.local.stamps import new_id

_CREATES = ("/edit", "/parse", "/extract", "/classify", "/split", "/detect_form", "/*_runs", "/*_runs/batch")
_LISTS = ("/*_runs",)
_READS = ("/*_runs/*",)
_SERVER_ERRORS = frozenset(int(status) for status in HTTPStatus if status >= HTTPStatus.INTERNAL_SERVER_ERROR)


@dataclass(frozen=True)
class FaultKind:
    """
    One fault that can be injected.

    :param does: one line for people.
    :param method: HTTP method that it hits by default; None for all.
    :param paths: path patterns that it hits by default; None for every path of the API.
    :param options: option names and their defaults.
    """

    does: str
    method: str | None = None
    paths: tuple[str, ...] | None = None
    options: dict[str, Any] = field(default_factory=dict)


FAULTS: dict[str, FaultKind] = {
    "slow": FaultKind("waits before the request is processed", options={"seconds": 1.0}),
    "rate_limit": FaultKind("429, not processed", options={"retry_after": 1, "seconds": 2}),
    "server_error": FaultKind(
        "500, not processed", options={"status": 500, "html": False, "nested": False, "retry_after": None}
    ),
    "unauthorized": FaultKind("401, not processed"),
    "credits": FaultKind("402 USAGE_BLOCKED, not processed"),
    "permission": FaultKind("403, not processed"),
    "list_missing": FaultKind("404 on listing runs, as on an older service", "GET", _LISTS),
    "not_json": FaultKind("200 with an HTML page, not processed"),
    "cut_before": FaultKind("connection closed without an answer, not processed", options={"reset": False}),
    "error_after_create": FaultKind("500 although the run was created", "POST", _CREATES),
    "cut_after": FaultKind(
        "processed, then connection closed without an answer", options={"where": "start", "reset": False}
    ),
    "truncated": FaultKind("processed, then only half of the JSON"),
    "download_cut": FaultKind(
        "presigned download ends after some bytes", "GET", ("/_files/*",), {"after": 1024, "reset": False}
    ),
    "fail": FaultKind(
        "the created run ends FAILED",
        "POST",
        _CREATES,
        {"reason": "INTERNAL_ERROR", "message": "An unexpected internal error occurred."},
    ),
    "processed_without_file": FaultKind("the created run ends PROCESSED without an edited file", "POST", _CREATES),
    "usage_null": FaultKind("the created run has no usage", "POST", _CREATES),
    "no_filled_values": FaultKind("the created run has no filledValues", "POST", _CREATES),
    "unknown_status": FaultKind("a run reports another status", "GET", _READS, {"status": "QUEUED_FOR_GPU"}),
    "list_lags": FaultKind("the list shows runs as they were some time ago", "GET", _LISTS, {"seconds": 5.0}),
    "expired": FaultKind("the presigned URL in the answer has expired already"),
}


@dataclass
class Fault:
    """
    One injected fault.

    :param fault: a name of :data:`FAULTS`.
    :param method: HTTP method it hits; None for the default of its kind.
    :param path: glob pattern of the paths it hits (``*`` matches ``/`` too); None for the default of its kind.
    :param times: how often it strikes; None for until it is cleared.
    :param skip: how many matching requests it lets pass first.
    :param options: options of its kind.
    :raises ValueError: no such fault or option.
    """

    fault: str
    method: str | None = None
    path: str | None = None
    times: int | None = 1
    skip: int = 0
    options: dict[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=lambda: new_id("fault_"))

    def __post_init__(self) -> None:
        if self.fault not in FAULTS:
            raise ValueError(f"There is no fault {self.fault!r}; there are {', '.join(sorted(FAULTS))}.")
        known = FAULTS[self.fault].options
        unknown = sorted(set(self.options) - set(known))
        if unknown:
            raise ValueError(f"Fault {self.fault} takes {', '.join(known) or 'no options'}, not {', '.join(unknown)}.")
        if (self.times is not None and self.times < 1) or self.skip < 0:
            raise ValueError("times must be at least 1 (or None), skip at least 0.")
        for name, value in self.options.items():
            _check_option(name, value, known[name])
        self.options = {**known, **self.options}

    def hits(self, method: str, path: str) -> bool:
        """
        Tell whether a request is meant.

        :param method: HTTP method of the request.
        :param path: path of the request.
        :return: whether method and path match.
        """
        kind = FAULTS[self.fault]
        if (self.method or kind.method or method).upper() != method:
            return False
        paths = (self.path,) if self.path else kind.paths
        return is_api(path) if paths is None else any(fnmatchcase(path, pattern) for pattern in paths)

    def as_json(self) -> dict[str, Any]:
        """:return: wire form of the control API."""
        return asdict(self)


def _check_option(name: str, value: Any, default: Any) -> None:
    if name == "status" and isinstance(default, int):
        good, wanted = value in _SERVER_ERRORS, "a 5xx status"
    elif name == "retry_after":
        good, wanted = value is None or value == "date" or _is_number(value), 'a number of seconds, "date" or None'
    elif isinstance(default, (bool, str)):
        good, wanted = isinstance(value, type(default)), f"a {type(default).__name__}"
    else:
        good, wanted = _is_number(value), "a number"
    if not good:
        raise ValueError(f"Fault option {name} must be {wanted}, not {value!r}.")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0


class Faults:
    """The injected faults. Thread-safe: tests inject while the service runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """:param fault: a fault; several are used up in the order they were added."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Take all faults back."""
        with self._lock:
            self._faults.clear()

    def active(self) -> list[Fault]:
        """:return: the faults that are not used up."""
        with self._lock:
            return list(self._faults)

    def take(self, names: tuple[str, ...], method: str, path: str) -> Fault | None:
        """
        Let a fault strike.

        :param names: faults that can strike here.
        :param method: HTTP method of the request.
        :param path: path of the request.
        :return: the oldest fault that hits this request; it is used up by one. None when there is none.
        """
        with self._lock:
            struck: Fault | None = None
            for fault in [f for f in self._faults if f.fault in names and f.hits(method, path)]:
                if fault.skip > 0:
                    fault.skip -= 1
                elif struck is None:
                    struck = fault
                    self._use(fault)
            return struck

    def _use(self, fault: Fault) -> None:
        if fault.times is not None:
            fault.times -= 1
            if fault.times == 0:
                self._faults.remove(fault)


class RequestFaults:
    """
    The faults as one request sees them; handlers find it in ``request.state.faults``.

    :param faults: the injected faults.
    :param method: HTTP method of the request.
    :param path: path of the request.
    """

    def __init__(self, faults: Faults, method: str, path: str) -> None:
        self._faults = faults
        self._method = method
        self._path = path

    def take(self, *names: str) -> Fault | None:
        """
        Let a fault strike this request.

        :param names: faults that can strike here.
        :return: the fault; None when there is none.
        """
        return self._faults.take(names, self._method, self._path)
