"""Writing converted values to their targets, and closing the form afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pypdf import PdfWriter

from extend_provider.local.pdf.document import ANY_ERROR, catalog, damage_reported, dictionary_at
from extend_provider.local.pdf.field_values import PdfFieldValue, field_values, remember_values
from extend_provider.local.pdf.fields import PASSWORD, FormField, collect_fields, inherited, state_name
from extend_provider.local.pdf.filling import Filler
from extend_provider.local.pdf.flattening import flatten as flatten_widgets
from extend_provider.local.pdf.geometry import PageSpace
from extend_provider.local.pdf.matching import Target, covered_widget
from extend_provider.local.pdf.overlay import Drawing, draw, drawing_of
from extend_provider.local.pdf.problem import schema_violation
from extend_provider.local.pdf.tables import is_table, table_cells
from extend_provider.local.pdf.values import chosen_options, switch_state, text_for


@dataclass(frozen=True)
class Entry:
    """A property with its converted value."""

    name: str
    definition: Mapping[str, Any]
    target: Target
    value: Any

    @property
    def text_options(self) -> Mapping[str, Any]:
        """How its text wants to be drawn."""
        return self.definition.get("extend_edit:text_edit_options") or {}


class Form:
    """The form of one document that is being edited.

    :param writer: the document, changed in place
    """

    def __init__(self, writer: PdfWriter) -> None:
        self._writer = writer
        self._acro_form = dictionary_at(catalog(writer), "/AcroForm")
        self._filler = Filler(writer, self._acro_form)
        self._written: set[str] = set()
        self._chosen: dict[str, str] = {}  # radio group: the property that chose its option
        self._properties: dict[str, str] = {}  # field: the property that filled it
        self._drawn: list[PdfFieldValue] = []
        with damage_reported(ANY_ERROR):
            self.fields = collect_fields(writer.pages)
            self.spaces = [PageSpace.of(page) for page in writer.pages]

    def write(self, entries: list[Entry]) -> dict[str, Any]:
        """Write what has a target; returns the values that were written, by property."""
        filled: dict[str, Any] = {}
        drawings = []
        for entry in entries:
            if is_table(entry.definition):
                cells = self._fill_cells(entry)
                drawings.extend(cells or [])
                written = cells is not None
            elif entry.target.field is not None:
                written = self._fill(entry, entry.target.field)
                self._properties[entry.target.field.name] = entry.name
            else:
                drawing = drawing_of(entry.definition, entry.value, entry.target.places, self.spaces)
                drawings.extend([drawing] if drawing else [])
                written = drawing is not None
                self._drawn.extend([self._drawn_note(entry)] if drawing else [])
            if written:
                filled[entry.name] = entry.value
        draw(self._writer, drawings)
        return filled

    def finished(self, *, flatten: bool) -> PdfWriter:
        """The document without what would hide or forbid the new values, its fields drawn into the pages if asked."""
        root = catalog(self._writer)
        # XFA holds a second copy of the form, which some viewers prefer; /Perms promises an unchanged file.
        for key in ("/Perms", "/NeedsRendering"):
            root.pop(key, None)
        self._acro_form.pop("/XFA", None)
        if flatten:
            self._show_kept_values()
        remember_values(self._writer.pages, [*self._field_notes(), *self._drawn])
        if flatten:
            flatten_widgets(self._writer)
        return self._writer

    def _fill_cells(self, entry: Entry) -> list[Drawing] | None:
        """Fill the form fields in the cells of a table; returns drawings for the others, or None without any cell."""
        cells = list(table_cells(entry.name, entry.definition, entry.value, self.spaces))
        drawings = []
        for cell in cells:
            covered = covered_widget(cell.place, self.fields)
            text = text_for(cell.value)
            if covered is not None and covered[0].kind == "text" and text is not None:
                self._filler.set_text(covered[0], text, {})
                self._written.add(covered[0].name)
                continue
            drawing = drawing_of(cell.definition, cell.value, (cell.place,), self.spaces)
            drawings.extend([drawing] if drawing else [])
        if cells:
            self._drawn.append(self._drawn_note(entry))
        return drawings if cells else None

    def _field_notes(self) -> list[PdfFieldValue]:
        """What the fields hold, under the names that the schema gave them too; masked ones are left out."""
        shown = [form_field for form_field in self.fields if not form_field.has(PASSWORD)]
        notes = zip(shown, field_values(shown, self.spaces), strict=True)
        return [note.named(self._properties.get(form_field.name)) for form_field, note in notes]

    def _drawn_note(self, entry: Entry) -> PdfFieldValue:
        place = entry.target.places[0]
        box = list(self.spaces[place.page_index].displayed(place.rectangle))
        return PdfFieldValue("", [entry.name], entry.name, entry.value, place.page_index, box)

    def _fill(self, entry: Entry, form_field: FormField) -> bool:
        fill: dict[str, Callable[[Entry, FormField], bool]] = {
            "text": self._fill_text,
            "checkbox": self._fill_switch,
            "radio": self._fill_radio,
            "dropdown": self._fill_choices,
            "optionList": self._fill_choices,
        }
        if form_field.kind not in fill:
            return False
        written = fill[form_field.kind](entry, form_field)
        if written:
            self._written.add(form_field.name)
        return written

    def _fill_text(self, entry: Entry, form_field: FormField) -> bool:
        text = text_for(entry.value)
        if text is not None:
            self._filler.set_text(form_field, text, entry.text_options)
        return text is not None

    def _fill_switch(self, entry: Entry, form_field: FormField) -> bool:
        self._filler.set_switch(form_field, on=switch_state(entry.name, form_field, entry.value))
        return True

    def _fill_radio(self, entry: Entry, form_field: FormField) -> bool:
        """An enum chooses an option by its value; a boolean property stands for one option."""
        if isinstance(entry.value, bool):
            options = [option for option in form_field.options if option.export == entry.target.option]
        else:
            options = chosen_options(entry.definition, entry.target, entry.value)
        if not options:
            return False
        if entry.value is not False:
            self._refuse_second_choice(entry, form_field)
            self._filler.set_option(form_field, options[0])
            return True
        if options[0].state == state_name(inherited(form_field.widgets[0].annotation, "/V")):
            self._filler.set_option(form_field, None)
        return True

    def _fill_choices(self, entry: Entry, form_field: FormField) -> bool:
        options = chosen_options(entry.definition, entry.target, entry.value)
        if options or entry.value == []:
            self._filler.set_choices(form_field, options, entry.text_options)
            return True
        return self._fill_text(entry, form_field)  # editable drop-downs take a text of their own

    def _refuse_second_choice(self, entry: Entry, form_field: FormField) -> None:
        chosen = self._chosen.setdefault(form_field.name, entry.name)
        if chosen != entry.name:
            raise schema_violation(f"Properties {chosen!r} and {entry.name!r} choose two options of one radio group.")

    def _show_kept_values(self) -> None:
        """Draw values that were in the file and rely on the viewer to draw them."""
        all_stale = bool(self._acro_form.get("/NeedAppearances"))
        for form_field in self.fields:
            drawn = all("/N" in dictionary_at(widget.annotation, "/AP") for widget in form_field.widgets)
            if form_field.name not in self._written and (all_stale or not drawn):
                self._filler.redraw(form_field)
