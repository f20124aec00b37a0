"""The steps of a declared workflow, in the form that Extend's API gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from extend_provider.local.bodies import as_object, as_text, json_type, refuse_unknown
from extend_provider.local.classify_runs import resolve_classify_config
from extend_provider.local.errors import invalid
from extend_provider.local.extract_runs import resolve_extract_config
from extend_provider.local.parse_config import resolve_parse_config
from extend_provider.local.processors import resolve_processor
from extend_provider.local.split_runs import resolve_split_config

if TYPE_CHECKING:
    from collections.abc import Callable

    from extend_provider.local.store import Store

TRIGGER = "TRIGGER"
HUMAN_REVIEW = "HUMAN_REVIEW"
PARSE = "PARSE"
_PROCESSORS: dict[str, tuple[str, Callable[[Any], dict[str, Any]]]] = {
    "EXTRACT": ("extractor", resolve_extract_config),
    "CLASSIFY": ("classifier", resolve_classify_config),
    "SPLIT": ("splitter", resolve_split_config),
}
_TYPES = (TRIGGER, PARSE, *_PROCESSORS, HUMAN_REVIEW)


def check_workflow(config: Any) -> dict[str, Any]:
    """
    Check a declared workflow.

    A step has ``type``, ``name`` (default: the type in lower case), ``config`` and ``next``. When no step has ``next``,
    each is followed by the one after it. Otherwise ``next`` lists objects with the name of a later ``step``, after
    CLASSIFY and SPLIT steps also the ``classificationId`` of the documents that go there.

    :param config: object with ``steps``.
    :return: the same, with ``next`` in every step.
    :raises ApiError: 400, saying what is wrong.
    """
    sent = as_object(config, "config")
    refuse_unknown(sent, ("steps",), "config")
    steps = sent.get("steps")
    if not isinstance(steps, list) or not steps:
        raise invalid(f"config.steps must be a non-empty array, not {json_type(steps)}.")
    checked = [_step(item, f"config.steps[{index}]") for index, item in enumerate(steps)]
    names = [step["name"] for step in checked]
    if len(set(names)) < len(names):
        raise invalid("The names of the steps in config.steps must differ.")
    if all(step["next"] is None for step in checked):
        for step, following in zip(checked, [*names[1:], None], strict=True):
            step["next"] = [] if following is None else [{"step": following}]
    for index, step in enumerate(checked):
        step["next"] = _next(step, names[index + 1 :])
    return {"steps": checked}


def resolve_steps(steps: list[dict[str, Any]], store: Store) -> list[dict[str, Any]]:
    """
    Look up the processors that steps name.

    :param steps: steps of a checked workflow.
    :param store: knows what has been declared.
    :return: steps with the effective ``config`` and the id of the ``processor``.
    :raises ApiError: 400, 404, as creating a run with that processor.
    """
    return [{**step, **_resolved(step, store)} for step in steps]


def _resolved(step: dict[str, Any], store: Store) -> dict[str, Any]:
    config = step["config"]
    if step["type"] == PARSE:
        return {"config": resolve_parse_config(config.get("parseConfig")), "processor": None}
    if step["type"] not in _PROCESSORS:
        return {"config": {}, "processor": None}
    role, resolve = _PROCESSORS[step["type"]]
    body = {role: config.get(role), "config": config.get(f"{role}Config")}
    effective, record = resolve_processor(role, body, store, resolve, optional=role == "extractor")
    return {"config": effective, "processor": None if record is None else record.id}


def _step(value: Any, where: str) -> dict[str, Any]:
    step = as_object(value, where)
    refuse_unknown(step, ("name", "type", "config", "next"), where)
    kind = step.get("type")
    if kind not in _TYPES:
        raise invalid(f"{where}.type must be one of {', '.join(_TYPES)}; the local service has no other steps.")
    config = {} if step.get("config") is None else as_object(step["config"], f"{where}.config")
    role, resolve = _PROCESSORS.get(kind, ("parse", resolve_parse_config))
    refuse_unknown(config, (role, f"{role}Config") if kind in _PROCESSORS else ("parseConfig",), f"{where}.config")
    if config.get(f"{role}Config") is not None:
        resolve(config[f"{role}Config"])
    return {
        "name": as_text(step.get("name", kind.lower()), f"{where}.name"),
        "type": kind,
        "config": config,
        "next": step.get("next"),
    }


def _next(step: dict[str, Any], later: list[str]) -> list[dict[str, Any]]:
    where = f"next of step {step['name']}"
    entries = step["next"] or []
    if not isinstance(entries, list):
        raise invalid(f"{where} must be an array, not {json_type(entries)}.")
    if entries and step["type"] == HUMAN_REVIEW:
        raise invalid(f"{where}: in the local service nothing follows a {HUMAN_REVIEW} step.")
    for entry in entries:
        refuse_unknown(as_object(entry, where), ("step", "classificationId"), where)
        if entry.get("step") not in later:
            raise invalid(f"{where} must name steps that come later in config.steps.")
    return entries
