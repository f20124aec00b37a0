"""Writing onto flat forms: values whose place (``extend_edit:bbox``) has no form field are drawn onto the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject

from extend_provider.local.pdf.appearance import Frame, mark_appearance, text_appearance
from extend_provider.local.pdf.flattening import PageStamper
from extend_provider.local.pdf.geometry import PageSpace
from extend_provider.local.pdf.matching import Place
from extend_provider.local.pdf.values import UNFILLED, text_for
from extend_provider.local.pdf.widget_style import plain_style

# Boxes that are at least this high (points) take several lines.
_SEVERAL_LINES = 30.0
_LARGEST_SIZE = 12.0

Drawing = tuple[Place, DecodedStreamObject]


def draw(writer: PdfWriter, drawings: Sequence[Drawing]) -> None:
    """Draw onto the pages of the document."""
    for page_index in sorted({place.page_index for place, _ in drawings}):
        stamper = PageStamper(writer, writer.pages[page_index])
        for place, appearance in drawings:
            if place.page_index == page_index:
                stamper.stamp(appearance, place.rectangle)
        stamper.finish()


def drawing_of(
    definition: Mapping[str, Any], value: Any, places: Sequence[Place], spaces: Sequence[PageSpace]
) -> Drawing | None:
    """How a converted value looks at its place: text, a tick (True), or a tick at the chosen option's place."""
    control = definition.get("extend_edit:field_type")
    if control in UNFILLED:
        return None
    frames = [_frame(place, spaces[place.page_index].rotation) for place in places]
    enum = definition.get("enum") or []
    if isinstance(value, bool) and control != "text":
        return (places[0], mark_appearance(frames[0], on=True)) if value else None
    if control == "radio" and value in enum and len(enum) == len(places):
        return places[enum.index(value)], mark_appearance(frames[enum.index(value)], on=True)
    text = ", ".join(value) if enum and isinstance(value, list) else text_for(value)
    if text is None or control in {"checkbox", "radio"}:
        return None
    return places[0], _text(frames[0], text, definition.get("extend_edit:text_edit_options") or {})


def _frame(place: Place, rotation: int) -> Frame:
    left, bottom, right, top = place.rectangle
    width, height = right - left, top - bottom
    return Frame(height, width, rotation) if rotation in {90, 270} else Frame(width, height, rotation)


def _text(frame: Frame, text: str, overrides: Mapping[str, Any]) -> DecodedStreamObject:
    comb = int(overrides.get("maxLength") or 0) if overrides.get("combing") else 0
    multiline = not comb and bool(overrides.get("multiLine", "\n" in text or frame.height >= _SEVERAL_LINES))
    size = 0.0 if multiline or frame.height < _LARGEST_SIZE else _LARGEST_SIZE
    style = plain_style({"fontSize": size, **overrides})
    return text_appearance(frame, style, text, multiline=multiline, comb=comb)
