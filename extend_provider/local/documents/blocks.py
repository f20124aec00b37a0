"""Blocks: the pieces that a page consists of, in the API's form."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from extend_provider.local.documents.model import Box, Line, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from extend_provider.local.documents.model import FieldValue, Page, Reading

_NO_PLACE = Box(0, 0, 0, 0)
_HEADINGS = {1: ("heading", "# "), 2: ("section_heading", "## ")}


@dataclass(frozen=True)
class Block:
    """
    One block.

    :param type: wire value such as ``heading``.
    :param content: Markdown.
    :param page: its page.
    :param box: its place; None where the format has none.
    :param details: wire value.
    """

    type: str
    content: str
    page: Page
    box: Box | None
    details: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """:return: wire form; the id is a hash of content and place, so equal documents give equal ids."""
        page: dict[str, Any] = {"number": self.page.number}
        if self.page.width is not None:
            page |= {"width": self.page.width, "height": self.page.height}
        key = f"{self.type}\0{self.content}\0{self.page.number}\0{self.box}"
        return {
            "object": "block",
            "id": hashlib.sha256(key.encode()).hexdigest()[:16],
            "type": self.type,
            "content": self.content,
            "details": self.details,
            "metadata": {"page": page},
            "polygon": [] if self.box is None else self.box.polygon(),
            "boundingBox": (self.box or _NO_PLACE).as_json(),
        }


def blocks_of(reading: Reading) -> list[Block]:
    """
    Cut a document into blocks.

    :param reading: what is in the document.
    :return: headings, paragraphs and tables in reading order. A form value that the page does not show is a
        ``key_value`` block at its place.
    """
    unseen: dict[int, list[FieldValue]] = {}
    for item in reading.fields:
        if not item.printed and item.text:
            unseen.setdefault(item.page, []).append(item)
    return [block for page in reading.pages for block in _page_blocks(page, unseen.get(page.number, []))]


def _page_blocks(page: Page, fields: Sequence[FieldValue]) -> Iterator[Block]:
    left = sorted(fields, key=lambda item: (item.box.top, item.box.left))
    for block in _text_blocks(page):
        while left and block.box is not None and left[0].box.top < block.box.top:
            yield _field_block(left.pop(0), page)
        yield block
    for item in left:
        yield _field_block(item, page)


def _field_block(item: FieldValue, page: Page) -> Block:
    return Block("key_value", item.text, page, item.box, {"type": "key_value_details"})


def _text_blocks(page: Page) -> Iterator[Block]:
    paragraph: list[Line] = []
    for item in page.content:
        starts = isinstance(item, Table) or item.heading > 0 or item.breaks
        if starts and paragraph:
            yield _paragraph(paragraph, page)
            paragraph = []
        if isinstance(item, Table):
            details = {"type": "table_details", "rowCount": len(item.rows), "columnCount": len(item.rows[0])}
            yield Block("table", item.text, page, None, details)
        elif item.heading > 0:
            kind, mark = _HEADINGS[item.heading]
            yield Block(kind, mark + item.text, page, item.box, {"type": "text_details"})
        else:
            paragraph.append(item)
    if paragraph:
        yield _paragraph(paragraph, page)


def _paragraph(lines: Sequence[Line], page: Page) -> Block:
    box = _around(line.box for line in lines)
    return Block("text", "\n".join(line.text for line in lines), page, box, {"type": "text_details"})


def _around(boxes: Iterable[Box | None]) -> Box | None:
    whole: Box | None = None
    for box in boxes:
        if box is not None:
            whole = box if whole is None else whole.joined(box)
    return whole
