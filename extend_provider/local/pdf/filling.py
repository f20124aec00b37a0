"""Writing values into form fields: the value itself (``/V``) and what every viewer shows (``/AP``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)

from extend_provider.local.pdf.appearance import list_appearance, mark_appearance, text_appearance
from extend_provider.local.pdf.document import add_object, dictionary_at
from extend_provider.local.pdf.fields import (
    COMB,
    FILE_SELECT,
    MULTILINE,
    PASSWORD,
    FormField,
    Option,
    Widget,
    inherited,
    resolved,
    text_of,
)
from extend_provider.local.pdf.fonts import is_drawable, symbol_font
from extend_provider.local.pdf.widget_style import frame_of, text_style

_OFF = "Off"


class Filler:
    """Fills the fields of one document.

    :param writer: the document, changed in place
    :param form: its AcroForm dictionary
    """

    def __init__(self, writer: PdfWriter, form: DictionaryObject) -> None:
        self._writer = writer
        self._form = form

    def set_text(self, form_field: FormField, text: str, overrides: Mapping[str, Any]) -> None:
        """Write a text; also what a drop-down shows that is not one of its options."""
        self._store(form_field, TextStringObject(text))
        for widget in form_field.widgets:
            self._draw_text(form_field, widget, text, overrides)

    def set_switch(self, form_field: FormField, *, on: bool) -> None:
        """Tick or clear a check box; one that names no state for "on" gets ``/Yes``."""
        states = [state for widget in form_field.widgets for state in widget.states]
        self._set_state(form_field, (states[0] if states else "Yes") if on else _OFF)

    def set_option(self, form_field: FormField, option: Option | None) -> None:
        """Choose an option of a radio group, or none."""
        self._set_state(form_field, option.state if option else _OFF)

    def set_choices(self, form_field: FormField, options: Sequence[Option], overrides: Mapping[str, Any]) -> None:
        """Choose options of a drop-down (at most one) or a list box."""
        if form_field.kind == "dropdown":
            shown = options[0] if options else Option("", "")
            self._store(form_field, TextStringObject(shown.export))
            for widget in form_field.widgets:
                self._draw_text(form_field, widget, shown.display, overrides)
            return
        exports = [TextStringObject(option.export) for option in options]
        self._store(form_field, exports[0] if len(exports) == 1 else ArrayObject(exports))
        indices = sorted({form_field.options.index(option) for option in options})
        for dictionary in form_field.dictionaries:
            dictionary[NameObject("/I")] = ArrayObject(NumberObject(index) for index in indices)
        for widget in form_field.widgets:
            self._draw_list(form_field, widget, indices, overrides)

    def redraw(self, form_field: FormField) -> None:
        """Make the appearance of a value that the PDF already holds but does not show."""
        value = inherited(form_field.widgets[0].annotation, "/V")
        values = [text_of(item) for item in (value if isinstance(value, ArrayObject) else [value])]
        stored = [text for text in values if text]
        if form_field.kind == "text" and stored:
            self.set_text(form_field, stored[0], {})
        elif form_field.kind in {"dropdown", "optionList"} and stored:
            options = [option for option in form_field.options if option.export in stored]
            if options:
                self.set_choices(form_field, options, {})
            else:
                self.set_text(form_field, stored[0], {})

    def _store(self, form_field: FormField, value: TextStringObject | ArrayObject | NameObject) -> None:
        for dictionary in form_field.dictionaries:
            dictionary[NameObject("/V")] = value
            for stale in ("/I", "/RV"):  # selected indices and rich text repeat the old value
                dictionary.pop(stale, None)
        for widget in form_field.widgets:
            if "/T" not in widget.annotation:
                widget.annotation.pop("/V", None)

    def _draw_text(self, form_field: FormField, widget: Widget, text: str, overrides: Mapping[str, Any]) -> None:
        shown = "*" * len(text) if form_field.kind == "text" and form_field.has(PASSWORD) else text
        style = text_style(widget, self._form, shown, overrides)
        stream = text_appearance(
            frame_of(widget),
            style,
            shown,
            multiline=form_field.kind == "text" and (form_field.has(MULTILINE) or bool(overrides.get("multiLine"))),
            comb=_comb_cells(form_field, overrides),
        )
        if not is_drawable(shown):
            self._let_viewers_draw()
        self._show(widget, stream)

    def _let_viewers_draw(self) -> None:
        """A viewer may have a font for what the appearance lacks; it then draws the buttons too, with ZapfDingbats."""
        self._form[NameObject("/NeedAppearances")] = BooleanObject(True)
        resources = self._form.setdefault(NameObject("/DR"), DictionaryObject()).get_object()
        fonts = resources.setdefault(NameObject("/Font"), DictionaryObject()).get_object()
        if "/ZaDb" not in fonts:
            fonts[NameObject("/ZaDb")] = symbol_font()

    def _draw_list(
        self, form_field: FormField, widget: Widget, indices: Sequence[int], overrides: Mapping[str, Any]
    ) -> None:
        rows = [option.display for option in form_field.options]
        style = text_style(widget, self._form, "".join(rows), overrides)
        stream, top = list_appearance(frame_of(widget), style, rows, indices)
        for dictionary in form_field.dictionaries:
            dictionary[NameObject("/TI")] = NumberObject(top)
        self._show(widget, stream)

    def _set_state(self, form_field: FormField, state: str) -> None:
        self._store(form_field, NameObject(f"/{state}"))
        for widget in form_field.widgets:
            own = state if state in widget.states or not widget.states else _OFF
            self._make_marks(form_field, widget, own)
            widget.annotation[NameObject("/AS")] = NameObject(f"/{own}")

    def _make_marks(self, form_field: FormField, widget: Widget, state: str) -> None:
        """Draw the on and off looks of a button whose file has none for this state."""
        if state == _OFF or _has_look(widget.annotation, state):
            return
        frame = frame_of(widget, is_round=form_field.kind == "radio")
        looks = DictionaryObject()
        for name in (state, _OFF):
            stream = mark_appearance(frame, on=name != _OFF)
            looks[NameObject(f"/{name}")] = add_object(self._writer, stream)
        widget.annotation[NameObject("/AP")] = DictionaryObject({NameObject("/N"): looks})

    def _show(self, widget: Widget, stream: StreamObject) -> None:
        reference = add_object(self._writer, stream)
        widget.annotation[NameObject("/AP")] = DictionaryObject({NameObject("/N"): reference})
        widget.annotation.pop("/AS", None)


def _comb_cells(form_field: FormField, overrides: Mapping[str, Any]) -> int:
    """The number of cells, 0 when the field is not divided (ISO 32000-2, table 231: comb excludes other kinds)."""
    if form_field.kind != "text" or form_field.has(MULTILINE | PASSWORD | FILE_SELECT):
        return 0
    if form_field.has(COMB):
        return form_field.max_length or 0
    return int(overrides.get("maxLength") or 0) if overrides.get("combing") else 0


def _has_look(annotation: DictionaryObject, state: str) -> bool:
    look = resolved(dictionary_at(dictionary_at(annotation, "/AP"), "/N").get(f"/{state}"))
    return isinstance(look, StreamObject) and bool(look.get_data().strip())
