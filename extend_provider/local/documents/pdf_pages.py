"""Lines out of the runs of text that a PDF consists of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extend_provider.local.documents.model import Box, FieldValue, Line, Page, Segment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extend_provider.local.pdf import PdfFieldValue, TextPage, TextRun

# Shares of the height of a line
_SAME_LINE = 0.5
_FLAT = 0.4
_WORD_GAP = 0.12
_SEGMENT_GAP = 1.2
_PARAGRAPH_GAP = 1.2
# Times the usual height of a line
_HEADING = 1.3
_TITLE = 1.6
_LONGEST_HEADING = 120
_NEAR = 3  # lines that may overlap with the one that a run belongs to


def usual_height(pages: Sequence[TextPage]) -> float:
    """
    Tell how high most of the text is.

    :param pages: the text of all pages.
    :return: points; half of all characters are at most that high.
    """
    runs = sorted((run.box[3] - run.box[1], len(run.text)) for page in pages for run in page.runs)
    left = sum(length for _, length in runs) / 2
    for height, length in runs:
        left -= length
        if left <= 0:
            return height
    return 0.0


def page_of(page: TextPage, number: int, usual: float) -> Page:
    """
    Put the text of a page into lines, from top to bottom and from left to right.

    :param page: the text of the page.
    :param number: its number, from 1.
    :param usual: height of the document's text, from :func:`usual_height`; headings are higher.
    :return: the page.
    """
    rows = _rows(page.runs)
    lines: list[Line] = []
    above: Box | None = None
    for row in rows:
        line = Line(tuple(_segments(row)), _heading(row, usual))
        box = line.box
        apart = above is None or box is None or box.top - above.bottom > _PARAGRAPH_GAP * usual
        lines.append(Line(line.segments, line.heading, breaks=apart))
        above = box
    return Page(number, tuple(lines), page.width, page.height)


def field_of(value: PdfFieldValue) -> FieldValue:
    """
    Translate a form field.

    :param value: what the PDF engine gives.
    :return: the field.
    """
    return FieldValue(
        tuple(value.names), value.label, value.value, value.page_index + 1, Box(*value.box), value.printed
    )


def _rows(runs: Sequence[TextRun]) -> list[list[TextRun]]:
    """Runs by line, from the top."""
    rows: list[list[TextRun]] = []
    edges: list[tuple[float, float]] = []
    for run in sorted(runs, key=lambda item: (item.box[1] + item.box[3], item.box[0])):
        place = (run.box[1], run.box[3])
        near = range(len(rows) - 1, max(-1, len(rows) - _NEAR - 1), -1)
        index = next((index for index in near if _is_level(place, edges[index])), None)
        if index is None:
            rows.append([run])
            edges.append(place)
        else:
            rows[index].append(run)
    return [sorted(row, key=lambda item: item.box[0]) for row in rows]


def _is_level(run: tuple[float, float], row: tuple[float, float]) -> bool:
    """Whether a run is on a line. Boxes are as high as their ink, so a lone hyphen or underscore is next to it only."""
    height = row[1] - row[0]
    if run[1] - run[0] < _FLAT * height:
        return row[0] - _FLAT * height <= sum(run) / 2 <= row[1] + _FLAT * height
    shared = min(run[1], row[1]) - max(run[0], row[0])
    return shared >= _SAME_LINE * min(run[1] - run[0], height)


def _segments(row: Sequence[TextRun]) -> list[Segment]:
    height = _height(row)
    segments: list[Segment] = []
    for run in row:
        box = Box(*run.box)
        last = segments[-1] if segments else None
        if last is None or last.box is None or box.left - last.box.right > _SEGMENT_GAP * height:
            segments.append(Segment(run.text, box))
            continue
        space = " " if box.left - last.box.right > _WORD_GAP * min(height, box.height) else ""
        segments[-1] = Segment(last.text + space + run.text, last.box.joined(box))
    return segments


def _heading(row: Sequence[TextRun], usual: float) -> int:
    text = "".join(run.text for run in row)
    height = _height(row)
    if len(text) > _LONGEST_HEADING or not any(character.isalpha() for character in text) or height < _HEADING * usual:
        return 0
    return 1 if height >= _TITLE * usual else 2


def _height(row: Sequence[TextRun]) -> float:
    return max(run.box[3] - run.box[1] for run in row)
