"""Values out of an edit run's instructions.

Extend reads instructions with a language model. The local service has none: it understands a JSON object and lines of
the form ``name: value``, and ignores everything else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from extend_provider.local.names import NameIndex

_BULLETS = " \t-*•"


def instructed_values(instructions: str, names: NameIndex) -> dict[str, Any]:
    """The values that the instructions give, by the property that `names` finds for each name; the last one wins."""
    if instructions.lstrip().startswith("{"):
        given = _json_object(instructions)
        found = [(names.find(name), value) for name, value in given.items()]
        return {owner: value for owner, value in found if owner is not None}
    return dict(pair for line in instructions.splitlines() for pair in _line_values(line, names))


def _json_object(text: str) -> dict[str, Any]:
    """The object; broken JSON is free text, and ignored like all of it."""
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return given if isinstance(given, dict) else {}


def _line_values(line: str, names: NameIndex) -> Iterator[tuple[str, str]]:
    """At most one pair. Names (descriptions, mostly) may contain colons, so every colon can be the one."""
    parts = line.lstrip(_BULLETS).split(":")
    for index in range(1, len(parts)):
        owner = names.find(":".join(parts[:index]).strip())
        value = ":".join(parts[index:]).strip()
        if owner is not None and value:
            yield owner, value
            return
