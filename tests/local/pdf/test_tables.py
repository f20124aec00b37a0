from __future__ import annotations

import pytest

from extend_provider.local.pdf import PdfProblem, edit_pdf, read_text, read_values

BOX = {"left": 100, "top": 200, "right": 500, "bottom": 400}  # pixels: 50 to 250 and 100 to 200 points
COLUMNS = {"item": {"type": ["string", "null"]}, "price": {"type": ["number", "null"]}}


def table(rows, **more):
    definition = {
        "type": "array",
        "extend_edit:field_type": "table",
        "extend_edit:bbox": BOX,
        "extend_edit:page_index": 0,
        "items": {"type": "object", "properties": COLUMNS},
        "extend_edit:value": rows,
    }
    return {"schema": {"type": "object", "properties": {"lines": definition | more}}}


ROWS = [{"item": "bolt", "price": 1.5}, {"item": "nut", "price": 2}]


@pytest.fixture
def drawn(raw_form):
    """Fill a table on an empty page of 300 x 300 points; what was filled, and the places of the texts."""

    def run(config):
        result = edit_pdf(raw_form().build(), config)
        return result, {run.text: run.box for page in read_text(result.pdf) for run in page.runs}

    return run


def test_rows_go_into_equal_parts_of_the_box(drawn):
    result, texts = drawn(table(ROWS))
    assert result.filled_values == {"lines": ROWS}
    assert set(texts) == {"bolt", "1.5", "nut", "2"}
    assert 50 <= texts["bolt"][0] < 60
    assert 150 <= texts["1.5"][0] < 160
    assert 100 <= texts["bolt"][1] < texts["bolt"][3] <= 150
    assert 150 <= texts["nut"][1] < texts["nut"][3] <= 200


def test_widths_and_heights_can_be_given(drawn):
    columns = {
        "item": {**COLUMNS["item"], "extend_edit:column_width": 75},
        "price": {**COLUMNS["price"], "extend_edit:column_width": 25},
    }
    more = {"items": {"type": "object", "properties": columns}, "extend_edit:row_heights": [0.25, 0.25, 0.5]}
    _, texts = drawn(table(ROWS, **more))
    assert 200 <= texts["1.5"][0] < 210
    assert 125 <= texts["nut"][1] < texts["nut"][3] <= 150


def test_maxitems_makes_room_for_all_rows_and_is_kept(drawn):
    _, texts = drawn(table(ROWS, maxItems=4))
    assert 125 <= texts["nut"][1] < texts["nut"][3] <= 150
    with pytest.raises(PdfProblem, match="maxItems"):
        drawn(table(ROWS, maxItems=1))


def test_empty_cells_stay_empty(drawn):
    _, texts = drawn(table([{"item": "bolt", "price": None}, {"price": 2}]))
    assert set(texts) == {"bolt", "2"}


def test_form_fields_in_the_cells_are_filled(raw_form, fields_of):
    form = raw_form()
    height = float(form.writer.pages[0].cropbox.top)
    form.widget((60, height - 140, 140, height - 110), T="first", FT="/Tx")
    result = edit_pdf(form.build(), {**table(ROWS[:1]), "advancedOptions": {"flattenPdf": False}})
    assert fields_of(result.pdf)["first"] == "bolt"


def test_the_values_are_remembered(drawn):
    result, _ = drawn(table(ROWS))
    [value] = read_values(result.pdf)
    assert (value.names, value.value, value.printed) == (["lines"], ROWS, True)


@pytest.mark.parametrize(
    ("rows", "more", "reason"),
    [
        (["text"], {}, "SCHEMA_VALIDATION_ERROR"),
        ([{"price": "much"}], {}, "SCHEMA_VALIDATION_ERROR"),
        (ROWS, {"maxItems": "2"}, "INVALID_OPTIONS"),
        (ROWS, {"extend_edit:row_heights": [0]}, "INVALID_OPTIONS"),
        (ROWS, {"items": {"properties": {"item": {"extend_edit:column_width": -1}}}}, "INVALID_OPTIONS"),
    ],
)
def test_tables_that_break_the_rules(drawn, rows, more, reason):
    with pytest.raises(PdfProblem) as problem:
        drawn(table(rows, **more))
    assert problem.value.reason == reason
