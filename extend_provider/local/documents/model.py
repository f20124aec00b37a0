"""What reading a document gives: pages of lines, the values of form fields, and tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Box:
    """A place on a page in points, from the top left corner of the page as it is displayed."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        """Points from top to bottom."""
        return self.bottom - self.top

    def joined(self, other: Box) -> Box:
        """
        Find the smallest box around this one and another.

        :param other: another box on the same page.
        :return: the box around both.
        """
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def as_json(self) -> dict[str, float]:
        """:return: the API's ``boundingBox``."""
        return {"left": self.left, "top": self.top, "right": self.right, "bottom": self.bottom}

    def polygon(self) -> list[dict[str, float]]:
        """:return: the API's ``polygon``: the corners, clockwise from the top left."""
        corners = ((self.left, self.top), (self.right, self.top), (self.right, self.bottom), (self.left, self.bottom))
        return [{"x": x, "y": y} for x, y in corners]


@dataclass(frozen=True)
class Segment:
    """A part of a line that wide gaps set off; ``box`` is None where the format has no places."""

    text: str
    box: Box | None = None


@dataclass(frozen=True)
class Line:
    """One line of text. ``heading`` is 1 or 2 for headings, 0 for other text; ``breaks`` begins a new paragraph."""

    segments: tuple[Segment, ...]
    heading: int = 0
    breaks: bool = False

    @property
    def text(self) -> str:
        """The whole line."""
        return " ".join(segment.text for segment in self.segments)

    @property
    def box(self) -> Box | None:
        """The place of the whole line."""
        boxes = [segment.box for segment in self.segments if segment.box is not None]
        whole = boxes[0] if boxes else None
        for box in boxes[1:]:
            whole = whole.joined(box) if whole is not None else box
        return whole


@dataclass(frozen=True)
class Table:
    """A table of a CSV, HTML or Markdown file; the first row names the columns."""

    rows: tuple[tuple[str, ...], ...]

    @property
    def text(self) -> str:
        """Markdown."""
        lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in self.rows]
        return "\n".join([lines[0], "|" + " --- |" * len(self.rows[0]), *lines[1:]])


def _shown(item: Any) -> str:
    return " ".join(str(cell) for cell in item.values()) if isinstance(item, dict) else str(item)


@dataclass(frozen=True)
class FieldValue:
    """
    The value of a form field.

    :param names: the names by which it may be meant, the most telling first.
    :param label: name for people.
    :param value: text, number, bool, list of texts, or rows of a table; None when it is empty.
    :param page: number of its page, from 1.
    :param box: its place.
    :param printed: whether the text of the page shows the value already.
    """

    names: tuple[str, ...]
    label: str
    value: Any
    page: int
    box: Box
    printed: bool

    @property
    def text(self) -> str:
        """The field as a line of text; empty when it has no value, or is a box that is not ticked."""
        if self.value is None or isinstance(self.value, bool):
            return f"[x] {self.label}" if self.value else ""
        shown = ", ".join(map(_shown, self.value)) if isinstance(self.value, list) else str(self.value)
        return f"{self.label}: {shown}"


@dataclass(frozen=True)
class Page:
    """One page; ``width`` and ``height`` are points, None where the format has no pages."""

    number: int
    content: tuple[Line | Table, ...]
    width: float | None = None
    height: float | None = None

    @property
    def lines(self) -> tuple[Line, ...]:
        """Its lines of text."""
        return tuple(item for item in self.content if isinstance(item, Line))

    @property
    def tables(self) -> tuple[Table, ...]:
        """Its tables."""
        return tuple(item for item in self.content if isinstance(item, Table))


@dataclass(frozen=True)
class Reading:
    """Everything that was read from one document. Fields without a value are among ``fields``."""

    pages: tuple[Page, ...]
    media_type: str
    fields: tuple[FieldValue, ...] = ()
    file_id: str = ""

    @property
    def text(self) -> str:
        """Everything that it says, form values included."""
        pages = [item.text for page in self.pages for item in page.content]
        return "\n".join([*pages, *(item.text for item in self.fields if not item.printed)])
