"""Forms to fill: one drawn with reportlab, which makes looks of its own, and ones built object by object."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DecodedStreamObject,
    DictionaryObject,
    FloatObject,
    NameObject,
    NumberObject,
    TextStringObject,
)
from reportlab.pdfgen.canvas import Canvas

REPOSITORY = Path(__file__).parents[3]


def pdf_object(value):
    """Plain Python to PDF: "/Name" is a name, other strings are texts; PDF objects stay as they are."""
    if isinstance(value, dict):
        return DictionaryObject({NameObject(key): pdf_object(item) for key, item in value.items()})
    if isinstance(value, list):
        return ArrayObject(pdf_object(item) for item in value)
    if isinstance(value, str):
        return NameObject(value) if value.startswith("/") else TextStringObject(value)
    plain = {bool: BooleanObject, int: NumberObject, float: FloatObject}
    return plain[type(value)](value) if type(value) in plain else value


class RawForm:
    """Builds a PDF with exactly the fields that a test describes."""

    def __init__(self, rotation=0, pages=1, **acro_form):
        self.writer = PdfWriter()
        for _ in range(pages):
            page = self.writer.add_blank_page(612, 792)
            if rotation:
                page.rotate(rotation)
        self.fields = ArrayObject()
        fonts = {"/Helv": {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}}
        self.form = pdf_object({"/DA": "/Helv 0 Tf 0 g", "/DR": {"/Font": fonts}})
        self.form.update(pdf_object({f"/{key}": value for key, value in acro_form.items()}))
        self.form[NameObject("/Fields")] = self.fields
        self.writer.root_object[NameObject("/AcroForm")] = self.form

    def add(self, parent=None, **entries):
        """A field (or a branch of the field tree, or a widget of a parent); returns its dictionary."""
        field = pdf_object({f"/{key}": value for key, value in entries.items()})
        reference = self.writer._add_object(field)
        if parent is None:
            self.fields.append(reference)
        else:
            field[NameObject("/Parent")] = parent.indirect_reference
            parent.setdefault(NameObject("/Kids"), ArrayObject()).append(reference)
        return field

    def widget(self, rect, parent=None, page=0, **entries):
        """A widget on a page, which is a field of its own unless it has a parent."""
        field = self.add(parent, Type="/Annot", Subtype="/Widget", F=4, Rect=list(rect), **entries)
        self.writer.pages[page].setdefault(NameObject("/Annots"), ArrayObject()).append(field.indirect_reference)
        return field

    def button(self, rect, parent=None, state="Yes", **entries):
        """A check box or radio button with a look for its on state and none for off."""
        stream = pdf_object({"/Type": "/XObject", "/Subtype": "/Form", "/BBox": [0, 0, 10, 10]})
        look = DecodedStreamObject()
        look.update(stream)
        look.set_data(b"0 g 2 2 6 6 re f")
        looks = {"/N": {f"/{state}": self.writer._add_object(look)}}
        return self.widget(rect, parent, AP=looks, AS="/Off", **entries)

    def build(self):
        """The PDF's bytes."""
        buffer = BytesIO()
        self.writer.write(buffer)
        return buffer.getvalue()


@pytest.fixture
def raw_form():
    """The `RawForm` class."""
    return RawForm


@pytest.fixture
def text_field(raw_form):
    """Makes a PDF with one text field ``t`` of 200 x 20 points, with the given entries."""

    def make(rect=(100, 700, 300, 720), **entries):
        form = raw_form()
        form.widget(rect, **{"T": "t", "FT": "/Tx", **entries})
        return form.build()

    return make


@pytest.fixture(scope="session")
def kinds_pdf():
    """One field of every kind, drawn by reportlab."""
    canvas = Canvas("kinds.pdf", invariant=1)
    form = canvas.acroForm
    form.textfield(name="full_name", tooltip="Full name", x=50, y=750, width=200, height=20)
    form.textfield(
        name="notes", tooltip="Notes", x=50, y=650, width=200, height=80, fieldFlags="multiline", maxlen=None
    )
    form.checkbox(name="agrees", tooltip="Agrees", x=50, y=600, fieldFlags="")
    for index, value in enumerate(("red", "green", "blue")):
        form.radio(name="colour", value=value, tooltip="Colour", x=50 + 40 * index, y=550, fieldFlags="radio")
    countries = [("Germany", "DE"), ("France", "FR"), ("Côte d'Ivoire", "CI")]
    form.choice(name="country", tooltip="Country", options=countries, value="FR", x=50, y=500, width=200, height=20)
    skills = ["Java", "Python", "SQL", "Terraform"]
    form.listbox(
        name="skills", tooltip="Skills", options=skills, value=["Java"], x=50, y=400, width=200, height=80,
        fieldFlags="multiSelect",
    )  # fmt: skip
    canvas.showPage()
    return canvas.getpdfdata()


@pytest.fixture(scope="session")
def flat_pdf():
    """A printed form without fields."""
    canvas = Canvas("flat.pdf", invariant=1)
    canvas.drawString(50, 750, "Name:")
    canvas.showPage()
    return canvas.getpdfdata()


@pytest.fixture(scope="session")
def demo_form():
    """The committed form of the example DAGs."""
    return (REPOSITORY / "example_dags" / "forms" / "onboarding.pdf").read_bytes()


@pytest.fixture
def irs_form():
    """Reads one of the IRS forms, or skips the test."""

    def read(name):
        path = REPOSITORY.parent / "shared" / "forms" / name
        if not path.exists():
            pytest.skip(f"the IRS forms are not at ../shared/forms ({name})")
        return path.read_bytes()

    return read


@pytest.fixture(scope="session")
def fields_of():
    """Reads the values of a PDF's terminal fields, by full name."""

    def read(pdf):
        fields = PdfReader(BytesIO(pdf)).get_fields() or {}
        return {name: field.get("/V") for name, field in fields.items() if "/FT" in field}

    return read


@pytest.fixture(scope="session")
def widgets_of():
    """The widget annotations of a PDF's pages."""

    def read(pdf):
        pages = PdfReader(BytesIO(pdf)).pages
        return [annotation.get_object() for page in pages for annotation in page.get("/Annots", [])]

    return read


@pytest.fixture(scope="session")
def look_of(widgets_of):
    """The drawing that a PDF's n-th widget shows, as text."""

    def read(pdf, index=0):
        widget = widgets_of(pdf)[index]
        look = widget["/AP"]["/N"]
        look = look[widget["/AS"]] if "/AS" in widget else look
        return look.get_data().decode("latin-1")

    return read


@pytest.fixture(scope="session")
def page_text():
    """The text that the first page (or another) shows."""

    def read(pdf, page=0):
        return PdfReader(BytesIO(pdf)).pages[page].extract_text()

    return read
