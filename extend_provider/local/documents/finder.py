"""Finding values by name in form fields and labelled text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from extend_provider.local.documents.labels import Labelled, labelled_values
from extend_provider.local.names import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from extend_provider.local.documents.model import Box, FieldValue, Page, Reading, Table


@dataclass(frozen=True)
class Found:
    """
    A value and where it stands.

    :param value: text, number, bool or list of texts; None for a form field that is empty.
    :param file_id: the file.
    :param page: its page.
    :param box: its place; None where the format has none.
    :param quote: the text that was read.
    """

    value: Any
    file_id: str
    page: Page | None
    box: Box | None
    quote: str

    def citation(self) -> dict[str, Any]:
        """:return: the API's citation."""
        page: dict[str, Any] | None = None
        if self.page is not None:
            page = {"number": self.page.number}
            if self.page.width is not None:
                page |= {"width": self.page.width, "height": self.page.height}
        polygon = [] if self.box is None else self.box.polygon()
        return {"fileId": self.file_id, "page": page, "referenceText": self.quote, "polygon": polygon}


class Finder:
    """
    Looks values up in documents; names match without regard to case, spaces and punctuation.

    :param readings: the documents; the first that knows a name wins.
    """

    def __init__(self, readings: Sequence[Reading]) -> None:
        self._readings = readings
        self._fields: dict[str, Found] = {}
        self._labels: dict[str, Found] = {}
        self.labelled: list[Labelled] = []
        for reading in readings:
            self._add_fields(reading)
            for item in labelled_values(reading):
                self.labelled.append(item)
                found = Found(item.value, reading.file_id, item.page, item.box, item.quote)
                self._labels.setdefault(normalise(item.label), found)

    @property
    def fields(self) -> list[FieldValue]:
        """The form fields of all documents."""
        return [item for reading in self._readings for item in reading.fields]

    @property
    def tables(self) -> list[tuple[Table, Page, str]]:
        """The tables of all documents, each with its page and the id of its file."""
        return [
            (table, page, reading.file_id)
            for reading in self._readings
            for page in reading.pages
            for table in page.tables
        ]

    def find(self, names: Iterable[str]) -> Found | None:
        """
        Look a value up.

        :param names: names by which it may be known, the most telling first.
        :return: the value; form fields come before labelled text. None when nothing has one of the names.
        """
        keys = [key for key in map(normalise, names) if key]
        for known in (self._fields, self._labels):
            found = next((known[key] for key in keys if key in known), None)
            if found is not None:
                return found
        return None

    def _add_fields(self, reading: Reading) -> None:
        pages = {page.number: page for page in reading.pages}
        ranks = max((len(item.names) for item in reading.fields), default=0)
        for rank in range(ranks):
            for item in reading.fields:
                if rank < len(item.names):
                    found = Found(item.value, reading.file_id, pages.get(item.page), item.box, item.text)
                    self._fields.setdefault(normalise(item.names[rank]), found)
