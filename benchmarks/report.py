"""The table, as text, as Markdown and as JSON."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from benchmarks.summary import Row

__all__ = ["markdown", "save", "text"]

# Title, figure, digits after the point.
_COLUMNS = (
    ("ok", "ok", 0),
    ("failed", "failed", 0),
    ("status requests/wait", "status_requests_per_wait", 3),
    ("requests/wait", "requests_per_wait", 3),
    ("429s", "throttled", 0),
    ("connections/wait", "connections_per_wait", 4),
    ("CPU ms/wait", "cpu_ms_per_wait", 2),
    ("longest stall ms", "longest_stall_ms", 0),
    ("busiest tick, CPU ms", "busiest_ms", 0),
    ("stalls > 200 ms", "long_stalls", 0),
    ("p50 s", "latency_p50_s", 2),
    ("p99 s", "latency_p99_s", 2),
    ("KB/wait", "memory_kb_per_wait", 1),
    ("MB once", "memory_once_mb", 1),
    ("wall s", "wall_s", 0),
)


def _cells(rows: dict[str, Row]) -> list[list[str]]:
    body = [[name, *(_number(row[key], digits) for _, key, digits in _COLUMNS)] for name, row in rows.items()]
    return [["contestant", *(title for title, _, _ in _COLUMNS)], *body]


def _number(value: float, digits: int) -> str:
    return "-" if math.isnan(value) else f"{value:.{digits}f}"


def text(rows: dict[str, Row]) -> str:
    """Return the table for a terminal."""
    cells = _cells(rows)
    widths = [max(len(line[column]) for line in cells) for column in range(len(cells[0]))]
    lines = (
        "  ".join(
            [line[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True))]
        )
        for line in cells
    )
    return "\n".join(lines)


def markdown(title: str, rows: dict[str, Row]) -> str:
    """Return the table as Markdown, below its title."""
    head, *body = _cells(rows)
    lines = [head, ["---"] * len(head), *body]
    return "\n".join([f"### {title}", "", *("| " + " | ".join(line) + " |" for line in lines), ""])


def save(folder: Path, name: str, title: str, rows: dict[str, Row], facts: dict[str, Any]) -> None:
    """
    Write ``name.md`` and ``name.json``.

    :param folder: where to; created if absent.
    :param name: of the files.
    :param title: of the table.
    :param rows: the table.
    :param facts: what else belongs into the JSON: set-up, versions, single runs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.md").write_text(markdown(title, rows))
    # Not-a-number has no place in JSON.
    clean = {
        contestant: {key: None if math.isnan(value) else value for key, value in row.items()}
        for contestant, row in rows.items()
    }
    (folder / f"{name}.json").write_text(json.dumps({"title": title, **facts, "medians": clean}, indent=2) + "\n")
