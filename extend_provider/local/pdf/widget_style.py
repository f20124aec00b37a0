"""How a widget wants to be drawn: default appearance, alignment, border and colours, with the schema's overrides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pypdf.generic import ArrayObject, DictionaryObject, PdfObject

from extend_provider.local.pdf.appearance import Frame, TextStyle
from extend_provider.local.pdf.document import dictionary_at
from extend_provider.local.pdf.fields import Widget, inherited, resolved, text_of
from extend_provider.local.pdf.fonts import drawable, font_for, standard_font

_COLOR_OPERANDS = {"g": 1, "rg": 3, "k": 4}
_QUARTER = 90


def frame_of(widget: Widget, *, is_round: bool = False) -> Frame:
    """The widget's box, turned the way its text runs."""
    left, bottom, right, top = widget.rectangle
    looks = dictionary_at(widget.annotation, "/MK")
    rotation = _integer(looks.get("/R")) % 360 // _QUARTER * _QUARTER
    width, height = right - left, top - bottom
    if rotation in {90, 270}:
        width, height = height, width
    border = _operands(looks.get("/BC"))
    style = dictionary_at(widget.annotation, "/BS")
    return Frame(
        width,
        height,
        rotation,
        background=_operands(looks.get("/BG")),
        border=border,
        border_width=_border_width(widget.annotation, style) if border else 0.0,
        underline=style.get("/S") == "/U",
        round=is_round,
    )


def text_style(widget: Widget, form: DictionaryObject, text: str, overrides: Mapping[str, Any]) -> TextStyle:
    """The style of a widget's text.

    :param form: the AcroForm dictionary, whose defaults apply to all fields
    :param text: what is to be drawn; a font that lacks its characters is replaced
    :param overrides: ``extend_edit:text_edit_options``
    """
    default = text_of(inherited(widget.annotation, "/DA") or form.get("/DA"))
    name, size, color = _parsed_default(default)
    resources = inherited(widget.annotation, "/DR")
    fonts = dictionary_at(resources if isinstance(resources, DictionaryObject) else DictionaryObject(), "/Font")
    reference = _raw(fonts, name) or _raw(dictionary_at(dictionary_at(form, "/DR"), "/Font"), name)
    font = font_for(reference, name, drawable(text))
    align = inherited(widget.annotation, "/Q")
    align = align if align is not None else form.get("/Q")
    style = TextStyle(font, size, color, _integer(align))
    return overridden(style, overrides)


def plain_style(overrides: Mapping[str, Any]) -> TextStyle:
    """The style of text that has no form field: Helvetica, black, automatic size."""
    return overridden(TextStyle(standard_font("Helvetica")), overrides)


def overridden(style: TextStyle, overrides: Mapping[str, Any]) -> TextStyle:
    """The style with the fontSize (points), color and opacity of ``extend_edit:text_edit_options``."""
    rgb = overrides.get("color") or overrides.get("fontColor")
    opacity = overrides.get("opacity")
    return TextStyle(
        style.font,
        float(overrides.get("fontSize") or style.size),
        " ".join(f"{part / 255:.3f}" for part in rgb) + " rg" if rgb else style.color,
        style.align,
        1.0 if opacity is None else float(opacity),
    )


def _parsed_default(default: str) -> tuple[str, float, str]:
    """Font name, size and colour of a default appearance string such as ``/Helv 0 Tf 0 g``; the last ones count."""
    tokens = default.split()
    name, size, color = "/Helv", 0.0, "0 g"
    for index, operator in enumerate(tokens):
        if operator == "Tf" and index > 1:
            name, size = tokens[index - 2], abs(_float(tokens[index - 1]))
        elif operator in _COLOR_OPERANDS and index >= _COLOR_OPERANDS[operator]:
            operands = tokens[index - _COLOR_OPERANDS[operator] : index]
            color = " ".join([*(f"{_float(operand):.3f}" for operand in operands), operator])
    return name, size, color


def _border_width(annotation: DictionaryObject, style: DictionaryObject) -> float:
    if "/W" in style:
        return _float(style["/W"])
    border = resolved(annotation.get("/Border"))
    return _float(border[2]) if isinstance(border, ArrayObject) and len(border) > 2 else 1.0


def _operands(color: Any) -> str:
    """A colour array as operands; none when the array is missing, empty (transparent) or malformed."""
    color = resolved(color)
    if not isinstance(color, ArrayObject) or len(color) not in _COLOR_OPERANDS.values():
        return ""
    return " ".join(f"{_float(part):.3f}" for part in color)


def _raw(fonts: DictionaryObject, name: str) -> PdfObject | None:
    """The font without following its reference, so that appearances share it."""
    found: PdfObject | None = fonts.raw_get(name) if name in fonts else None
    return found


def _integer(value: Any) -> int:
    return int(_float(value))


def _float(value: Any) -> float:
    try:
        return float(resolved(value))
    except (TypeError, ValueError):
        return 0.0
