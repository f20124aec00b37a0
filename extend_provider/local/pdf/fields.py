"""The AcroForm fields of a document: one `FormField` per terminal field, found through the widgets on the pages.

Starting from the pages finds what people see: fields of any tree depth, fields with several widgets, and fields that
a careless merge left out of the AcroForm's list.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from pypdf import PageObject
from pypdf.generic import ArrayObject, DictionaryObject, PdfObject, StreamObject

from extend_provider.local.pdf.geometry import Rectangle, normalised

READ_ONLY = 1 << 0
MULTILINE = 1 << 12
PASSWORD = 1 << 13
RADIO = 1 << 15
PUSH_BUTTON = 1 << 16
COMBO = 1 << 17
EDITABLE = 1 << 18
FILE_SELECT = 1 << 20
MULTI_SELECT = 1 << 21
COMB = 1 << 24

# Deeper trees do not occur; a /Parent chain that is longer is a loop.
_DEEPEST = 32


@dataclass(frozen=True)
class Option:
    """One choice of a radio group, drop-down or list box."""

    export: str
    display: str
    state: str = ""  # radio groups: name of the widget's appearance, without the slash


@dataclass(frozen=True)
class Widget:
    """One place on a page where a field shows."""

    annotation: DictionaryObject
    page_index: int
    rectangle: Rectangle
    states: tuple[str, ...]  # buttons: names of the appearances other than /Off


@dataclass
class FormField:
    """A terminal field; `kind` uses the API's words (text, checkbox, radio, dropdown, optionList, signature)."""

    name: str
    kind: str
    flags: int
    tooltip: str
    max_length: int | None
    dictionaries: list[DictionaryObject] = field(default_factory=list)
    widgets: list[Widget] = field(default_factory=list)
    options: list[Option] = field(default_factory=list)

    @property
    def last_name(self) -> str:
        """The last part of the fully qualified name."""
        return self.name.rpartition(".")[2]

    def has(self, flag: int) -> bool:
        """Whether a bit of the field flags is set."""
        return bool(self.flags & flag)


def collect_fields(pages: Sequence[PageObject]) -> list[FormField]:
    """All fields that have a name and a widget on a page, in page order; push buttons are left out."""
    found: dict[str, FormField] = {}
    for page_index, page in enumerate(pages):
        for annotation in widget_annotations(page):
            name = _full_name(annotation)
            kind = _kind(annotation)
            if name and kind:
                _add_widget(found.setdefault(name, _new_field(name, kind, annotation)), annotation, page_index)
    visible = [form_field for form_field in found.values() if form_field.widgets]
    for form_field in visible:
        _complete(form_field)
    return visible


def widget_annotations(page: PageObject) -> Iterator[DictionaryObject]:
    """The form widgets of a page, including those of push buttons."""
    annotations = resolved(page.get("/Annots"))
    for reference in annotations if isinstance(annotations, ArrayObject) else []:
        annotation = resolved(reference)
        if isinstance(annotation, DictionaryObject) and annotation.get("/Subtype") == "/Widget":
            yield annotation


def ancestry(annotation: DictionaryObject) -> list[DictionaryObject]:
    """The widget and its parents, nearest first."""
    chain: list[DictionaryObject] = []
    current: Any = annotation
    while isinstance(current, DictionaryObject) and len(chain) < _DEEPEST:
        chain.append(current)
        current = resolved(current.get("/Parent"))
    return chain


def inherited(annotation: DictionaryObject, key: str) -> Any:
    """A value of the widget or of its nearest parent that has it, else None."""
    for dictionary in ancestry(annotation):
        if key in dictionary:
            return resolved(dictionary[key])
    return None


def text_of(value: Any) -> str:
    """A PDF string or name as text; other objects give an empty string."""
    value = resolved(value)
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return str(value) if isinstance(value, str) else ""


def state_name(name: Any) -> str:
    """The name of an appearance state without its slash."""
    return text_of(name).removeprefix("/")


def resolved(value: Any) -> Any:
    """The object behind a reference."""
    return value.get_object() if isinstance(value, PdfObject) else value


