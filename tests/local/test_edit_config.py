from __future__ import annotations

import pytest

DEFAULTS = {
    "tableParsingEnabled": False,
    "flattenPdf": True,
    "radioEnumsEnabled": True,
    "nativeFieldsOnly": False,
    "conditionalGenerationEnabled": False,
}


@pytest.fixture
def echoed(client, local, form):
    """The config that a create request with this config is answered with."""

    def echo(config):
        body = {"file": {"id": local.add_file("form.pdf", form)}}
        return client.post("/edit_runs", json={**body, **({} if config is ... else {"config": config})})

    return echo


@pytest.mark.parametrize("config", [..., None, {}, {"engineVersion": None, "schema": None, "advancedOptions": None}])
def test_defaults_are_echoed(echoed, config):
    assert echoed(config).json()["config"] == {"engineVersion": "1.0.0", "advancedOptions": DEFAULTS}


@pytest.mark.parametrize(
    ("engine", "resolved", "changed"),
    [
        ("latest", "1.0.0", {}),
        ("1.0.0", "1.0.0", {}),
        ("1.0.0-beta", "1.0.0-beta", {"flattenPdf": False}),
        ("0.0.1", "0.0.1", {"radioEnumsEnabled": False}),
    ],
)
def test_defaults_depend_on_the_engine(echoed, engine, resolved, changed):
    config = echoed({"engineVersion": engine}).json()["config"]
    assert config == {"engineVersion": resolved, "advancedOptions": {**DEFAULTS, **changed}}


def test_what_was_sent_is_echoed(echoed, helpers):
    sent = {
        **helpers.value_config(),
        "instructions": "city: Oslo",
        "schemaGenerationInstructions": "none",
        "advancedOptions": {"flattenPdf": False, "newFlag": True},
        "newOption": {"a": 1},
    }
    config = echoed(sent).json()["config"]
    assert config.pop("advancedOptions") == {**DEFAULTS, "flattenPdf": False, "newFlag": True}
    assert config.pop("engineVersion") == "1.0.0"
    assert config == {key: value for key, value in sent.items() if key != "advancedOptions"}


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ([], "config must be an object, not array"),
        ("fill it", "config"),
        ({"instructions": 5}, "config.instructions must be a string, not number"),
        ({"schemaGenerationInstructions": {}}, "config.schemaGenerationInstructions"),
        ({"engineVersion": "9.9.9"}, "config.engineVersion"),
        ({"engineVersion": 1}, "config.engineVersion"),
        ({"advancedOptions": True}, "config.advancedOptions"),
        ({"advancedOptions": {"flattenPdf": "yes"}}, "config.advancedOptions.flattenPdf must be a boolean, not string"),
        ({"schema": []}, "config.schema"),
        ({"schema": {"properties": {}}}, "config.schema.type"),
        ({"schema": {"type": "object"}}, "config.schema.properties"),
        ({"schema": {"type": "object", "properties": {"a": 1}}}, "config.schema.properties.a"),
    ],
)
def test_wrong_types_are_refused_naming_the_key(echoed, config, says):
    response = echoed(config)
    assert response.status_code == 400
    assert says in response.json()["message"]
