"""What viewers show: alignment, automatic size, wrapping, combs, colours, marks and lists."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from pypdf import PdfReader

from extend_provider.local.pdf import edit_pdf

MULTILINE, PASSWORD, COMB, RADIO = 1 << 12, 1 << 13, 1 << 24, 1 << 15


def look(look_of, pdf, text, name="t", index=0, **text_options):
    definition = {"extend_edit:value": text, "extend_edit:text_edit_options": text_options}
    schema = {"type": "object", "properties": {name: definition}}
    result = edit_pdf(pdf, {"schema": schema, "advancedOptions": {"flattenPdf": False}})
    return look_of(result.pdf, index)


def shown(drawing):
    """The lines of a look: (x, y, text)."""
    lines = re.findall(r"1 0 0 1 (\S+) (\S+) Tm \((.*?)(?<!\\)\) Tj", drawing)
    return [(float(x), float(y), text) for x, y, text in lines]


def size(drawing):
    return float(re.search(r"/F (\S+) Tf", drawing)[1])


def test_a_line_is_centred_vertically_and_starts_left(text_field, look_of):
    [(x, y, text)] = shown(look(look_of, text_field(DA="/Helv 10 Tf 0 g"), "Ada"))
    assert text == "Ada"
    assert x == 2
    assert y == pytest.approx((20 - 7.2) / 2)


def test_quadding_moves_the_line(text_field, look_of):
    starts = [shown(look(look_of, text_field(DA="/Helv 10 Tf 0 g", Q=quadding), "Ada"))[0][0] for quadding in (0, 1, 2)]
    width = 10 * (667 + 556 + 556) / 1000  # A, d, a in Helvetica
    assert starts == pytest.approx([2, (200 - width) / 2, 198 - width], abs=0.01)


def test_quadding_and_font_are_inherited_from_the_form(raw_form, look_of):
    form = raw_form(Q=2, DA="/Helv 9 Tf 1 0 0 rg")
    form.widget((100, 700, 300, 720), form.add(T="t", FT="/Tx"))
    drawing = look(look_of, form.build(), "Ada")
    assert size(drawing) == 9
    assert "1.000 0.000 0.000 rg" in drawing
    assert shown(drawing)[0][0] > 150


def test_automatic_size_fills_the_height(text_field, look_of):
    assert size(look(look_of, text_field((0, 0, 200, 23)), "Ada")) == pytest.approx(20)


@pytest.mark.parametrize("appearance", ["/Helv 0 Tf 0 g", "/Helv 12 Tf 0 g"])
def test_a_line_that_is_too_long_is_drawn_smaller(appearance, text_field, look_of):
    drawing = look(look_of, text_field((0, 0, 100, 20), DA=appearance), "Ada Lovelace of London")
    assert 4 < size(drawing) < 12
    assert shown(drawing)[0][2] == "Ada Lovelace of London"


def test_several_lines_wrap_and_keep_their_breaks(text_field, look_of):
    box = text_field((0, 0, 100, 100), Ff=MULTILINE, DA="/Helv 10 Tf 0 g")
    lines = shown(look(look_of, box, "one two three four five six\n\nseven"))
    assert [text for _, _, text in lines] == ["one two three four", "five six", "seven"]
    heights = [y for _, y, _ in lines]
    assert heights[0] - heights[1] == pytest.approx(11.5)
    assert heights[1] - heights[2] == pytest.approx(23)  # the empty line
    assert all(0 < y < 100 for y in heights)


@pytest.mark.parametrize("appearance", ["/Helv 0 Tf 0 g", "/Helv 12 Tf 0 g"])
def test_a_long_text_is_made_small_enough_to_fit(appearance, text_field, look_of):
    box = text_field((0, 0, 100, 60), Ff=MULTILINE, DA=appearance)
    long_word = "Donaudampfschifffahrtsgesellschaftskapitänsmütze" * 2
    drawing = look(look_of, box, "words " * 20 + long_word)
    assert 4 <= size(drawing) < 12
    assert min(y for _, y, _ in shown(drawing)) > 0
    assert "".join(text for _, _, text in shown(drawing)).endswith(long_word)


def test_a_comb_puts_one_character_into_each_cell(text_field, look_of):
    comb = text_field((0, 0, 90, 20), Ff=COMB, MaxLen=9, DA="/Helv 10 Tf 0 g")
    lines = shown(look(look_of, comb, "1234"))
    assert [text for _, _, text in lines] == ["1", "2", "3", "4"]
    assert [x for x, _, _ in lines] == pytest.approx([2.22, 12.22, 22.22, 32.22])


def test_text_options_change_size_colour_opacity_and_cells(text_field, look_of):
    drawing = look(look_of, text_field(), "12", fontSize=7, color=[255, 0, 51], opacity=0.5, combing=True, maxLength=4)
    assert size(drawing) == 7
    assert "1.000 0.000 0.200 rg" in drawing
    assert "/GS gs" in drawing
    assert [text for _, _, text in shown(drawing)] == ["1", "2"]
    assert "0.000 0.000 1.000 rg" in look(look_of, text_field(), "12", fontColor=[0, 0, 255])


def test_a_text_option_makes_a_line_field_wrap(text_field, look_of):
    drawing = look(look_of, text_field((0, 0, 50, 60)), "one two three four", multiLine=True)
    assert len(shown(drawing)) > 1


def test_passwords_are_not_readable(text_field, look_of):
    assert [text for _, _, text in shown(look(look_of, text_field(Ff=PASSWORD), "secret"))] == ["******"]


def test_parentheses_and_backslashes_are_escaped(text_field, page_text):
    assert r"a (b) \ c)" in page_text(edit_pdf(text_field(), {"instructions": r"t: a (b) \ c)"}).pdf)


def test_western_letters_are_shown_as_they_are(text_field, page_text):
    text = "Grüße, ß, é, Øre, 5 € “ok”"
    assert text in page_text(edit_pdf(text_field(), {"instructions": f"t: {text}"}).pdf)
    assert "Zoé" in page_text(edit_pdf(text_field(), {"instructions": "t: Zoe\u0301"}).pdf)


def test_other_letters_lose_accents_or_become_question_marks_but_the_value_stays(text_field, look_of, fields_of):
    text = "Dvořák 東京"
    config = {"instructions": f"t: {text}", "advancedOptions": {"flattenPdf": False}}
    pdf = edit_pdf(text_field(), config).pdf
    assert "(Dvor\xe1k ??)" in look_of(pdf)
    assert ("\ufeff" + text).encode("utf-16-be").hex() in look_of(pdf)  # for copying and reading aloud
    assert fields_of(pdf) == {"t": text}
    form = PdfReader(BytesIO(pdf)).root_object["/AcroForm"]
    assert form["/NeedAppearances"].value is True
    assert "/ZaDb" in form["/DR"]["/Font"]


def test_viewers_are_not_asked_to_draw_what_is_drawn(kinds_pdf):
    config = {"instructions": "full name: Ada", "advancedOptions": {"flattenPdf": False}}
    form = PdfReader(BytesIO(edit_pdf(kinds_pdf, config).pdf)).root_object["/AcroForm"]
    assert not form.get("/NeedAppearances")


def test_background_and_border_stay(text_field, look_of):
    framed = text_field(MK={"/BG": [0.5], "/BC": [1, 0, 0]}, BS={"/W": 2})
    drawing = look(look_of, framed, "Ada")
    assert "0.500 g 0 0 200 20 re f" in drawing
    assert "1.000 0.000 0.000 RG 2 w 1 1 198 18 re S" in drawing
    assert shown(drawing)[0][0] == 5  # clear of the border


@pytest.mark.parametrize(("rotation", "matrix"), [(90, [0, 1, -1, 0, 20, 0]), (270, [0, -1, 1, 0, 0, 200])])
def test_a_turned_widget_turns_its_text(rotation, matrix, text_field, widgets_of):
    turned = text_field((0, 0, 20, 200), MK={"/R": rotation})
    config = {"instructions": "t: Ada", "advancedOptions": {"flattenPdf": False}}
    stream = widgets_of(edit_pdf(turned, config).pdf)[0]["/AP"]["/N"]
    assert stream["/BBox"] == [0, 0, 200, 20]
    assert stream["/Matrix"] == matrix


def test_bold_courier_and_times_are_told_apart(raw_form, widgets_of):
    fonts = {
        name: {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": base}
        for name, base in (
            ("/A", "/Arial-BoldMT"),
            ("/B", "/CourierNew"),
            ("/C", "/TimesNewRoman"),
            ("/D", "/Whatever"),
        )
    }
    form = raw_form(DR={"/Font": fonts})
    for number, name in enumerate("ABCD"):
        form.widget((10, 30 * number, 90, 30 * number + 20), T=name, FT="/Tx", DA=f"/{name} 9 Tf 0 g")
    config = {"instructions": "A: x\nB: x\nC: x\nD: x", "advancedOptions": {"flattenPdf": False}}
    used = [
        widget["/AP"]["/N"]["/Resources"]["/Font"]["/F"]["/BaseFont"]
        for widget in widgets_of(edit_pdf(form.build(), config).pdf)
    ]
    assert used == ["/Helvetica-Bold", "/Courier", "/Times-Roman", "/Helvetica"]


def test_list_boxes_highlight_what_is_selected(kinds_pdf, look_of):
    drawing = look(look_of, kinds_pdf, ["Java", "SQL"], name="skills", index=-1)
    assert [text for _, _, text in shown(drawing)] == ["Java", "Python", "SQL", "Terraform"]
    highlighted = [float(y) for y in re.findall(r"0.6 0.757 0.855 rg \S+ (\S+)", drawing)]
    baselines = {text: y for _, y, text in shown(drawing)}
    assert [0 < baselines[name] - y < 5 for name, y in zip(("Java", "SQL"), highlighted, strict=True)] == [True, True]


def test_a_long_list_starts_where_its_selection_shows(raw_form, look_of, widgets_of):
    form = raw_form()
    options = [f"row {number}" for number in range(40)]
    form.widget((0, 0, 100, 60), T="l", FT="/Ch", Opt=options, Ff=1 << 21, DA="/Helv 10 Tf 0 g")
    rows = [text for _, _, text in shown(look(look_of, form.build(), ["row 20"], name="l"))]
    assert rows == ["row 20", "row 21", "row 22", "row 23", "row 24"]
    rows = [text for _, _, text in shown(look(look_of, form.build(), ["row 39"], name="l"))]
    assert rows[-1] == "row 39"
    spread = shown(look(look_of, form.build(), ["row 3", "row 11"], name="l"))
    assert {"row 3", "row 11"} <= {text for _, _, text in spread}


def test_radio_buttons_without_looks_get_dots(raw_form, look_of):
    form = raw_form()
    group = form.add(T="r", FT="/Btn", Ff=RADIO)
    for number, state in enumerate(("a", "b")):
        empty = form.button((20 * number, 0, 20 * number + 10, 10), group, state=state, MK={"/BC": [0]})
        empty["/AP"]["/N"][f"/{state}"].set_data(b"")
    drawing = look(look_of, form.build(), "b", name="r", index=1)
    assert drawing.count(" c ") >= 4
    assert drawing.rstrip().endswith("f Q")
