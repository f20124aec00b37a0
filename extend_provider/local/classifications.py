"""The declared classes of classify and split configurations."""

from __future__ import annotations

from typing import Any

from extend_provider.local.bodies import as_object, as_text, json_type
from extend_provider.local.errors import invalid
from extend_provider.local.page_ranges import check_page_ranges
from extend_provider.local.parse_config import resolve_parse_config


def resolve_class_config(config: Any, key: str, base_processor: str) -> dict[str, Any]:
    """
    Check a configuration that declares classes and fill in what it leaves out.

    :param config: what was sent.
    :param key: where the classes are.
    :param base_processor: default of ``baseProcessor``.
    :return: effective configuration.
    :raises ApiError: 400, a value has the wrong type, no class or two with the same id.
    """
    sent = {name: value for name, value in as_object(config, "config").items() if value is not None}
    classes = sent.get(key)
    if not isinstance(classes, list) or not classes:
        raise invalid(f"config.{key} must be a non-empty array, not {json_type(classes)}.")
    for index, item in enumerate(classes):
        where = f"config.{key}[{index}]"
        for name in ("id", "type", "description"):
            as_text(as_object(item, where).get(name), f"{where}.{name}")
    if len({item["id"] for item in classes}) < len(classes):
        raise invalid(f"The ids in config.{key} must differ.")
    options = as_object(sent.get("advancedOptions", {}), "config.advancedOptions")
    check_page_ranges(options.get("pageRanges"), "config.advancedOptions.pageRanges")
    if "parseConfig" in sent:
        resolve_parse_config(sent["parseConfig"])
    return {"baseProcessor": base_processor, "baseVersion": "latest", "advancedOptions": {}, **sent}
