"""Where a property of the edit schema goes: to a form field, or to a place on a page that has none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from extend_provider.local.names import NameIndex, snake_name
from extend_provider.local.pdf.fields import FormField, Option, Widget
from extend_provider.local.pdf.geometry import PageSpace, Rectangle, area, overlap

# A box that covers less of a widget (or the other way round) belongs to a neighbour.
_LEAST_OVERLAP = 0.25
_BUTTONS = {"checkbox", "radio"}


@dataclass(frozen=True)
class Place:
    """A rectangle on a page without a form field."""

    page_index: int
    rectangle: Rectangle


@dataclass(frozen=True)
class Target:
    """Where a value goes.

    :param field: the form field, if there is one
    :param places: what ``extend_edit:bbox`` or ``bboxes`` (one place per option of an enum) point at
    :param option: export value of the radio option that a boolean property stands for
    """

    field: FormField | None = None
    places: tuple[Place, ...] = ()
    option: str = ""

    def boxed_options(self) -> list[Option | None]:
        """The options of the radio group that the places cover, in the order of the places."""
        if self.field is None or self.field.kind != "radio":
            return []
        covered = [covered_widget(place, [self.field]) for place in self.places]
        return [_option_of(*found) if found else None for found in covered]


def match_properties(
    properties: Mapping[str, Any], fields: Sequence[FormField], detected: Mapping[str, Any], spaces: Sequence[PageSpace]
) -> dict[str, Target]:
    """Find the target of every property that has one.

    In this order: ``extend_edit:source_acroform``, the property's name, ``extend_edit:bbox`` (or ``bboxes``).

    :param detected: the properties that form detection gives for these fields; their names are matched too
    """
    by_name = {form_field.name: form_field for form_field in fields}
    index = _field_names(fields, detected)
    targets: dict[str, Target] = {}
    for name, definition in properties.items():
        form_field = by_name.get(_source(definition, "fieldName")) or by_name.get(index.find(name) or "")
        if form_field is not None:
            option = _source(definition, "optionValue") or _source(detected.get(name, {}), "optionValue")
            targets[name] = Target(form_field, _places(definition, spaces), option)
    claimed = {target.field.name for target in targets.values() if target.field}
    free = [form_field for form_field in fields if form_field.name not in claimed or form_field.kind == "radio"]
    for name, definition in properties.items():
        if name not in targets and (places := _places(definition, spaces)):
            targets[name] = _target_at(places, [] if "items" in definition else _compatible(definition, free))
    return targets


def property_names(properties: Mapping[str, Any], targets: Mapping[str, Target]) -> NameIndex:
    """Every name by which instructions may mean a property."""
    index = NameIndex()
    index.add_rank((name, name) for name in properties)
    fields = [(name, target.field) for name, target in targets.items() if target.field]
    index.add_rank((form_field.name, name) for name, form_field in fields)
    index.add_rank((form_field.last_name, name) for name, form_field in fields)
    described = [(definition.get("description"), name) for name, definition in properties.items()]
    index.add_rank((text, name) for text, name in described if isinstance(text, str))
    return index


def covered_widget(place: Place, fields: Sequence[FormField]) -> tuple[FormField, Widget] | None:
    """The widget that a place overlaps most, with its field."""
    best: tuple[FormField, Widget] | None = None
    most = _LEAST_OVERLAP
    for form_field, widget in _widgets(fields):
        share = overlap(place.rectangle, widget.rectangle) if widget.page_index == place.page_index else 0.0
        if share > most:
            best, most = (form_field, widget), share
    return best


def _field_names(fields: Sequence[FormField], detected: Mapping[str, Any]) -> NameIndex:
    index = NameIndex()
    index.add_rank((form_field.name, form_field.name) for form_field in fields)
    index.add_rank((form_field.last_name, form_field.name) for form_field in fields)
    index.add_rank((name, _source(definition, "fieldName")) for name, definition in detected.items())
    index.add_rank((snake_name(form_field.last_name), form_field.name) for form_field in fields)
    return index


def _source(definition: Mapping[str, Any], key: str) -> str:
    value = (definition.get("extend_edit:source_acroform") or {}).get(key)
    return value if isinstance(value, str) else ""


def _places(definition: Mapping[str, Any], spaces: Sequence[PageSpace]) -> tuple[Place, ...]:
    """The places that a property names; boxes without an area (hidden fields have them) are none."""
    box, page_index = definition.get("extend_edit:bbox"), definition.get("extend_edit:page_index") or 0
    boxes = [box] if box else definition.get("extend_edit:bboxes") or []
    if page_index >= len(spaces):
        return ()
    places = tuple(Place(page_index, spaces[page_index].to_points(box)) for box in boxes)
    return places if all(area(place.rectangle) > 0 for place in places) else ()


def _target_at(places: tuple[Place, ...], fields: Sequence[FormField]) -> Target:
    covered = covered_widget(places[0], fields)
    if covered is None:
        return Target(places=places)
    option = _option_of(*covered)
    return Target(covered[0], places, option.export if option else "")


def _option_of(form_field: FormField, widget: Widget) -> Option | None:
    return next((option for option in form_field.options if option.state in widget.states), None)


def _compatible(definition: Mapping[str, Any], fields: Sequence[FormField]) -> list[FormField]:
    """Fields that the property's control can mean: a text box does not mean the check box next to it."""
    control = definition.get("extend_edit:field_type") or "unknown"
    if control == "unknown":
        return list(fields)
    return [form_field for form_field in fields if (form_field.kind in _BUTTONS) == (control in _BUTTONS)]


def _widgets(fields: Sequence[FormField]) -> Iterator[tuple[FormField, Widget]]:
    for form_field in fields:
        for widget in form_field.widgets:
            yield form_field, widget
