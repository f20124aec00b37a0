"""Flattened PDFs: the values are on the page, the form is gone."""

from __future__ import annotations

from io import BytesIO

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from extend_provider.local.pdf import edit_pdf

HIDDEN = 2


def read(pdf):
    return PdfReader(BytesIO(pdf))


def drawn_at(pdf, page=0):
    """Where the stamps of a page are: the offsets of their `cm` operators."""
    operations = read(pdf).pages[page].get_contents().operations
    return [[float(number) for number in operands] for operands, operator in operations if operator == b"cm"]


def test_nothing_of_the_form_is_left(kinds_pdf, widgets_of):
    pdf = edit_pdf(kinds_pdf, {"instructions": "full name: Ada"}).pdf
    assert "/AcroForm" not in read(pdf).root_object
    assert read(pdf).get_fields() is None
    assert widgets_of(pdf) == []


def test_looks_are_drawn_where_the_widgets_were(text_field, page_text):
    pdf = edit_pdf(text_field((100, 700, 300, 720)), {"instructions": "t: Ada"}).pdf
    assert drawn_at(pdf) == [[1, 0, 0, 1, 100, 700]]
    assert page_text(pdf).strip() == "Ada"


def test_looks_of_another_size_are_scaled_into_the_widget(raw_form):
    form = raw_form()
    form.button((100, 700, 120, 740), T="box", FT="/Btn")  # its look is 10 x 10
    pdf = edit_pdf(form.build(), {"instructions": "box: yes"}).pdf
    assert drawn_at(pdf) == [[2, 0, 0, 4, 100, 700]]


def test_a_turned_look_fills_its_widget(text_field):
    pdf = edit_pdf(text_field((100, 500, 120, 700), MK={"/R": 90}), {"instructions": "t: Ada"}).pdf
    assert drawn_at(pdf) == [[1, 0, 0, 1, 100, 500]]


def test_boxes_that_are_off_and_hidden_fields_are_not_drawn(raw_form, page_text):
    form = raw_form()
    form.button((100, 700, 120, 740), T="box", FT="/Btn")
    hidden = form.widget((10, 10, 90, 30), T="t", FT="/Tx")
    hidden[NameObject("/F")] = type(hidden["/F"])(HIDDEN)
    pdf = edit_pdf(form.build(), {"instructions": "box: no\nt: Ada"}).pdf
    assert page_text(pdf) == ""


def test_a_transformation_left_on_by_the_page_does_not_move_the_values(text_field):
    reader = read(text_field())
    writer = PdfWriter(clone_from=reader)
    content = DecodedStreamObject()
    content.set_data(b"0.1 0 0 0.1 300 300 cm")
    writer.pages[0][NameObject("/Contents")] = writer._add_object(content)
    buffer = BytesIO()
    writer.write(buffer)
    pdf = edit_pdf(buffer.getvalue(), {"instructions": "t: Ada"}).pdf
    operators = [operator for _, operator in read(pdf).pages[0].get_contents().operations]
    assert operators[:3] == [b"q", b"cm", b"Q"]


def test_other_annotations_and_contents_stay(raw_form, widgets_of):
    form = raw_form(pages=2)
    form.widget((10, 10, 90, 30), T="t", FT="/Tx")
    form.writer.add_uri(0, "https://example.com", (10, 100, 50, 120))
    pdf = edit_pdf(form.build(), {"instructions": "t: Ada"}).pdf
    assert [annotation["/Subtype"] for annotation in widgets_of(pdf)] == ["/Link"]
    assert "/Contents" not in read(pdf).pages[1]


def test_pages_that_share_resources_do_not_share_values(raw_form, page_text):
    form = raw_form(pages=2)
    shared = form.writer._add_object(DictionaryObject())
    for number, page in enumerate(form.writer.pages):
        page[NameObject("/Resources")] = shared
        form.widget((10, 10, 90, 30), page=number, T=f"t{number}", FT="/Tx")
    pdf = edit_pdf(form.build(), {"instructions": "t0: Ada\nt1: Grace"}).pdf
    assert [page_text(pdf, 0).strip(), page_text(pdf, 1).strip()] == ["Ada", "Grace"]
    assert [len(page["/Resources"]["/XObject"]) for page in read(pdf).pages] == [1, 1]


@pytest.mark.parametrize("acro_form", [{}, {"NeedAppearances": True}])
def test_values_that_were_in_the_file_show_too(acro_form, raw_form, page_text):
    form = raw_form(**acro_form)
    form.widget((10, 10, 90, 30), T="t", FT="/Tx", V="kept text")
    form.widget((10, 50, 90, 70), T="c", FT="/Ch", Ff=1 << 17, Opt=[["DE", "Germany"]], V="DE")
    form.widget((10, 90, 90, 130), T="l", FT="/Ch", Opt=["Java", "SQL"], V=["SQL"])
    form.widget((10, 150, 90, 170), T="e", FT="/Ch", Ff=1 << 17 | 1 << 18, V="own words")
    text = page_text(edit_pdf(form.build(), {}).pdf)
    for shown in ("kept text", "Germany", "SQL", "own words"):
        assert shown in text


def test_a_tagged_pdf_keeps_no_hidden_copy_of_the_values(raw_form):
    form = raw_form()
    widget = form.widget((10, 10, 90, 30), T="t", FT="/Tx")
    tree = DictionaryObject({NameObject("/Obj"): widget.indirect_reference})
    form.writer.root_object[NameObject("/StructTreeRoot")] = tree
    pdf = edit_pdf(form.build(), {"instructions": "t: Ada"}).pdf
    left = read(pdf).root_object["/StructTreeRoot"]["/Obj"].get_object()
    assert set(left) == {"/Type", "/Subtype", "/Rect"}
    assert pdf.count(b"(Ada)") == 1


def test_flattening_leaves_no_removed_objects_behind(kinds_pdf):
    pdf = edit_pdf(kinds_pdf, {"instructions": "full name: Ada"}).pdf
    assert b"/FT" not in pdf
