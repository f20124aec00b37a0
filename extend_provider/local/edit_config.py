"""The configuration of an edit run: types, and the defaults that a response echoes."""

from __future__ import annotations

from typing import Any

from extend_provider.local.bodies import as_object, json_type
from extend_provider.local.errors import invalid

DEFAULT_ENGINE = "1.0.0"
_ENGINES = (DEFAULT_ENGINE, "1.0.0-beta", "0.0.1")
_TEXTS = ("instructions", "schemaGenerationInstructions")


def resolve_config(config: Any, saved: dict[str, Any]) -> dict[str, Any]:
    """
    Check the ``config`` of a create request and fill in what it leaves out.

    Keys that are not known are kept: Extend adds options over time.

    :param config: what was sent; None when nothing was.
    :param saved: the template's configuration, which request values override.
    :return: effective configuration.
    :raises ApiError: 400, a value has the wrong type.
    """
    sent = {} if config is None else dict(as_object(config, "config"))
    sent_options = _options(sent.pop("advancedOptions", None))
    saved_options = saved.get("advancedOptions") or {}
    merged = {**saved, **{key: value for key, value in sent.items() if value is not None}}
    merged.pop("advancedOptions", None)
    engine = _engine(merged.pop("engineVersion", DEFAULT_ENGINE))
    _check_texts(merged)
    _check_schema(merged.get("schema"))
    options = {**_default_options(engine), **saved_options, **sent_options}
    return {"engineVersion": engine, **merged, "advancedOptions": options}


def resolve_detection_config(config: Any) -> dict[str, Any]:
    """
    Check the ``config`` of a form detection and fill in what it leaves out.

    :param config: what was sent; None when nothing was.
    :return: effective configuration.
    :raises ApiError: 400, a value has the wrong type.
    """
    sent = {} if config is None else {k: v for k, v in as_object(config, "config").items() if v is not None}
    options = _options(sent.pop("advancedOptions", None))
    engine = _engine(sent.pop("engineVersion", DEFAULT_ENGINE))
    _check_texts(sent)
    if "inputSchema" in sent:
        as_object(sent["inputSchema"], "config.inputSchema")
    defaults = {key: value for key, value in _default_options(engine).items() if key != "flattenPdf"}
    return {"engineVersion": engine, **sent, "advancedOptions": {**defaults, **options}}


def _engine(value: Any) -> str:
    if value == "latest":
        return DEFAULT_ENGINE
    if not isinstance(value, str) or value not in _ENGINES:
        raise invalid(f"config.engineVersion must be latest or one of {', '.join(_ENGINES)}.")
    return value


def _default_options(engine: str) -> dict[str, bool]:
    return {
        "tableParsingEnabled": False,
        "flattenPdf": engine != "1.0.0-beta",
        "radioEnumsEnabled": engine != "0.0.1",
        "nativeFieldsOnly": False,
        "conditionalGenerationEnabled": False,
    }


def _options(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    options = {key: flag for key, flag in as_object(value, "config.advancedOptions").items() if flag is not None}
    for key in _default_options(DEFAULT_ENGINE):
        if key in options and not isinstance(options[key], bool):
            raise invalid(f"config.advancedOptions.{key} must be a boolean, not {json_type(options[key])}.")
    return options


def _check_texts(config: dict[str, Any]) -> None:
    for key in _TEXTS:
        if key in config and not isinstance(config[key], str):
            raise invalid(f"config.{key} must be a string, not {json_type(config[key])}.")


def _check_schema(schema: Any) -> None:
    if schema is None:
        return
    as_object(schema, "config.schema")
    if schema.get("type") != "object":
        raise invalid('config.schema.type must be "object".')
    properties = as_object(schema.get("properties"), "config.schema.properties")
    for name, value in properties.items():
        as_object(value, f"config.schema.properties.{name}")