def _new_field(name: str, kind: str, annotation: DictionaryObject) -> FormField:
    max_length = inherited(annotation, "/MaxLen")
    return FormField(
        name=name,
        kind=kind,
        flags=_flags(annotation),
        tooltip=_tooltip(annotation),
        max_length=int(max_length) if isinstance(max_length, int) and max_length > 0 else None,
    )


def _add_widget(form_field: FormField, annotation: DictionaryObject, page_index: int) -> None:
    rectangle = resolved(annotation.get("/Rect"))
    if not isinstance(rectangle, ArrayObject) or len(rectangle) != 4:
        return
    owner = next(dictionary for dictionary in ancestry(annotation) if "/T" in dictionary)
    if not any(owner is known for known in form_field.dictionaries):
        form_field.dictionaries.append(owner)
    edges = [float(resolved(edge)) for edge in rectangle]
    form_field.widgets.append(Widget(annotation, page_index, normalised(edges), _states(annotation)))


def _complete(form_field: FormField) -> None:
    states = {state for widget in form_field.widgets for state in widget.states}
    if form_field.kind == "checkbox" and len(states) > 1:
        form_field.kind = "radio"  # several boxes of one field of which one can be on
    if form_field.kind == "radio":
        form_field.options = _radio_options(form_field)
    elif form_field.kind in {"dropdown", "optionList"}:
        form_field.options = _choice_options(form_field)


def _kind(annotation: DictionaryObject) -> str:
    flags = _flags(annotation)
    match inherited(annotation, "/FT"):
        case "/Tx":
            return "text"
        case "/Ch":
            return "dropdown" if flags & COMBO else "optionList"
        case "/Sig":
            return "signature"
        case "/Btn" if not flags & PUSH_BUTTON:
            return "radio" if flags & RADIO else "checkbox"
    return ""


def _flags(annotation: DictionaryObject) -> int:
    flags = inherited(annotation, "/Ff")
    return int(flags) if isinstance(flags, int) else 0


def _full_name(annotation: DictionaryObject) -> str:
    parts = [text_of(dictionary["/T"]) for dictionary in ancestry(annotation) if "/T" in dictionary]
    return ".".join(part for part in reversed(parts) if part)


def _tooltip(annotation: DictionaryObject) -> str:
    """The tooltip of the field, which its widgets may override for themselves."""
    for dictionary in ancestry(annotation):
        if "/T" in dictionary:
            return " ".join(text_of(dictionary.get("/TU")).split())
    return ""


def _states(annotation: DictionaryObject) -> tuple[str, ...]:
    appearances = resolved(annotation.get("/AP"))
    if not isinstance(appearances, DictionaryObject):
        return ()
    states: dict[str, None] = {}
    for key in ("/N", "/D"):
        by_state = resolved(appearances.get(key))
        if isinstance(by_state, DictionaryObject) and not isinstance(by_state, StreamObject):
            states.update(dict.fromkeys(state_name(name) for name in by_state))
    return tuple(state for state in states if state != "Off")


def _radio_options(form_field: FormField) -> list[Option]:
    exports = [text_of(item) for item in _listed_options(form_field)]
    options: dict[str, Option] = {}
    for widget in form_field.widgets:
        for state in widget.states:
            # With /Opt the states are positions in it, and it holds the values (ISO 32000-2, 12.7.5.2.4).
            positional = state.isdecimal() and int(state) < len(exports)
            export = exports[int(state)] if positional else state
            tooltip = text_of(widget.annotation.get("/TU")) if "/T" not in widget.annotation else ""
            options.setdefault(state, Option(export, tooltip or export, state))
    return list(options.values())


def _choice_options(form_field: FormField) -> list[Option]:
    options = []
    for item in _listed_options(form_field):
        entry = resolved(item)
        pair = list(entry) if isinstance(entry, ArrayObject) and entry else [entry]
        options.append(Option(text_of(pair[0]), text_of(pair[-1])))
    return options


def _listed_options(form_field: FormField) -> list[Any]:
    listed = inherited(form_field.widgets[0].annotation, "/Opt")
    return list(listed) if isinstance(listed, ArrayObject) else []
