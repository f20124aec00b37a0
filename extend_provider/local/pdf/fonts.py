"""Fonts for appearance streams: the field's own where the file holds all of it, else one of the standard fonts.

Appearances are made here and not by pypdf: its versions differ (the floor, 5, knows no alignment), 7 wraps only text
of automatic size and writes values it cannot encode to the log.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from pypdf.generic import ArrayObject, DictionaryObject, NameObject, PdfObject

from extend_provider.local.pdf import metrics
from extend_provider.local.pdf.document import dictionary_at
from extend_provider.local.pdf.fields import resolved

STANDARD_WIDTHS: dict[str, Sequence[float]] = {
    "Helvetica": metrics.HELVETICA,
    "Helvetica-Bold": metrics.HELVETICA_BOLD,
    "Times-Roman": metrics.TIMES_ROMAN,
    "Courier": metrics.COURIER,
}
_ENCODING = "cp1252"  # Python's name for what PDF calls WinAnsiEncoding
_CODES = 256 - metrics.FIRST_CODE


@dataclass(frozen=True)
class Font:
    """A single-byte font with WinAnsiEncoding: its PDF object and the widths of the codes from 32 on."""

    resource: PdfObject
    widths: Sequence[float]

    def width(self, text: str, size: float) -> float:
        """The length of a line of drawable text, in points."""
        return sum(self.widths[code - metrics.FIRST_CODE] for code in encoded(text)) * size / 1000

    def has(self, text: str) -> bool:
        """Whether the font has a glyph for every character."""
        return all(self.widths[code - metrics.FIRST_CODE] > 0 for code in encoded(text))


def standard_font(name: str) -> Font:
    """One of the fonts in `STANDARD_WIDTHS`."""
    resource = _type1(name)
    resource[NameObject("/Encoding")] = NameObject("/WinAnsiEncoding")
    return Font(resource, STANDARD_WIDTHS[name])


def symbol_font() -> DictionaryObject:
    """The font that viewers draw ticks and dots with."""
    return _type1("ZapfDingbats")


def font_for(reference: PdfObject | None, name: str, text: str) -> Font:
    """The font that a field's default appearance names, if it can draw the text, else the nearest standard font.

    :param reference: the font in the form's resources, None when they lack it
    :param name: the resource name, such as ``/HeBo``; a hint when there is no font
    """
    resource = resolved(reference)
    if isinstance(resource, DictionaryObject):
        own = _own_font(reference, resource)
        if own is not None and own.has(text):
            return own
        name = str(resource.get("/BaseFont", name))
    return standard_font(_nearest_standard(name))


def drawable(text: str) -> str:
    """The text in the characters that WinAnsiEncoding has: others lose their accents, and are "?" at worst."""
    return "".join(_drawable_character(character) for character in unicodedata.normalize("NFC", text))


def is_drawable(text: str) -> bool:
    """Whether `drawable` keeps every character; white space does not count."""
    return "".join(drawable(text).split()) == "".join(unicodedata.normalize("NFC", text).split())


def encoded(text: str) -> bytes:
    """Drawable text in the fonts' encoding."""
    return text.encode(_ENCODING)


def _type1(name: str) -> DictionaryObject:
    names = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": f"/{name}"}
    return DictionaryObject({NameObject(key): NameObject(value) for key, value in names.items()})


def _own_font(reference: PdfObject | None, resource: DictionaryObject) -> Font | None:
    """The font itself if it is embedded in full (a "+" in its name marks a subset) and its codes are WinAnsi."""
    widths = resolved(resource.get("/Widths"))
    descriptor = dictionary_at(resource, "/FontDescriptor")
    embedded = any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3"))
    whole = embedded and "+" not in str(resource.get("/BaseFont", "+"))
    known = resource.get("/Encoding") == "/WinAnsiEncoding" and isinstance(widths, ArrayObject)
    if reference is None or not whole or not known:
        return None
    first = int(resource.get("/FirstChar", 0))
    numbers = [0.0] * first + [float(resolved(width)) for width in widths]
    numbers += [0.0] * (256 - len(numbers))
    return Font(reference, numbers[metrics.FIRST_CODE : 256])


def _nearest_standard(name: str) -> str:
    lowered = name.lower()
    if "cour" in lowered or "mono" in lowered:
        return "Courier"
    if "tim" in lowered or "tiro" in lowered or "tibo" in lowered or ("serif" in lowered and "sans" not in lowered):
        return "Times-Roman"
    return "Helvetica-Bold" if "bold" in lowered or lowered.strip("/") == "hebo" else "Helvetica"


def _drawable_character(character: str) -> str:
    if character in "\t\u2007\u2009\u202f":
        return " "
    if not character.isprintable() and character != "\u00a0":
        return ""
    for candidate in (character, _without_accents(character)):
        try:
            encoded(candidate)
        except UnicodeEncodeError:
            continue
        return candidate
    return "?"


def _without_accents(character: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c)) or "?"
