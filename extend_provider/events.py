"""
From the triggerer to the worker: one event per wait, success or not.

An event is stored in Airflow's database and read by a process that may run another version of this package. So it is
plain JSON, holds no form value, and is read with suspicion: whatever is not a well-formed success raises.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from extend_provider import exceptions
from extend_provider.exceptions import ExtendError, ExtendOutcomeUnknownError
from extend_provider.kinds import RUN_KINDS

__all__ = ["check_result", "error_event", "read_event", "success_event"]


def success_event(kind: str, result: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return the event of a run that has a result.

    :return: ``kind``, ``error`` (``None``) and the keys of the result, named as in XCom.
    """
    return {"kind": kind, "error": None, **result}


def error_event(kind: str, run_id: str, error: ExtendError) -> dict[str, Any]:
    """
    Return the event of a wait that ended without a result.

    :return: ``kind``, ``run_id`` and ``error``, from which :func:`read_event` makes the same exception again.
    """
    return {"kind": kind, "run_id": run_id, "error": {"type": type(error).__name__, **vars(error)}}


def read_event(event: Any) -> dict[str, Any]:
    """
    Return the result that an event carries.

    :return: the run's result, as :func:`extend_provider.results.describe` makes it.
    :raises ExtendError: the error that the event carries, of the type that the trigger saw.
    :raises ExtendOutcomeUnknownError: there is no event, or it is not one of ours.
    """
    if not isinstance(event, Mapping) or not _is_name(event.get("run_id")):
        raise ExtendOutcomeUnknownError(
            "The trigger gave no usable event, so the end of the run is unknown.",
            hint="See the triggerer's log, and wait for the run's id (XCom run_id) with a sensor; create no other.",
        )
    if (error := event.get("error")) is not None:
        raise _restored(error, event["run_id"])
    check_result(str(event.get("kind")), event)
    facts = {name: event[name] if is_one(event.get(name)) else None for name, is_one in _FACTS.items()}
    result = {key: value for key, value in event.items() if key not in {"kind", "error"}} | facts
    if "filled_fields" in result and not _are_names(result["filled_fields"]):
        result["filled_fields"] = []
    return result


def check_result(kind: str, result: Mapping[str, Any]) -> None:
    """
    Make sure that a result carries what a run of its kind must have given.

    :param kind: name of the kind: what an event calls itself may be missing, or be wrong for the task that it wakes.
    :param result: the result, with a ``run_id``.
    :raises ExtendOutcomeUnknownError: it does not.
    """
    if not _is_name(result.get("status")) or not _has_output(kind, result):
        raise ExtendOutcomeUnknownError(
            f"The event about run {result['run_id']} carries no result that can be used.",
            hint="Are worker and triggerer of the same version? Wait for the run's id with a sensor; create no other.",
            run_id=result["run_id"],
        )


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_text(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _is_switch(value: Any) -> bool:
    return isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and (isinstance(value, int) or math.isfinite(value))
    )


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _has_output(kind_name: str, result: Mapping[str, Any]) -> bool:
    ids = result.get("output_file_ids")
    kind = RUN_KINDS.get(kind_name)
    needs_file, needs_schema = (kind.gives_file, kind.gives_schema) if kind else (False, False)
    has_schema = isinstance(result.get("schema"), dict) or not needs_schema
    return _are_names(ids) and all(ids or []) and (bool(ids) or not needs_file) and has_schema


# What the result tells besides; a malformed one is worth less than the result.
_FACTS: dict[str, Callable[[Any], bool]] = {
    "credits": _is_number,
    "page_count": _is_number,
}

# What errors know. A wrong type would break whoever handles the error.
_ERROR_FACTS: dict[str, Callable[[Any], bool]] = {
    "message": _is_name,
    "hint": _is_text,
    "status_code": lambda value: value is None or (_is_number(value) and isinstance(value, int)),
    "code": _is_text,
    "request_id": _is_text,
    "doc_url": _is_text,
    "retryable": _is_switch,
    "retry_after": lambda value: value is None or _is_number(value),
    "sent": _is_switch,
    "run_id": _is_text,
    "kind": _is_name,
    "status": _is_text,
    "reason": _is_text,
    "failure_message": _is_text,
    "__notes__": _are_names,
}


def _restored(error: Any, run_id: str) -> ExtendError:
    """Make the exception again; a type that this version does not know becomes the root of all."""
    if not isinstance(error, Mapping) or not _is_name(error.get("message")):
        return ExtendOutcomeUnknownError(
            f"The trigger reported an error about run {run_id} that cannot be read.",
            hint="See the triggerer's log, and wait for the run's id with a sensor; create no other.",
            run_id=run_id,
        )
    name = error.get("type")
    cls = getattr(exceptions, name) if isinstance(name, str) and name in exceptions.__all__ else ExtendError
    facts = {key: value for key, value in error.items() if key != "type" and _may_be_set(key, value)}
    return exceptions.restore(cls, {"run_id": run_id, **facts} if hasattr(cls, "run_id") else facts)


def _may_be_set(name: Any, value: Any) -> bool:
    """Whether an error may have this attribute: a known fact, or news of a later version that hides nothing."""
    if name in _ERROR_FACTS:
        return _ERROR_FACTS[name](value)
    return isinstance(name, str) and name.isidentifier() and name[0] != "_" and not hasattr(ExtendError, name)
