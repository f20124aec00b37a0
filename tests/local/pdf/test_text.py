from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import RectangleObject

from extend_provider.local.pdf import PdfProblem, edit_pdf, read_text


def drawn(raw_form, **more):
    """A PDF with one text at 50 to 150 and 100 to 120 points of the displayed page."""
    box = {"left": 100, "top": 200, "right": 300, "bottom": 240}
    definition = {"type": "string", "extend_edit:bbox": box, "extend_edit:page_index": 0, "extend_edit:value": "here"}
    return edit_pdf(raw_form().build(), {"schema": {"type": "object", "properties": {"x": definition}}}).pdf


def changed(data, change):
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    change(writer)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def test_text_has_its_place(raw_form):
    [page] = read_text(drawn(raw_form))
    [run] = page.runs
    assert run.text == "here"
    assert 50 <= run.box[0] < 56
    assert 100 <= run.box[1] < run.box[3] <= 120


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_places_are_those_of_the_displayed_page(raw_form, rotation):
    data = drawn(raw_form)
    [plain] = read_text(data)
    left, top, right, bottom = plain.runs[0].box
    expected = {
        90: (plain.height - bottom, left, plain.height - top, right),
        180: (plain.width - right, plain.height - bottom, plain.width - left, plain.height - top),
        270: (top, plain.width - right, bottom, plain.width - left),
    }[rotation]
    [page] = read_text(changed(data, lambda writer: writer.pages[0].rotate(rotation)))
    assert page.runs[0].box == pytest.approx(expected, abs=0.05)
    assert (page.width, page.height) == (
        (plain.width, plain.height) if rotation == 180 else (plain.height, plain.width)
    )


def test_places_begin_at_the_crop_box(raw_form):
    data = drawn(raw_form)
    [plain] = read_text(data)

    def crop(writer):
        box = writer.pages[0].mediabox
        writer.pages[0].cropbox = RectangleObject((box.left + 20, box.bottom, box.right, box.top - 30))

    [page] = read_text(changed(data, crop))
    assert page.runs[0].box[0] == pytest.approx(plain.runs[0].box[0] - 20, abs=0.05)
    assert page.runs[0].box[1] == pytest.approx(plain.runs[0].box[1] - 30, abs=0.05)
    assert (page.width, page.height) == (plain.width - 20, plain.height - 30)


def test_several_threads_may_read(raw_form):
    data = drawn(raw_form)
    with ThreadPoolExecutor(4) as pool:
        assert {page[0].runs[0].text for page in pool.map(read_text, [data] * 40)} == {"here"}


def test_locked_and_damaged_documents(raw_form):
    data = drawn(raw_form)
    locked = changed(data, lambda writer: writer.encrypt("opensesame", algorithm="RC4-128"))
    assert read_text(locked, "opensesame")[0].runs[0].text == "here"
    with pytest.raises(PdfProblem) as problem:
        read_text(b"%PDF-1.7 nothing")
    assert problem.value.reason == "CORRUPT_FILE"
