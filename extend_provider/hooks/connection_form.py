"""The connection form for Airflow 2.11 to 3.1, which ask the hook. Form libraries are imported only when they call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from extend_provider.connection_fields import FIELDS, ConnectionField, ui_field_behaviour

__all__ = ["JSON_LABEL", "ChoiceWidget", "field_behaviour", "widgets"]

# Airflow 2.11 shows the extras twice: as JSON, and below as fields. The JSON cannot be hidden, because the page then
# cannot test a connection that exists; and what is typed there is lost when the connection is saved, since an empty
# field removes its extra, and the region is never empty.
JSON_LABEL = "Extra (leave empty: use the fields below)"


def widgets() -> dict[str, Any]:
    """Return the extra fields for wtforms, by name."""
    return {field.name: _choice(field) if field.choices else _text(field) for field in FIELDS}


def _text(field: ConnectionField) -> Any:
    from flask_appbuilder.fieldwidgets import BS3TextFieldWidget
    from flask_babel import lazy_gettext
    from wtforms import StringField

    # Not a password field for the proxy, either: Airflow 2.11 would forget the saved one whenever the form is saved.
    return StringField(lazy_gettext(field.label), description=field.help, widget=BS3TextFieldWidget())


def _choice(field: ConnectionField) -> Any:
    """Airflow 2.11 takes no select fields, but text fields that look like one; Airflow 3 looks at the validators."""
    from flask_babel import lazy_gettext
    from wtforms import StringField, validators  # Airflow 3.1 replaces what is found in this way, and only that

    return StringField(
        lazy_gettext(field.label),
        validators=[validators.Optional(), validators.any_of(list(field.choices))],
        description=field.help,
        widget=ChoiceWidget(field.choices, field.default),
    )


class ChoiceWidget:
    """
    Show a text field of wtforms as a list to choose from.

    :param choices: value to what the list calls it.
    :param default: value that is chosen where the field is empty.
    """

    def __init__(self, choices: Mapping[str, str], default: str | None) -> None:
        self.choices = choices
        self.default = default

    def __call__(self, field: Any, **_: Any) -> Any:
        """Return the HTML of a field."""
        from markupsafe import Markup

        chosen = field.data or self.default or ""
        # A value that is not in the list, stored by other means, must not turn into another one unseen.
        offered = {**self.choices, chosen: self.choices.get(chosen, chosen)}
        option, chosen_option = (
            Markup('<option value="{}">{}</option>'),
            Markup('<option value="{}" selected>{}</option>'),
        )
        options = Markup().join(
            (chosen_option if value == chosen else option).format(value, text) for value, text in offered.items()
        )
        return Markup('<select class="form-control" id="{}" name="{}">{}</select>').format(
            field.id, field.name, options
        )


def field_behaviour() -> dict[str, Any]:
    """Return labels and placeholders with the keys of the hook method."""
    behaviour = {key.replace("-", "_"): value for key, value in ui_field_behaviour().items()}
    examples = {field.name: field.default or field.example for field in FIELDS if not field.choices}
    return {
        **behaviour,
        "relabeling": {**behaviour["relabeling"], "extra": JSON_LABEL},
        "placeholders": {**behaviour["placeholders"], **examples},
    }
