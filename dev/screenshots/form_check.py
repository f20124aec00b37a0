"""Is the form what :mod:`extend_provider.connection_fields` describes, and does it keep what is filled in?"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from dev.screenshots.error import ScreenshotError
from dev.screenshots.form import STANDARD_FIELDS
from extend_provider.connection_fields import FIELDS, ui_field_behaviour
from extend_provider.hooks.connection_form import JSON_LABEL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dev.screenshots.form import ConnectionForm

# Seconds in which the part of the page with the fields must have come to rest.
_UNFOLDED = 5.0


def check_new_form(form: ConnectionForm) -> None:
    """
    Look at labels, help texts, placeholders, choices and the masking of the key.

    :param form: just opened.
    :raises ScreenshotError: something of that is not as described.
    """
    standard = ui_field_behaviour()
    for name in STANDARD_FIELDS:
        _expect(f"label of {name}", form.text_around(name), standard["relabeling"][name])
        shown = form.field(name).get_attribute("placeholder") or ""
        _expect(f"placeholder of {name}", shown, standard["placeholders"][name])
    _expect("type of the key's field", form.field("password").get_attribute("type") or "", "password")
    json_label = form.json_label()
    if json_label is not None:
        _expect("label of the extras as JSON", json_label, JSON_LABEL)
    for field in FIELDS:
        around = form.text_around(field.name)
        _expect(f"label of {field.name}", around, field.label)
        _expect(f"help of {field.name}", around, field.help)
        if field.choices:
            _expect(f"choices of {field.name}", repr(form.choices(field.name)), repr(list(field.choices.values())))
            _expect(f"{field.name} in a new form", form.value(field.name), field.default or "")
    _check_order(form)


def _check_order(form: ConnectionForm) -> None:
    until = time.monotonic() + _UNFOLDED
    while True:
        tops = [(form.field(field.name).bounding_box() or {"y": 0.0})["y"] for field in FIELDS]
        if tops == sorted(tops):
            return
        if time.monotonic() > until:
            raise ScreenshotError(f"The fields are in another order than described: {tops}")


def check_reopened_form(form: ConnectionForm, values: Mapping[str, str], page_source: str) -> None:
    """
    Look whether a saved connection is shown again as it was filled in, except for the key.

    :param form: of the saved connection.
    :param values: that were filled in.
    :param page_source: all that the browser has received.
    :raises ScreenshotError: it is not, or the key is there.
    """
    for name, value in values.items():
        if name != "password" and form.value(name) != value:
            raise ScreenshotError(f"{name} is {form.value(name)!r} after reopening; {value!r} was saved.")
    untouched = [field.name for field in FIELDS if field.name not in values and not field.choices]
    for name in untouched:
        if form.value(name):
            raise ScreenshotError(f"{name} is {form.value(name)!r} after reopening; nothing was filled in.")
    if form.value("password") == values["password"] or values["password"] in page_source:
        raise ScreenshotError("The key can be read in the form of a saved connection.")


def _expect(what: str, seen: str, wanted: str) -> None:
    if wanted not in seen:
        raise ScreenshotError(f"{what}: {wanted!r} is not in {seen!r}")
