"""Fitting text into a box: line breaks, automatic font size, and where each line starts."""

from __future__ import annotations

from dataclasses import dataclass

from extend_provider.local.pdf.fonts import Font, drawable

LINE_HEIGHT = 1.15  # of the font size
_CAP_HEIGHT = 0.72  # of the font size; what the eye centres
_ASCENT = 0.93
_SMALLEST = 4.0
_LARGEST_WRAPPED = 12.0
_STEP = 0.5

LEFT, CENTER, RIGHT = 0, 1, 2


@dataclass(frozen=True)
class Line:
    """A run of drawable text and where its baseline starts."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Column:
    """The space for text, in points; `align` as in the field's ``/Q``."""

    width: float
    height: float
    align: int = LEFT


def lay_out_line(text: str, font: Font, size: float, column: Column) -> tuple[list[Line], float]:
    """One line, centred vertically; size 0 fills the height. A line that is too long is made smaller, not cut."""
    line = drawable(" ".join(text.splitlines()))
    size = size or max(_SMALLEST, column.height / LINE_HEIGHT)
    length = font.width(line, size)
    if length > column.width > 0:
        size = max(_SMALLEST, size * column.width / length)
        length = font.width(line, size)
    return [Line(_start(column, length), (column.height - _CAP_HEIGHT * size) / 2, line)], size


def lay_out_paragraphs(text: str, font: Font, size: float, column: Column) -> tuple[list[Line], float]:
    """Wrapped lines from the top; size 0 is the largest up to 12 that fits. Text that does not fit is made smaller."""
    size = size or _LARGEST_WRAPPED
    rows = wrap(text, font, size, column.width)
    while size > _SMALLEST and len(rows) * size * LINE_HEIGHT > column.height:
        size = max(_SMALLEST, size - _STEP)
        rows = wrap(text, font, size, column.width)
    lines = []
    for number, row in enumerate(rows):
        baseline = column.height - _ASCENT * size - number * size * LINE_HEIGHT
        lines.append(Line(_start(column, font.width(row, size)), baseline, row))
    return lines, size


def lay_out_comb(text: str, font: Font, size: float, column: Column, cells: int) -> tuple[list[Line], float]:
    """One character in the middle of each of `cells` equal cells."""
    cell = column.width / cells
    size = size or max(_SMALLEST, min(column.height / LINE_HEIGHT, cell * 1.4))
    baseline = (column.height - _CAP_HEIGHT * size) / 2
    characters = drawable(text)
    starts = [index * cell + (cell - font.width(character, size)) / 2 for index, character in enumerate(characters)]
    return [Line(x, baseline, character) for x, character in zip(starts, characters, strict=True)], size


def wrap(text: str, font: Font, size: float, width: float) -> list[str]:
    """The text in lines of at most this width; words that are longer than a line are broken."""
    rows: list[str] = []
    for paragraph in text.splitlines():
        row = ""
        for word in drawable(paragraph).split(" "):
            longer = f"{row} {word}" if row else word
            if font.width(longer, size) <= width:
                row = longer
                continue
            if row:
                rows.append(row)
            *full, row = _broken(word, font, size, width)
            rows.extend(full)
        rows.append(row)
    return rows


def _broken(word: str, font: Font, size: float, width: float) -> list[str]:
    pieces = [""]
    for character in word:
        if pieces[-1] and font.width(pieces[-1] + character, size) > width:
            pieces.append("")
        pieces[-1] += character
    return pieces


def _start(column: Column, length: float) -> float:
    free = column.width - length
    return {CENTER: free / 2, RIGHT: free}.get(column.align, 0.0)
