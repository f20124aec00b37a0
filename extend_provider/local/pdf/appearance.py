"""Appearance streams: what a widget looks like, drawn in its own coordinate system (origin bottom-left, points)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from pypdf.generic import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    PdfObject,
)

from extend_provider.local.pdf.fonts import Font, drawable, encoded, is_drawable
from extend_provider.local.pdf.text_layout import (
    LINE_HEIGHT,
    Column,
    Line,
    lay_out_comb,
    lay_out_line,
    lay_out_paragraphs,
)

_SELECTED = "0.6 0.757 0.855 rg"  # the highlight that viewers use for list boxes
_LIST_SIZE = 12.0
_SMALLEST_LIST_SIZE = 4.0
_ROUND = 0.5523  # distance of the control points of a Bézier quarter circle of radius 1


@dataclass(frozen=True)
class Frame:
    """The widget's box: size in points, colours as PDF operands ("1 0 0"; empty: none), rotation against the page."""

    width: float
    height: float
    rotation: int = 0
    background: str = ""
    border: str = ""
    border_width: float = 0.0
    underline: bool = False
    round: bool = False

    @property
    def padding(self) -> float:
        """The space between edge and text."""
        return max(2.0, 2 * self.border_width) + (1.0 if self.border else 0.0)


@dataclass(frozen=True)
class TextStyle:
    """How text is drawn: size in points (0: automatic), colour as a PDF operator, alignment 0 to 2, opacity 0 to 1."""

    font: Font
    size: float = 0.0
    color: str = "0 g"
    align: int = 0
    opacity: float = 1.0


def text_appearance(
    frame: Frame, style: TextStyle, text: str, *, multiline: bool = False, comb: int = 0
) -> DecodedStreamObject:
    """Text in a box: wrapped, or one character per cell (`comb` cells), or on one line."""
    across = 0.0 if comb else frame.padding
    up = frame.padding if multiline and not comb else frame.border_width
    column = Column(frame.width - 2 * across, frame.height - 2 * up, style.align)
    if comb:
        lines, size = lay_out_comb(text, style.font, style.size, column, comb)
    else:
        lay_out = lay_out_paragraphs if multiline else lay_out_line
        lines, size = lay_out(text, style.font, style.size, column)
    moved = [Line(line.x + across, line.y + up, line.text) for line in lines]
    return _form(frame, style, _text_block(frame, style, moved, size, text))


def list_appearance(
    frame: Frame, style: TextStyle, rows: Sequence[str], selected: Collection[int]
) -> tuple[DecodedStreamObject, int]:
    """A list box with its selected rows highlighted, and the index of the row shown first.

    The list starts at the first selected row when that is out of sight; rows are drawn smaller when the selection
    would still not be visible, because a printed list cannot be scrolled.
    """
    edge = frame.border_width + 1
    height = frame.height - 2 * edge
    first, last = min(selected, default=0), max(selected, default=0)
    size = style.size or _LIST_SIZE
    while size > _SMALLEST_LIST_SIZE and (last - first + 1) * size * LINE_HEIGHT > height:
        size -= 0.5
    row_height = size * LINE_HEIGHT
    visible = max(1, int(height / row_height))
    top = 0 if last < visible else min(first, max(0, len(rows) - visible))
    content = []
    for position, index in enumerate(range(top, min(len(rows), top + visible))):
        bottom = frame.height - edge - (position + 1) * row_height
        if index in selected:
            content.append(f"{_SELECTED} {_n(edge)} {_n(bottom)} {_n(frame.width - 2 * edge)} {_n(row_height)} re f\n")
        line = Line(edge + 2, bottom + 0.28 * size, drawable(rows[index]))
        content.append(_text(style, [line], size))
    return _form(frame, style, _clipped(frame, "".join(content).encode("latin-1"))), top


def mark_appearance(frame: Frame, *, on: bool, color: str = "0 g") -> DecodedStreamObject:
    """A check box (tick) or, in a round frame, a radio button (dot)."""
    mark = _dot(frame) if frame.round else _tick(frame)
    return _form(frame, None, f"q {color} {color.upper()} {mark} Q\n".encode() if on else b"")


def _text_block(frame: Frame, style: TextStyle, lines: Sequence[Line], size: float, text: str) -> bytes:
    content = _text(style, lines, size)
    if not is_drawable(text):
        # Viewers that copy or read aloud get the characters that the font lacks.
        actual = ("\ufeff" + text).encode("utf-16-be").hex()
        content = f"/Span << /ActualText <{actual}> >> BDC\n{content}EMC\n"
    return _clipped(frame, content.encode("latin-1"))


def _text(style: TextStyle, lines: Sequence[Line], size: float) -> str:
    shown = [f"1 0 0 1 {_n(line.x)} {_n(line.y)} Tm ({_literal(line.text)}) Tj\n" for line in lines if line.text]
    state = "/GS gs " if style.opacity < 1 else ""
    return f"BT\n{state}/F {_n(size)} Tf {style.color}\n{''.join(shown)}ET\n"


