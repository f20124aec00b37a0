"""Between PDF page space (points, origin bottom-left) and the API's pixels (origin top-left).

Boxes (``extend_edit:bbox``) are in pixels of the page as it is displayed at 144 dpi: 2 pixels per point, measured from
the top left corner of the crop box, after the page's rotation. The one scale serves detection and drawing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pypdf import PageObject

PIXELS_PER_POINT = 2.0

# left, bottom, right, top in points
Rectangle = tuple[float, float, float, float]


@dataclass(frozen=True)
class PageSpace:
    """The visible part of a page."""

    box: Rectangle
    rotation: int

    @classmethod
    def of(cls, page: PageObject) -> PageSpace:
        """The space of a page."""
        crop = normalised([float(edge) for edge in page.cropbox])
        rotation = page.get("/Rotate")
        rotation = rotation.get_object() if rotation is not None else 0
        return cls(crop, int(rotation) % 360 // 90 * 90 if isinstance(rotation, (int, float)) else 0)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the page as it is displayed, in points."""
        left, bottom, right, top = self.box
        width, height = right - left, top - bottom
        return (height, width) if self.rotation in {90, 270} else (width, height)

    def displayed(self, rectangle: Rectangle) -> Rectangle:
        """Left, top, right and bottom in points of the displayed page, from its top left corner."""
        (x1, y1), (x2, y2) = self._displayed(*rectangle[:2]), self._displayed(*rectangle[2:])
        return normalised([round(edge, 2) for edge in (x1, y1, x2, y2)])

    def to_pixels(self, rectangle: Rectangle) -> dict[str, float]:
        """An API box for a rectangle on the page."""
        first = self._displayed(rectangle[0], rectangle[1])
        second = self._displayed(rectangle[2], rectangle[3])
        return {
            "left": _rounded(min(first[0], second[0])),
            "top": _rounded(min(first[1], second[1])),
            "right": _rounded(max(first[0], second[0])),
            "bottom": _rounded(max(first[1], second[1])),
        }

    def to_points(self, bbox: Mapping[str, float]) -> Rectangle:
        """The rectangle on the page for an API box."""
        first = self._on_page(bbox["left"] / PIXELS_PER_POINT, bbox["top"] / PIXELS_PER_POINT)
        second = self._on_page(bbox["right"] / PIXELS_PER_POINT, bbox["bottom"] / PIXELS_PER_POINT)
        return normalised([*first, *second])

    def _displayed(self, x: float, y: float) -> tuple[float, float]:
        left, bottom, right, top = self.box
        return {
            0: (x - left, top - y),
            90: (y - bottom, x - left),
            180: (right - x, y - bottom),
            270: (top - y, right - x),
        }[self.rotation]

    def _on_page(self, x: float, y: float) -> tuple[float, float]:
        left, bottom, right, top = self.box
        return {
            0: (left + x, top - y),
            90: (left + y, bottom + x),
            180: (right - x, bottom + y),
            270: (right - y, top - x),
        }[self.rotation]


def normalised(edges: list[float]) -> Rectangle:
    """The rectangle of two opposite corners, whichever they are."""
    x1, y1, x2, y2 = edges
    return min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2)


def overlap(first: Rectangle, second: Rectangle) -> float:
    """The share of the smaller rectangle that both cover, 0 to 1."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    smaller = min(area(first), area(second))
    return width * height / smaller if width > 0 and height > 0 and smaller > 0 else 0.0


def area(rectangle: Rectangle) -> float:
    """Square points."""
    return (rectangle[2] - rectangle[0]) * (rectangle[3] - rectangle[1])


def _rounded(points: float) -> float:
    return round(points * PIXELS_PER_POINT, 2)
