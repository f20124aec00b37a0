"""The option ``pageRanges`` that several configurations have."""

from __future__ import annotations

from typing import Any

from extend_provider.local.bodies import as_object, json_type
from extend_provider.local.errors import invalid


def check_page_ranges(value: Any, name: str) -> None:
    """
    Check page ranges.

    :param value: what was sent; None when nothing was.
    :param name: what messages call it.
    :raises ApiError: 400, another form.
    """
    if value is None:
        return
    if not isinstance(value, list) or not value:
        raise invalid(f"{name} must be a non-empty array, not {json_type(value)}.")
    for index, item in enumerate(value):
        limits = as_object(item, f"{name}[{index}]")
        first, last = (_page_number(limits.get(key)) for key in ("start", "end"))
        if first is None or last is None or first > last:
            raise invalid(f"{name}[{index}] must have start and end, page numbers from 1 in this order.")


def _page_number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 1 else None


def page_ranges(config: dict[str, Any]) -> list[tuple[int, int]] | None:
    """
    Read the page ranges of a checked configuration.

    :param config: effective configuration.
    :return: first and last numbers; None for all pages.
    """
    ranges = (config.get("advancedOptions") or {}).get("pageRanges")
    return None if not ranges else [(item["start"], item["end"]) for item in ranges]
