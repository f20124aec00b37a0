"""Reading text, Markdown, CSV and XML files: what they say, without places."""

from __future__ import annotations

import csv
import io
import re

from extend_provider.local.documents.model import Line, Page, Segment, Table
from extend_provider.local.errors import RunFailure

_HEADING = re.compile(r"(#{1,6})\s+(.*)")
_MARKDOWN_RULE = re.compile(r"\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?")
_SEPARATORS = (",", ";", "\t", "|")
_WIDE_GAP = re.compile(r"\t+| {3,}")


def decode(data: bytes) -> str:
    """
    Decode a text file.

    :param data: its bytes; UTF-8, UTF-16 with a byte order mark, else Windows-1252.
    :return: its text.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def text_pages(text: str) -> tuple[Page, ...]:
    """
    Read a text or Markdown file. Form feeds end pages.

    :param text: the file.
    :return: its pages.
    """
    return tuple(Page(number, tuple(_content(part))) for number, part in enumerate(text.split("\f"), start=1))


def csv_pages(text: str) -> tuple[Page, ...]:
    """
    Read a CSV file; the separator is the one of comma, semicolon, tab and bar that its first line has most of.

    :param text: the file.
    :return: one page with one table.
    :raises RunFailure: ``CORRUPT_FILE``.
    """
    first = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=first.count)
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=separator) if row]
    except csv.Error as error:
        raise RunFailure("CORRUPT_FILE", f"The CSV file cannot be read: {error}.") from error
    return (Page(1, () if not rows else (table_of(rows),)),)


def table_of(rows: list[list[str]]) -> Table:
    """
    Make a table of rows that may differ in length.

    :param rows: at least one row.
    :return: the table; short rows are filled up.
    """
    width = max(len(row) for row in rows)
    cells = (tuple(" ".join(cell.split()) for cell in row) for row in rows)
    return Table(tuple(row + ("",) * (width - len(row)) for row in cells))


def _content(text: str) -> list[Line | Table]:
    content: list[Line | Table] = []
    lines = text.splitlines()
    breaks, index = True, 0
    while index < len(lines):
        line = lines[index].strip()
        index += 1
        if not line:
            breaks = True
        elif (
            "|" in line
            and index < len(lines)
            and "-" in lines[index]
            and _MARKDOWN_RULE.fullmatch(lines[index].strip())
        ):
            end = next((i for i in range(index + 1, len(lines)) if "|" not in lines[i]), len(lines))
            content.append(table_of([_cells(line), *map(_cells, lines[index + 1 : end])]))
            breaks, index = True, end
        else:
            content.append(_line(line, breaks=breaks))
            breaks = False
    return content


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _line(line: str, *, breaks: bool) -> Line:
    if (found := _HEADING.fullmatch(line)) is not None:
        return Line((Segment(found[2]),), heading=min(len(found[1]), 2), breaks=True)
    parts = [part.strip() for part in _WIDE_GAP.split(line)]
    return Line(tuple(Segment(part) for part in parts if part), breaks=breaks)
