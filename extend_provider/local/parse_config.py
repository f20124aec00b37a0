"""The configuration of a parse run: types, and the defaults that a response echoes."""

from __future__ import annotations

from typing import Any

from extend_provider.local.bodies import as_object, json_type
from extend_provider.local.errors import invalid
from extend_provider.local.page_ranges import check_page_ranges

_TARGETS = ("markdown", "spatial")
_ENGINES = ("parse_performance", "parse_light", "parse_auto")
_STRATEGIES = ("page", "document", "section")
_OBJECTS = ("blockOptions", "advancedOptions")
_LIMITS = ("minCharacters", "maxCharacters")


def resolve_parse_config(config: Any) -> dict[str, Any]:
    """
    Check the ``config`` of a create request and fill in what it leaves out.

    Keys that are not known are kept: Extend adds options over time.

    :param config: what was sent; None when nothing was.
    :return: effective configuration.
    :raises ApiError: 400, a value has the wrong type, or the options do not go together.
    """
    sent = {} if config is None else dict(as_object(config, "config"))
    sent = {key: value for key, value in sent.items() if value is not None}
    resolved = {"target": "markdown", "engine": "parse_performance", "engineVersion": "latest", **sent}
    _check_choice(resolved, "target", _TARGETS)
    _check_choice(resolved, "engine", _ENGINES)
    resolved["chunkingStrategy"] = _strategy(resolved.get("chunkingStrategy"))
    if resolved["target"] == "spatial" and resolved["chunkingStrategy"]["type"] != "page":
        raise invalid("config.target spatial goes with config.chunkingStrategy.type page only.")
    for key in _OBJECTS:
        resolved[key] = as_object(resolved.get(key, {}), f"config.{key}")
    check_page_ranges(resolved["advancedOptions"].get("pageRanges"), "config.advancedOptions.pageRanges")
    return resolved


def _check_choice(config: dict[str, Any], key: str, choices: tuple[str, ...]) -> None:
    if config[key] not in choices:
        raise invalid(f"config.{key} must be one of {', '.join(choices)}.")


def _strategy(value: Any) -> dict[str, Any]:
    sent = {} if value is None else as_object(value, "config.chunkingStrategy")
    strategy = {"type": "page", **{key: item for key, item in sent.items() if item is not None}}
    if strategy["type"] not in _STRATEGIES:
        raise invalid(f"config.chunkingStrategy.type must be one of {', '.join(_STRATEGIES)}.")
    options = as_object(strategy.get("options", {}), "config.chunkingStrategy.options")
    for key in _LIMITS:
        limit = options.get(key)
        if limit is not None and (not isinstance(limit, int) or isinstance(limit, bool) or limit < 1):
            raise invalid(f"config.chunkingStrategy.options.{key} must be a positive integer, not {json_type(limit)}.")
    return strategy
