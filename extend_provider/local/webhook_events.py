"""Which webhook events there are, and who may ask for them."""

from __future__ import annotations

from typing import Any

from extend_provider.local.bodies import json_type
from extend_provider.local.errors import invalid
from extend_provider.local.kinds import KINDS

STEP_EVENT = "workflow_run.step_run.processed"
_ROLE_OF_KIND = {"extract": "extractor", "classify": "classifier", "split": "splitter", "workflow": "workflow"}
# Extend sends them when something changes in its dashboard. Here nothing does, but endpoints may ask for them.
_DASHBOARD_EVENTS = (
    *(
        f"{role}.{what}"
        for role in ("extractor", "classifier", "splitter")
        for what in ("created", "updated", "deleted", "draft.updated", "version.published")
    ),
    *("workflow.created", "workflow.deployed", "workflow.deleted"),
)


def _events_of(name: str) -> tuple[str, ...]:
    kind = KINDS[name]
    batch = () if kind.batch is None else tuple(kind.batch.events.values())
    return (*kind.events.values(), *batch)


ENDPOINT_EVENTS = tuple(
    dict.fromkeys([event for name in KINDS if name != "workflow" for event in _events_of(name)] + [*_DASHBOARD_EVENTS])
)
RESOURCE_EVENTS = {role: _events_of(name) for name, role in _ROLE_OF_KIND.items()}
RESOURCE_EVENTS["workflow"] += (STEP_EVENT,)


def check_events(value: Any, allowed: tuple[str, ...]) -> list[str]:
    """
    Check ``enabledEvents``.

    :param value: what was sent.
    :param allowed: event types that may be asked for.
    :return: the event types.
    :raises ApiError: 400, another form or another event.
    """
    if not isinstance(value, list):
        raise invalid(f"enabledEvents must be an array, not {json_type(value)}.")
    unknown = [event for event in value if event not in allowed]
    if unknown:
        raise invalid(f"enabledEvents must be among {', '.join(allowed)}; {unknown[0]!r} is not.")
    return list(value)
