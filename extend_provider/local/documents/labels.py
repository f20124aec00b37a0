"""Labelled text: "Invoice number: 881", a label with its value beside it or below it, and tables of two columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from extend_provider.local.documents.model import Segment

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from extend_provider.local.documents.model import Box, Line, Page, Reading

_LONGEST_LABEL = 80
_MARKS = " \t*_`#-•"


@dataclass(frozen=True)
class Labelled:
    """
    A value with its label.

    :param label: text of the label.
    :param value: text of the value.
    :param page: page of the value.
    :param box: place of the value; None where the format has none.
    :param quote: the text that was read.
    :param colon: whether a colon said that it is a label.
    """

    label: str
    value: str
    page: Page
    box: Box | None
    quote: str
    colon: bool


def labelled_values(reading: Reading) -> list[Labelled]:
    """
    Find all labelled values.

    :param reading: what is in the document.
    :return: those with a colon, then the others, both in reading order.
    """
    found = [item for page in reading.pages for item in _page_values(page)]
    return [item for item in found if item.colon] + [item for item in found if not item.colon]


def _page_values(page: Page) -> Iterator[Labelled]:
    lines = page.lines
    for index, line in enumerate(lines):
        below = lines[index + 1] if index + 1 < len(lines) else None
        yield from _line_values(line.segments, below, page)
    for table in page.tables:
        for row in table.rows:
            if len(row) == 2 and row[0] and row[1]:
                yield Labelled(_clean(row[0]), row[1], page, None, f"{row[0]} {row[1]}", row[0].rstrip().endswith(":"))


def _line_values(segments: Sequence[Segment], below: Line | None, page: Page) -> Iterator[Labelled]:
    for index, segment in enumerate(segments):
        beside = segments[index + 1] if index + 1 < len(segments) else None
        label, colon, value = segment.text.partition(":")
        if len(label) > _LONGEST_LABEL:
            continue
        if colon and value.strip(_MARKS):
            yield Labelled(_clean(label), value.strip(" \t*_`"), page, segment.box, segment.text, colon=True)
        elif colon:
            target = beside or (_below(segment, below) if below is not None else None)
            if target is not None and ":" not in target.text.rstrip(":"):
                yield Labelled(
                    _clean(label), target.text, page, target.box, f"{segment.text} {target.text}", colon=True
                )
        elif beside is not None:
            yield Labelled(_clean(label), beside.text, page, beside.box, f"{label} {beside.text}", colon=False)


def _below(segment: Segment, line: Line) -> Segment | None:
    """The part of the next line that begins where the label begins."""
    if segment.box is None:
        return line.segments[0]
    for candidate in line.segments:
        box = candidate.box
        if box is not None and box.left < segment.box.right and box.right > segment.box.left:
            return candidate
    return None


def _clean(label: str) -> str:
    return label.strip(_MARKS + ":")
