"""From the measurements of one contestant to one row of the table."""

from __future__ import annotations

import statistics
from typing import Any

from benchmarks.contestants import CONTESTANTS

__all__ = ["Row", "medians", "row"]

Row = dict[str, float]

_LONG_STALL = 0.2


def row(contestant: str, waits: int, measured: dict[str, Any], floor: Row | None) -> Row:
    """
    Return the figures of one run.

    A request for a run's state counts as a status request, unless it is the one that carries the result home.

    :param contestant: whose.
    :param waits: how many there were.
    :param measured: see :func:`benchmarks.contest.run`.
    :param floor: row of ``null``, which is subtracted from the processor time.
    """
    counts = measured["counts"]
    requests, told = counts.get("requests", 0), counts["told"]
    latencies = sorted(measured["latencies"])
    stalls = measured["stalls"]
    results = told if CONTESTANTS[contestant].fetches_result else 0
    cpu = 1000 * measured["cpu_s"] / waits
    return {
        "ok": len(latencies),
        "failed": measured["failed"],
        "status_requests_per_wait": (requests - results) / waits,
        "requests_per_wait": requests / waits,
        "throttled": counts.get("throttled", 0),
        "connections_per_wait": counts.get("connections", 0) / waits,
        "cpu_ms_per_wait": cpu - floor["cpu_ms_per_wait"] if floor else cpu,
        "longest_stall_ms": 1000 * max(stalls),
        "busiest_ms": 1000 * measured["busiest_s"],
        "long_stalls": sum(stall > _LONG_STALL for stall in stalls),
        "latency_p50_s": _quantile(latencies, 0.5),
        "latency_p99_s": _quantile(latencies, 0.99),
        "memory_kb_per_wait": measured["memory_kb"] / waits,
        "memory_once_mb": measured["memory_once_kb"] / 1024,
        "wall_s": measured["wall_s"],
    }


def medians(rows: list[Row]) -> Row:
    """Return, figure by figure, the median of some runs."""
    return {name: statistics.median(one[name] for one in rows) for name in rows[0]}


def _quantile(ordered: list[float], share: float) -> float:
    """Nothing is better than a wrong number: without values it is not a number."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")
