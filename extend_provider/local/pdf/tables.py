"""Tables: an array of objects goes into the cells of the box that ``extend_edit:bbox`` points at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from extend_provider.local.pdf.geometry import PageSpace
from extend_provider.local.pdf.matching import Place, Target
from extend_provider.local.pdf.problem import schema_violation
from extend_provider.local.pdf.values import convert


@dataclass(frozen=True)
class Cell:
    """One cell with its converted value."""

    definition: Mapping[str, Any]
    value: Any
    place: Place


def is_table(definition: Mapping[str, Any]) -> bool:
    """Whether a property is an array of objects with named columns."""
    items = definition.get("items")
    return isinstance(items, dict) and isinstance(items.get("properties"), dict) and bool(items["properties"])


def table_cells(name: str, definition: Mapping[str, Any], value: Any, spaces: Sequence[PageSpace]) -> Iterator[Cell]:
    """The cells that have a value.

    The columns are the properties of ``items``, as wide as their ``extend_edit:column_width`` (percent) or else equal.
    The rows are as high as ``extend_edit:row_heights`` (shares of the table) or else equal; there are as many as that
    list or ``maxItems`` says, at least one per given row.
    """
    rows = value if isinstance(value, list) else []
    if not all(isinstance(row, dict) for row in rows):
        raise schema_violation(f"The value of property {name!r} must be an array of objects.")
    most = definition.get("maxItems")
    if most is not None and len(rows) > most:
        raise schema_violation(f"The value of property {name!r} has more than maxItems rows.")
    box, columns = definition.get("extend_edit:bbox"), definition["items"]["properties"]
    page_index = definition.get("extend_edit:page_index") or 0
    if not box or page_index >= len(spaces):
        return
    heights = definition.get("extend_edit:row_heights") or [1] * max(most or 0, len(rows))
    tops = _edges(box["top"], box["bottom"], heights[: max(len(heights), len(rows))] + [1] * (len(rows) - len(heights)))
    lefts = _edges(box["left"], box["right"], _widths(columns))
    for number, row in enumerate(rows):
        for column, (key, item) in enumerate(columns.items()):
            if row.get(key) is not None:
                cell = {
                    "left": lefts[column],
                    "right": lefts[column + 1],
                    "top": tops[number],
                    "bottom": tops[number + 1],
                }
                place = Place(page_index, spaces[page_index].to_points(cell))
                yield Cell(item, convert(f"{name}[{number}].{key}", item, Target(), row[key]), place)


def _widths(columns: Mapping[str, Any]) -> list[float]:
    widths = [item.get("extend_edit:column_width") for item in columns.values()]
    known = [width for width in widths if width]
    average = sum(known) / len(known) if known else 1.0
    return [width or average for width in widths]


def _edges(start: float, end: float, shares: Sequence[float]) -> list[float]:
    """Where parts of a length begin and end."""
    whole = sum(shares) or 1.0
    return [start, *(start + (end - start) * share / whole for share in accumulate(shares))]
