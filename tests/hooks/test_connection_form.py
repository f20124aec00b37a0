from __future__ import annotations

import sys
import types
from typing import Any

import pytest

from extend_provider.connection_fields import FIELDS, conn_fields, ui_field_behaviour
from extend_provider.hooks.extend import ExtendHook


def test_standard_fields() -> None:
    behaviour = ExtendHook.get_ui_field_behaviour()
    assert behaviour["hidden_fields"] == ["schema", "port", "login"]
    assert behaviour["relabeling"] == {"password": "API key", "host": "Base URL"}
    assert behaviour["placeholders"]["api_version"] == "2026-02-09"
    assert ui_field_behaviour()["relabeling"] == behaviour["relabeling"]


def test_every_field_explains_itself() -> None:
    for name, field in conn_fields().items():
        assert field["label"]
        assert field["description"].endswith(".")
        assert "string" in field["schema"]["type"], name


def test_widgets_for_older_airflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow 3.0 and 3.1 call the method under stand-ins for the form libraries, which this machine lacks too."""

    def record(kind: str) -> Any:
        return lambda *args, **kwargs: (kind, args, kwargs)

    stand_ins = {
        "flask_appbuilder": {},
        "flask_appbuilder.fieldwidgets": {"BS3TextFieldWidget": record("text")},
        "flask_babel": {"lazy_gettext": str},
        "wtforms": {"StringField": record("StringField")},
    }
    for name, members in stand_ins.items():
        module = types.ModuleType(name)
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)

    widgets = ExtendHook.get_connection_form_widgets()

    assert list(widgets) == [field.name for field in FIELDS]
    assert {widget[0] for widget in widgets.values()} == {"StringField"}
    assert widgets["region"][2]["description"].endswith("One of: us, us2, eu1.")
    assert widgets["workspace_id"][1] == ("Workspace id",)
