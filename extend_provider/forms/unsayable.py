"""What JSON cannot say: marked where it stands, so that it is told together with all else that is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from extend_provider.exceptions import ExtendConfigurationError

__all__ = ["Unsayable", "refuse_unsayable", "unsayable_in"]

_LONGEST_PATH = 160


@dataclass(frozen=True)
class Unsayable:
    """
    Stands in the place of a value that JSON cannot say, and holds nothing of it.

    :param why: what is wrong, as the end of a sentence about the field.
    :param is_name: whether it is the name that is wrong; the value has no place then.
    """

    why: str
    is_name: bool = False


def unsayable_in(values: Any, path: str = "") -> Iterator[str]:
    """
    Yield a line for each mark in values, in their order.

    :param values: see :func:`extend_provider.forms.plain.marked_values`.
    :param path: where they are, for those lines.
    """
    nodes: list[tuple[str, Any]] = [(path, values)]
    while nodes:
        where, node = nodes.pop()
        if isinstance(node, Unsayable):
            yield f"{where[:_LONGEST_PATH] or 'the whole'}: {node.why}"
        elif isinstance(node, Mapping):
            inner = [
                (where if isinstance(item, Unsayable) and item.is_name else f"{where}.{name}".lstrip("."), item)
                for name, item in node.items()
            ]
            nodes += reversed(inner)
        elif isinstance(node, list):
            nodes += reversed([(f"{where}[{index}]", item) for index, item in enumerate(node)])


def refuse_unsayable(values: Any) -> None:
    """
    Refuse values with marks; for where there is no schema yet to check them against, or it would be paid for.

    :param values: see :func:`extend_provider.forms.plain.marked_values`.
    :raises ExtendConfigurationError: there are some. All of them are named, none is quoted.
    """
    lines = [f"- {line}" for line in unsayable_in(values)]
    if lines:
        start = "Some of values cannot be written as JSON. Nothing was filled."
        raise ExtendConfigurationError(
            "\n".join([start, *lines, "Give text, numbers, true and false, dates, lists and dicts."])
        )
