"""Flattening: what widgets look like becomes part of the page, and the form goes away.

pypdf can do half of it (``flatten=True`` draws appearances), but it ignores their matrix and size, draws hidden
widgets, leaves the page's last transformation on and keeps the fields.
"""

from __future__ import annotations

from typing import Any

from pypdf import PageObject, PdfWriter
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, IndirectObject, NameObject, StreamObject

from extend_provider.local.names import unique_name
from extend_provider.local.pdf.document import add_object, catalog, dictionary_at
from extend_provider.local.pdf.fields import inherited, resolved, state_name, widget_annotations
from extend_provider.local.pdf.geometry import Rectangle, normalised

_HIDDEN = 1 << 1
_NO_VIEW = 1 << 5
_KEPT = {"/Type", "/Subtype", "/Rect"}


class PageStamper:
    """Collects drawings for one page and appends them to its content."""

    def __init__(self, writer: PdfWriter, page: PageObject) -> None:
        self._writer = writer
        self._page = page
        self._drawings: list[str] = []
        # Copies, because pages may share these dictionaries.
        self._resources = DictionaryObject(dictionary_at(page, "/Resources"))
        self._objects = DictionaryObject(dictionary_at(self._resources, "/XObject"))

    def stamp(self, appearance: StreamObject, rectangle: Rectangle) -> None:
        """Draw an appearance so that it fills a rectangle on the page."""
        matrix = _placement(appearance, rectangle)
        if matrix is None:
            return
        appearance[NameObject("/Subtype")] = NameObject("/Form")  # some files leave it out; annotations do not need it
        name = unique_name(f"/Stamp_{len(self._drawings) + 1}", self._objects)
        self._objects[NameObject(name)] = _reference(self._writer, appearance)
        self._drawings.append(f"q {' '.join(f'{number:.5f}' for number in matrix)} cm {name} Do Q\n")

    def finish(self) -> None:
        """Change the page; nothing happens when nothing was stamped."""
        if not self._drawings:
            return
        self._resources[NameObject("/XObject")] = self._objects
        self._page[NameObject("/Resources")] = self._resources
        # The page may end with any transformation on; q and Q around it restore the default.
        before, after = _content("q\n"), _content("\nQ\n" + "".join(self._drawings))
        parts = [add_object(self._writer, before), *self._existing(), add_object(self._writer, after)]
        self._page[NameObject("/Contents")] = ArrayObject(parts)

    def _existing(self) -> list[Any]:
        if "/Contents" not in self._page:
            return []
        content = self._page.raw_get("/Contents")
        found = resolved(content)
        if isinstance(found, ArrayObject):
            return list(found)
        return [content] if isinstance(found, StreamObject) else []


def flatten(writer: PdfWriter) -> None:
    """Draw all visible widgets into their pages and remove them, and with them the form."""
    for page in writer.pages:
        stamper = PageStamper(writer, page)
        widgets = list(widget_annotations(page))
        for widget in widgets:
            appearance = _visible_look(widget)
            rectangle = resolved(widget.get("/Rect"))
            if appearance is not None and isinstance(rectangle, ArrayObject):
                stamper.stamp(appearance, normalised([float(resolved(edge)) for edge in rectangle]))
        stamper.finish()
        _remove(page, widgets)
    catalog(writer).pop("/AcroForm", None)


def _visible_look(widget: DictionaryObject) -> StreamObject | None:
    flags = resolved(widget.get("/F"))
    if isinstance(flags, int) and flags & (_HIDDEN | _NO_VIEW):
        return None
    look = resolved(dictionary_at(widget, "/AP").get("/N"))
    if isinstance(look, DictionaryObject) and not isinstance(look, StreamObject):
        state = state_name(widget.get("/AS") or inherited(widget, "/V"))
        look = resolved(look.get(f"/{state}"))
    return look if isinstance(look, StreamObject) else None


def _reference(writer: PdfWriter, appearance: StreamObject) -> IndirectObject:
    known = getattr(appearance, "indirect_reference", None)  # pypdf 5 does not set it on new objects
    return known if isinstance(known, IndirectObject) else add_object(writer, appearance)


def _placement(appearance: StreamObject, rectangle: Rectangle) -> tuple[float, ...] | None:
    """The matrix that fits the appearance into the rectangle (ISO 32000-2, 12.5.5); None for one without an area."""
    box = appearance.get("/BBox")
    if box is None:
        return None
    left, bottom, right, top = normalised([float(resolved(edge)) for edge in resolved(box)])
    a, b, c, d, e, f = [float(resolved(n)) for n in resolved(appearance.get("/Matrix")) or (1, 0, 0, 1, 0, 0)]
    corners = [(a * x + c * y + e, b * x + d * y + f) for x in (left, right) for y in (bottom, top)]
    low_x, high_x = min(x for x, _ in corners), max(x for x, _ in corners)
    low_y, high_y = min(y for _, y in corners), max(y for _, y in corners)
    if high_x <= low_x or high_y <= low_y:
        return None
    scale_x = (rectangle[2] - rectangle[0]) / (high_x - low_x)
    scale_y = (rectangle[3] - rectangle[1]) / (high_y - low_y)
    return scale_x, 0, 0, scale_y, rectangle[0] - low_x * scale_x, rectangle[1] - low_y * scale_y


def _remove(page: PageObject, widgets: list[DictionaryObject]) -> None:
    annotations = resolved(page.get("/Annots"))
    if not isinstance(annotations, ArrayObject):
        return
    kept = [item for item in annotations if not any(resolved(item) is widget for widget in widgets)]
    if kept:
        page[NameObject("/Annots")] = ArrayObject(kept)
    else:
        page.pop("/Annots")
    for widget in widgets:
        # A tagged PDF's structure tree still refers to the widget: what it held must not stay behind in the file.
        for key in [key for key in widget if key not in _KEPT]:
            del widget[key]


def _content(drawing: str) -> DecodedStreamObject:
    stream = DecodedStreamObject()
    stream.set_data(drawing.encode())
    return stream
