"""Reading HTML files with the standard library's parser: headings, paragraphs, lists and tables."""

from __future__ import annotations

from html.parser import HTMLParser

from extend_provider.local.documents.model import Line, Page, Segment, Table
from extend_provider.local.documents.plain import table_of

_SKIPPED = {"script", "style", "head", "template", "noscript"}
_PARAGRAPHS = {"p", "div", "section", "article", "header", "footer", "main", "ul", "ol", "dl", "form", "fieldset"}
_LINES = {"br", "li", "dt", "dd", "label"}
_HEADINGS = {"h1": 1, "h2": 2, "h3": 2, "h4": 2, "h5": 2, "h6": 2}
_CELLS = {"td", "th"}


def html_pages(text: str) -> tuple[Page, ...]:
    """
    Read an HTML file.

    :param text: the file.
    :return: one page.
    """
    reader = _Reader()
    reader.feed(text)
    reader.close()
    return (Page(1, tuple(reader.finished())),)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._content: list[Line | Table] = []
        self._text: list[str] = []
        self._skipped = 0
        self._heading = 0
        self._breaks = True
        self._rows: list[list[str]] | None = None
        self._in_cell = False

    def finished(self) -> list[Line | Table]:
        self._end_line()
        return self._content

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - the parser's
        if tag in _SKIPPED:
            self._skipped += 1
        elif tag == "table":
            self._end_line()
            self._rows = []
        elif tag == "tr" and self._rows is not None:
            self._end_cell()
            self._rows.append([])
        elif tag in _CELLS and self._rows:
            self._end_cell()
            self._in_cell = True
            self._text = []
        elif tag in _HEADINGS or tag in _PARAGRAPHS or tag in _LINES:
            self._end_line()
            self._heading = _HEADINGS.get(tag, 0)
            self._breaks = self._breaks or tag not in _LINES

    def handle_endtag(self, tag: str) -> None:
        if tag in _SKIPPED:
            self._skipped = max(0, self._skipped - 1)
        elif tag == "table":
            self._end_table()
        elif tag in _CELLS or tag == "tr":
            self._end_cell()
        elif tag in _HEADINGS or tag in _PARAGRAPHS or tag in _LINES:
            self._end_line()
            self._breaks = self._breaks or tag not in _LINES

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self._text.append(data)

    def _end_cell(self) -> None:
        """End tags of cells may be left out."""
        if self._in_cell and self._rows:
            self._rows[-1].append("".join(self._text))
            self._text = []
        self._in_cell = False

    def _end_table(self) -> None:
        self._end_cell()
        rows = [row for row in self._rows or [] if row]
        self._rows = None
        if rows:
            self._content.append(table_of(rows))
        self._breaks = True

    def _end_line(self) -> None:
        if self._rows is not None:
            return
        text = " ".join("".join(self._text).split())
        self._text = []
        if text:
            self._content.append(Line((Segment(text),), self._heading, breaks=self._breaks or self._heading > 0))
            self._breaks = self._heading > 0
        self._heading = 0
