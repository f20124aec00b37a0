from __future__ import annotations

import re
import sys
import types
from html import unescape
from types import SimpleNamespace
from typing import Any
from unittest.mock import ANY

import pytest

from extend_provider.connection_fields import FIELDS, conn_fields, ui_field_behaviour
from extend_provider.hooks.connection_form import JSON_LABEL
from extend_provider.hooks.extend import ExtendHook


def test_standard_fields() -> None:
    behaviour = ExtendHook.get_ui_field_behaviour()
    assert behaviour["hidden_fields"] == ["schema", "port", "login"]
    assert behaviour["relabeling"] == {**ui_field_behaviour()["relabeling"], "extra": JSON_LABEL}
    assert "leave empty" in JSON_LABEL
    assert ui_field_behaviour()["relabeling"] == {"password": "API key", "host": "Base URL"}
    assert behaviour["placeholders"]["api_version"] == "2026-02-09"
    assert behaviour["placeholders"]["workspace_id"] == "ws_…"
    assert behaviour["placeholders"].items() >= ui_field_behaviour()["placeholders"].items()


def test_every_field_explains_itself() -> None:
    for name, field in conn_fields().items():
        assert field["label"]
        assert field["description"].endswith(".")
        assert "string" in field["schema"]["type"], name


def test_only_a_choice_is_stored_without_being_touched() -> None:
    """Airflow 3 stores the defaults that it is told of; those of another version of this package may be better."""
    told = {name: field["schema"]["default"] for name, field in conn_fields().items() if "default" in field["schema"]}
    assert told == {"region": "us"}
    assert conn_fields()["timeout"]["description"].endswith("Leave empty for 60.")


def test_region_is_a_choice_with_names() -> None:
    schema = conn_fields()["region"]["schema"]
    assert schema["enum"] == list(schema["values_display"]) == ["us", "us2", "eu1"]
    assert schema["values_display"]["eu1"] == "eu1: European Union"


def record(kind: str) -> Any:
    return lambda *args, **kwargs: (kind, args, kwargs)


@pytest.fixture
def stand_ins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow 3.0 and 3.1 call the method under stand-ins for the form libraries, which this machine lacks too."""
    libraries = {
        "flask_appbuilder": {},
        "flask_appbuilder.fieldwidgets": {"BS3TextFieldWidget": record("text")},
        "flask_babel": {"lazy_gettext": str},
        "wtforms": {
            "StringField": record("StringField"),
            "validators": SimpleNamespace(Optional=record("Optional"), any_of=record("any_of")),
        },
    }
    for name, members in libraries.items():
        module = types.ModuleType(name)
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)


@pytest.mark.usefixtures("stand_ins")
def test_widgets_for_older_airflow() -> None:
    widgets = ExtendHook.get_connection_form_widgets()

    assert list(widgets) == [field.name for field in FIELDS]
    assert {widget[0] for widget in widgets.values()} == {"StringField"}  # Airflow 2.11 takes no SelectField
    assert widgets["workspace_id"][1] == ("Workspace ID",)
    assert widgets["timeout"][2]["description"].endswith("Leave empty for 60.")


@pytest.mark.usefixtures("stand_ins")
def test_older_airflow_offers_regions_too() -> None:
    region = ExtendHook.get_connection_form_widgets()["region"][2]

    # What Airflow 3.0 and 3.1 look at
    assert region["validators"] == [("Optional", (), {}), ("any_of", (["us", "us2", "eu1"],), {})]
    # What Airflow 2.11 shows
    empty = region["widget"](SimpleNamespace(id="f", name="f", data=None), required=False)
    assert options(empty) == [("us", "us: United States", True), ("us2", ANY, False), ("eu1", ANY, False)]
    assert empty.startswith('<select class="form-control" id="f" name="f">')
    eu1 = region["widget"](SimpleNamespace(id="f", name="f", data="eu1"))
    assert [value for value, _, chosen in options(eu1) if chosen] == ["eu1"]


@pytest.mark.usefixtures("stand_ins")
def test_a_strange_region_stays_what_it_is() -> None:
    strange = '"><script>'
    widget = ExtendHook.get_connection_form_widgets()["region"][2]["widget"]

    shown = widget(SimpleNamespace(id="f", name="f", data=strange))

    assert "<script>" not in shown
    assert [value for value, _, chosen in options(shown) if chosen] == [strange]


def options(html: str) -> list[tuple[str, str, bool]]:
    """Value, text and whether it is chosen, of each option in HTML."""
    found = re.findall(r'<option value="([^"]*)"( selected)?>([^<]*)</option>', html)
    return [(unescape(value), unescape(text), bool(chosen)) for value, chosen, text in found]
