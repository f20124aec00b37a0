"""Readable property names, and comparing names the way people write them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable

# Tooltips can be whole paragraphs.
_LONGEST_NAME = 60


def snake_name(text: str) -> str:
    """A snake_case name of at most 60 characters, cut between words; empty when the text has no usable letters."""
    plain = unicodedata.normalize("NFKD", re.sub(r"\[\d+\]", " ", text)).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", plain).lower())
    name = ""
    for word in words:
        longer = f"{name}_{word}" if name else word[:_LONGEST_NAME]
        if len(longer) > _LONGEST_NAME:
            break
        name = longer
    return name


def unique_name(name: str, taken: Collection[str]) -> str:
    """The name itself, or with the first free suffix ``_2``, ``_3``, ..."""
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name}_{number}"
    return candidate


def normalise(text: str) -> str:
    """What is left of a name without case, spaces and punctuation."""
    return "".join(character for character in text.casefold() if character.isalnum())


class NameIndex:
    """Finds the owner of a name by any of its names; a name that fits several owners of one rank finds none."""

    def __init__(self) -> None:
        self._exact: dict[str, str | None] = {}
        self._loose: dict[str, str | None] = {}

    def add_rank(self, names: Iterable[tuple[str, str]]) -> None:
        """Add pairs of name and owner that give way to all names added before."""
        pairs = list(names)
        self._exact = _owners(pairs) | self._exact
        self._loose = _owners((normalise(name), owner) for name, owner in pairs) | self._loose

    def find(self, name: str) -> str | None:
        """The owner of this name, or None."""
        return self._exact.get(name) or self._loose.get(normalise(name))


def _owners(pairs: Iterable[tuple[str, str]]) -> dict[str, str | None]:
    owners: dict[str, str | None] = {}
    for name, owner in pairs:
        if name:
            owners[name] = owner if owners.get(name, owner) == owner else None
    return owners
