"""The connection form for Airflow 2.11 to 3.1, which ask the hook. Form libraries are imported only when they call."""

from __future__ import annotations

from typing import Any

from extend_provider.connection_fields import FIELDS, ConnectionField, ui_field_behaviour

__all__ = ["field_behaviour", "widgets"]


def widgets() -> dict[str, Any]:
    """Return the extra fields for wtforms. Airflow 2.11 takes plain text fields only, so choices are named in words."""
    from flask_appbuilder.fieldwidgets import BS3TextFieldWidget
    from flask_babel import lazy_gettext
    from wtforms import StringField

    return {
        field.name: StringField(lazy_gettext(field.label), description=_description(field), widget=BS3TextFieldWidget())
        for field in FIELDS
    }


def _description(field: ConnectionField) -> str:
    return f"{field.description} One of: {', '.join(field.choices)}." if field.choices else field.description


def field_behaviour() -> dict[str, Any]:
    """Return labels and placeholders with the keys of the hook method."""
    behaviour = {key.replace("-", "_"): value for key, value in ui_field_behaviour().items()}
    defaults = {field.name: field.default for field in FIELDS if field.default}
    return {**behaviour, "placeholders": {**behaviour["placeholders"], **defaults}}