def _literal(text: str) -> str:
    """The content of a PDF literal string, as Latin-1 text that carries the font's bytes."""
    escaped = encoded(text).replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")
    return escaped.decode("latin-1")


def _clipped(frame: Frame, content: bytes) -> bytes:
    inset = frame.border_width
    clip = f"{_n(inset)} {_n(inset)} {_n(frame.width - 2 * inset)} {_n(frame.height - 2 * inset)} re W n"
    return b"/Tx BMC\nq " + clip.encode() + b"\n" + content + b"Q\nEMC\n"


def _form(frame: Frame, style: TextStyle | None, content: bytes) -> DecodedStreamObject:
    stream = DecodedStreamObject()
    stream.set_data(_frame_drawing(frame).encode() + content)
    stream[NameObject("/Type")] = NameObject("/XObject")
    stream[NameObject("/Subtype")] = NameObject("/Form")
    stream[NameObject("/BBox")] = _numbers(0, 0, frame.width, frame.height)
    stream[NameObject("/Matrix")] = _matrix(frame)
    stream[NameObject("/Resources")] = _resources(style)
    return stream


def _resources(style: TextStyle | None) -> DictionaryObject:
    resources = DictionaryObject()
    if style is not None:
        resources[NameObject("/Font")] = _named("/F", style.font.resource)
        if style.opacity < 1:
            alpha = _named("/ca", FloatObject(_n(style.opacity)))
            resources[NameObject("/ExtGState")] = _named("/GS", alpha)
    return resources


def _matrix(frame: Frame) -> ArrayObject:
    """Turns the drawing counterclockwise by the frame's rotation, back into the positive quadrant."""
    width, height = frame.width, frame.height
    matrices: dict[int, tuple[float, ...]] = {
        90: (0, 1, -1, 0, height, 0),
        180: (-1, 0, 0, -1, width, height),
        270: (0, -1, 1, 0, 0, width),
    }
    return _numbers(*matrices.get(frame.rotation, (1, 0, 0, 1, 0, 0)))


def _frame_drawing(frame: Frame) -> str:
    line = frame.border_width
    inner = line / 2
    drawing = ""
    if frame.background:
        outline = _circle(frame, 0) if frame.round else f"0 0 {_n(frame.width)} {_n(frame.height)} re"
        drawing += f"q {_color(frame.background, stroke=False)} {outline} f Q\n"
    if frame.border and line:
        outline = f"{_n(inner)} {_n(inner)} {_n(frame.width - line)} {_n(frame.height - line)} re"
        if frame.underline:
            outline = f"0 {_n(inner)} m {_n(frame.width)} {_n(inner)} l"
        elif frame.round:
            outline = _circle(frame, inner)
        drawing += f"q {_color(frame.border, stroke=True)} {_n(line)} w {outline} S Q\n"
    return drawing


def _color(operands: str, *, stroke: bool) -> str:
    operator = {1: "g", 3: "rg", 4: "k"}[len(operands.split())]
    return f"{operands} {operator.upper() if stroke else operator}"


def _tick(frame: Frame) -> str:
    side = min(frame.width, frame.height)
    left, bottom = (frame.width - side) / 2, (frame.height - side) / 2
    points = [(0.22, 0.5), (0.42, 0.26), (0.8, 0.78)]
    path = [f"{_n(left + x * side)} {_n(bottom + y * side)} {'l' if i else 'm'}" for i, (x, y) in enumerate(points)]
    return f"{_n(side * 0.13)} w 1 J 1 j {' '.join(path)} S"


def _dot(frame: Frame) -> str:
    return f"{_circle(frame, min(frame.width, frame.height) * 0.27)} f"


def _circle(frame: Frame, inset: float) -> str:
    x, y = frame.width / 2, frame.height / 2
    r = min(x, y) - inset
    k = r * _ROUND
    curves = [
        (x + r, y + k, x + k, y + r, x, y + r),
        (x - k, y + r, x - r, y + k, x - r, y),
        (x - r, y - k, x - k, y - r, x, y - r),
        (x + k, y - r, x + r, y - k, x + r, y),
    ]
    return f"{_n(x + r)} {_n(y)} m " + " ".join(f"{' '.join(map(_n, curve))} c" for curve in curves) + " h"


def _named(name: str, value: PdfObject) -> DictionaryObject:
    return DictionaryObject({NameObject(name): value})


def _numbers(*values: float) -> ArrayObject:
    return ArrayObject(NumberObject(int(v)) if float(v).is_integer() else FloatObject(_n(v)) for v in values)


def _n(value: float) -> str:
    """A number as PDF writes it: no exponent, at most three decimals."""
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
