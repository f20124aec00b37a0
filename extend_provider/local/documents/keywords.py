"""Telling by keywords what kind of document a text is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_WORD = re.compile(r"[^\W_]+")
_LIST = re.compile(r"keywords?\s*:\s*(?P<list>[^\n]*)", re.IGNORECASE)
_OTHER = "other"
_LISTED_WEIGHT = 1
_NAME_WEIGHT = 3
_DESCRIPTION_WEIGHT = 1
_SHORTEST = 3
_STOP_WORDS = frozenset(
    word
    for line in (
        "about all and any are can class contain contains containing document documents each every file files for",
        "form forms from has have into its kind like not one other page pages such than that the their these this",
        "type used usually when where which with you your",
    )
    for word in line.split()
)


@dataclass(frozen=True)
class Choice:
    """
    The class that a text was given.

    :param classification: as it was declared.
    :param confidence: the share of its keywords in all keywords that were found, 0 to 1.
    :param matched: its keywords that were found.
    """

    classification: dict[str, Any]
    confidence: float
    matched: tuple[str, ...]

    @property
    def reason(self) -> str:
        """The choice in words."""
        if not self.matched:
            return "No keyword of any class was found. The local service has no model; it compares words."
        return f"Found the keywords {', '.join(self.matched)}. The local service has no model; it compares words."


class Classifier:
    """
    Chooses among declared classes.

    A line ``Keywords: a, b c`` in a description lists the keywords of a class. Without one they are the words of its
    type and id, which count three times, and of its description. The class with the most keywords wins, the first of
    equals; without any keyword it is the class ``other`` if there is one, else the first.

    :param classifications: objects with ``id``, ``type`` and ``description``.
    """

    def __init__(self, classifications: Sequence[dict[str, Any]]) -> None:
        self._classes = [(item, _keywords(item)) for item in classifications]
        others = [item for item in classifications if _is_other(item)]
        self._fallback = (others or list(classifications))[0]

    def choose(self, text: str) -> Choice:
        """
        Choose the class of a text.

        :param text: text of a document or page.
        :return: the class; its ``matched`` is empty when nothing told the classes apart.
        """
        words = " ".join(["", *_words(text), ""])
        best, most, total = Choice(self._fallback, 0.0, ()), 0, 0
        for item, keywords in self._classes:
            found = [(keyword, weight) for keyword, weight in keywords.items() if f" {keyword} " in words]
            score = sum(weight for _, weight in found)
            total += score
            if score > most:
                best, most = Choice(item, 0.0, tuple(keyword for keyword, _ in found)), score
        return Choice(best.classification, round(most / total, 2) if total else 0.0, best.matched)


def _is_other(item: dict[str, Any]) -> bool:
    return _OTHER in (item["id"].casefold(), item["type"].casefold())


def _keywords(item: dict[str, Any]) -> dict[str, int]:
    if _is_other(item):
        return {}
    listed = _LIST.search(item["description"])
    if listed is not None:
        phrases = (" ".join(_words(phrase)) for phrase in re.split(r"[,;]", listed["list"]))
        return {phrase: _LISTED_WEIGHT for phrase in phrases if phrase}
    weights = dict.fromkeys(_telling(item["description"]), _DESCRIPTION_WEIGHT)
    return weights | dict.fromkeys(_telling(f"{item['type']} {item['id']}"), _NAME_WEIGHT)


def _telling(text: str) -> Iterable[str]:
    return (word for word in _words(text) if len(word) >= _SHORTEST and word not in _STOP_WORDS)


def _words(text: str) -> list[str]:
    """Words in lower case and singular; good enough for English plurals with s."""
    words = _WORD.findall(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).casefold())
    return [
        word[:-1] if len(word) > _SHORTEST and word.endswith("s") and not word.endswith("ss") else word
        for word in words
    ]
