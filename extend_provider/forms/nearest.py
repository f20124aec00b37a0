"""The word that was probably meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

__all__ = ["nearest"]

_ALIKE = 0.6


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """
    Return the candidate that a word most resembles; ``None`` when none does.

    :param word: what was written.
    :param candidates: what could have been meant.
    """
    wanted = _normal(word)
    words: dict[str, str] = {}
    for candidate in candidates:
        words.setdefault(_normal(candidate), candidate)
    if not wanted:
        return None
    close = difflib.get_close_matches(wanted, words, n=1, cutoff=_ALIKE)
    # "name" for "full_name": short for it, though not much alike.
    parts = close or [key for key in words if key and (wanted in key.split("_") or key in wanted.split("_"))]
    return words[parts[0]] if parts else None


def _normal(word: str) -> str:
    """Return the word without what people mix up: capitals, camelCase, dashes and blanks."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word)
    return re.sub(r"[\W_]+", "_", spaced).strip("_").casefold()
