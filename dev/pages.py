"""The project's pages of Markdown: the blocks of code in them, and the commands in their text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

ROOT = Path(__file__).parents[1]
_SOURCE = re.compile(r"<!-- from (?P<file>\S+?)(?:: (?P<names>.+?))? -->\s*")


@dataclass(frozen=True)
class Source:
    """
    Where a block is taken from.

    :param file: path below the project's folder.
    :param names: of what is taken from it; none for all of it.
    """

    file: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Block:
    """
    A fenced block.

    :param page: path of the page below the project's folder.
    :param line: number of the fence's line.
    :param language: as the fence names it, or empty.
    :param code: what is in it.
    :param source: where it is taken from, if a comment above it says so.
    """

    page: str
    line: int
    language: str
    code: str
    source: Source | None = None

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Inline:
    """
    Code within the text.

    :param page: path of the page below the project's folder.
    :param line: where its paragraph, list item or table row begins.
    :param code: what is between the backticks.
    """

    page: str
    line: int
    code: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line} {self.code}"


def pages() -> dict[str, str]:
    """Return the path of each page below the project's folder, and its text."""
    files = (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")))
    return {file.relative_to(ROOT).as_posix(): file.read_text() for file in files}


def blocks(page: str, text: str) -> Iterator[Block]:
    """
    Find the fenced blocks of a page.

    :param page: its path.
    :param text: its text.
    :return: blocks, from top to bottom.
    """
    before: Token | None = None
    for token in _tokens(text):
        if token.type in {"fence", "code_block"} and token.map:
            yield Block(page, token.map[0] + 1, token.info.strip(), token.content, _source(before))
        before = token


def inline_code(page: str, text: str) -> Iterator[Inline]:
    """
    Find the code within the text of a page.

    :param page: its path.
    :param text: its text.
    :return: pieces of code, from top to bottom.
    """
    line = 0
    for token in _tokens(text):
        line = token.map[0] + 1 if token.map else line
        for part in token.children or ():
            if part.type == "code_inline":
                yield Inline(page, line, part.content)


def _tokens(text: str) -> list[Token]:
    return MarkdownIt().enable("table").parse(text)


def _source(before: Token | None) -> Source | None:
    said = _SOURCE.fullmatch(before.content) if before and before.type == "html_block" else None
    return said and Source(said["file"], tuple(re.split(r",\s*", said["names"] or "")) if said["names"] else ())
