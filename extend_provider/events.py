"""
From the triggerer to the worker: one event per wait, success or not.

An event is stored in Airflow's database and read by a process that may run another version of this package. So it is
plain JSON, holds no form value, and is read with suspicion: whatever is not a well-formed success raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from extend_provider import exceptions
from extend_provider.exceptions import ExtendError, ExtendOutcomeUnknownError

__all__ = ["error_event", "read_event", "success_event"]


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
    if not isinstance(event, Mapping) or not isinstance(event.get("run_id"), str):
        raise ExtendOutcomeUnknownError(
            "The trigger gave no usable event, so the end of the run is unknown.",
            hint="See the triggerer's log, and wait for the run's id (XCom run_id) with a sensor; create no other.",
        )
    if (error := event.get("error")) is not None:
        raise _restored(error, event["run_id"])
    file_ids = event.get("output_file_ids")
    if not isinstance(event.get("status"), str) or not _are_ids(file_ids):
        raise ExtendOutcomeUnknownError(
            f"The event about run {event['run_id']} carries no result that can be used.",
            hint="Are worker and triggerer of the same version? Wait for the run's id with a sensor; create no other.",
            run_id=event["run_id"],
        )
    return {key: value for key, value in event.items() if key not in {"kind", "error"}}


def _are_ids(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(item, str) and item for item in value)


def _restored(error: Any, run_id: str) -> ExtendError:
    """Make the exception again; a type that this version does not know becomes the root of all."""
    if not isinstance(error, Mapping) or not isinstance(error.get("message"), str):
        return ExtendOutcomeUnknownError(
            f"The trigger reported an error about run {run_id} that cannot be read.",
            hint="See the triggerer's log, and wait for the run's id with a sensor; create no other.",
            run_id=run_id,
        )
    name = str(error.get("type"))
    cls = getattr(exceptions, name) if name in exceptions.__all__ else ExtendError
    return exceptions.restore(cls, {key: value for key, value in error.items() if key != "type"})
