"""Chunks: what a parse run answers, made of blocks."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from extend_provider.local.documents.blocks import blocks_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extend_provider.local.documents.blocks import Block
    from extend_provider.local.documents.model import Page, Reading

_SECTION_STARTS = ("heading", "section_heading")
_COLUMNS = 110  # characters across a page in the target "spatial"


def chunks_of(
    reading: Reading, strategy: str, *, least: int | None = None, most: int | None = None, spatial: bool = False
) -> list[dict[str, Any]]:
    """
    Cut a document into chunks.

    :param reading: what is in the document.
    :param strategy: ``page``, ``document`` or ``section`` (from one heading to the next).
    :param least: characters; smaller chunks are joined with the next one. Default: no limit.
    :param most: characters; larger chunks are cut between blocks. Default: no limit.
    :param spatial: keeps the places of the text with spaces, instead of Markdown.
    :return: wire form of the chunks.
    """
    groups = [part for group in _joined(_groups(reading, strategy), least) for part in _cut(group, most)]
    pages = {page.number: page for page in reading.pages}
    chunks = []
    for blocks, numbers in groups:
        content = _content(blocks)
        if spatial:
            content = "\n\n".join(_spatial(pages[number], blocks) for number in numbers)
        chunks.append(_chunk(strategy, content, blocks, numbers))
    return chunks


Group = tuple[list["Block"], list[int]]


def _groups(reading: Reading, strategy: str) -> list[Group]:
    blocks = blocks_of(reading)
    numbers = [page.number for page in reading.pages]
    if strategy == "document":
        return [(blocks, numbers)]
    if strategy == "page":
        by_page = {number: list(found) for number, found in groupby(blocks, lambda block: block.page.number)}
        return [(by_page.get(number, []), [number]) for number in numbers]
    sections: list[list[Block]] = []
    for block in blocks:
        if not sections or block.type in _SECTION_STARTS:
            sections.append([])
        sections[-1].append(block)
    return [(section, _numbers(section)) for section in sections]


def _joined(groups: Sequence[Group], least: int | None) -> Iterator[Group]:
    blocks: list[Block] = []
    numbers: list[int] = []
    for more_blocks, more_numbers in groups:
        blocks, numbers = [*blocks, *more_blocks], sorted({*numbers, *more_numbers})
        if least is None or len(_content(blocks)) >= least:
            yield blocks, numbers
            blocks, numbers = [], []
    if numbers:
        yield blocks, numbers


def _cut(group: Group, most: int | None) -> Iterator[Group]:
    if most is None or len(_content(group[0])) <= most:
        yield group
        return
    part: list[Block] = []
    for block in group[0]:
        if part and len(_content([*part, block])) > most:
            yield part, _numbers(part)
            part = []
        part.append(block)
    yield part, _numbers(part)


def _numbers(blocks: Sequence[Block]) -> list[int]:
    return sorted({block.page.number for block in blocks})


def _content(blocks: Sequence[Block]) -> str:
    return "\n\n".join(block.content for block in blocks)


def _chunk(strategy: str, content: str, blocks: Sequence[Block], numbers: Sequence[int]) -> dict[str, Any]:
    return {
        "object": "chunk",
        "type": strategy,
        "content": content,
        # Nothing is recognised optically, so there is no confidence to tell.
        "metadata": {
            "pageRange": {"start": numbers[0], "end": numbers[-1]},
            "minOcrConfidence": None,
            "avgOcrConfidence": None,
        },
        "blocks": [block.as_json() for block in blocks],
    }


def _spatial(page: Page, blocks: Sequence[Block]) -> str:
    """The lines of a page with their segments at their places; form values that it does not show come last."""
    width = page.width or 1.0
    rows = []
    for line in page.lines:
        row = ""
        for segment in line.segments:
            column = 0 if segment.box is None else round(segment.box.left / width * _COLUMNS)
            row = row.ljust(column) if len(row) < column else f"{row} " * bool(row)
            row += segment.text
        rows.append(row)
    rows += [table.text for table in page.tables]
    rows += [block.content for block in blocks if block.type == "key_value" and block.page.number == page.number]
    return "\n".join(rows)
