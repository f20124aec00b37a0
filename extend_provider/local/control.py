"""The control API: what tests in other processes steer the service with. Needs the API key, not the version."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse
from starlette.routing import Route

from extend_provider.local.bodies import as_object, as_text, read_object, refuse_unknown
from extend_provider.local.edit_config import resolve_config
from extend_provider.local.errors import invalid, not_found
from extend_provider.local.faults import Fault
from extend_provider.local.file_input import existing_file
from extend_provider.local.kinds import PROCESSOR_CONFIGS
from extend_provider.local.service import DEFAULT_REVIEWER, service_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request


async def list_requests(request: Request) -> JSONResponse:
    """Answer the request log, oldest first."""
    return JSONResponse({"requests": [record.as_json() for record in service_of(request).log.records()]})


async def clear_requests(request: Request) -> JSONResponse:
    """Empty the request log."""
    service_of(request).log.clear()
    return JSONResponse({})


async def inject_fault(request: Request) -> JSONResponse:
    """Inject a fault."""
    body = await read_object(request)
    refuse_unknown(body, ("fault", "method", "path", "times", "skip", "options"), "a fault")
    as_text(body.get("fault"), "fault")
    for name in ("method", "path"):
        if body.get(name) is not None:
            as_text(body[name], name)
    _check_count(body.get("times", 1), "times", optional=True)
    _check_count(body.get("skip", 0), "skip", optional=False)
    as_object(body.get("options", {}), "options")
    try:
        fault = Fault(**body)
    except ValueError as error:
        raise invalid(str(error)) from None
    service_of(request).faults.add(fault)
    return JSONResponse(fault.as_json())


def _check_count(value: Any, name: str, *, optional: bool) -> None:
    if value is None and optional:
        return
    if not isinstance(value, int) or isinstance(value, bool):
        raise invalid(f"{name} must be an integer{' or null' if optional else ''}.")


async def list_faults(request: Request) -> JSONResponse:
    """Answer the faults that are not used up."""
    return JSONResponse({"faults": [fault.as_json() for fault in service_of(request).faults.active()]})


async def clear_faults(request: Request) -> JSONResponse:
    """Take all faults back."""
    service_of(request).faults.clear()
    return JSONResponse({})


async def show_runs(request: Request) -> JSONResponse:
    """Answer how many runs were created and what they cost."""
    service = service_of(request)
    runs = [{"id": run.id, "kind": run.kind, "status": run.status} for run in service.store.runs.values()]
    ledger = service.ledger
    return JSONResponse(
        {
            "created": ledger.runs_created,
            "creditsUsed": ledger.credits_used,
            "creditsLeft": ledger.credits_left,
            "runs": runs,
        }
    )


async def finish_run(request: Request) -> JSONResponse:
    """Cut the processing time of a run short."""
    service = service_of(request)
    run = service.store.runs.get(request.path_params["id"])
    if run is None:
        raise not_found("Run", request.path_params["id"])
    service.worker.finish(run)
    return JSONResponse({"id": run.id})


async def review_run(request: Request) -> JSONResponse:
    """Approve or reject a run that needs review, as a human does in the dashboard."""
    body = await read_object(request)
    refuse_unknown(body, ("approve", "user", "note"), "a review")
    if not isinstance(body.get("approve"), bool):
        raise invalid("approve must be true or false.")
    user = DEFAULT_REVIEWER if body.get("user") is None else as_text(body["user"], "user")
    note = "" if body.get("note") is None else as_text(body["note"], "note")
    run_id = request.path_params["id"]
    service_of(request).review(run_id, user, rejection=None if body["approve"] else note)
    return JSONResponse({"id": run_id})


async def seed_template(request: Request) -> JSONResponse:
    """Save an edit template, from ``fileBase64`` or the ``fileId`` of an upload."""
    body = await read_object(request)
    refuse_unknown(body, ("name", "fileId", "fileBase64", "config"), "a template")
    service = service_of(request)
    name = as_text(body.get("name"), "name")
    config = as_object(body.get("config") or {}, "config")
    resolve_config(config, {})
    if ("fileId" in body) == ("fileBase64" in body):
        raise invalid("Provide exactly one of fileId, fileBase64.")
    if "fileId" in body:
        file = existing_file(as_text(body["fileId"], "fileId"), service.store)
    else:
        file = await service.add_file(f"{name}.pdf", _decode(as_text(body["fileBase64"], "fileBase64")))
    return JSONResponse({"id": service.add_template(name, file, config).id})


def declare_processor(role: str) -> Callable[[Request], Awaitable[JSONResponse]]:
    """
    Make the endpoint that declares extractors, classifiers, splitters or workflows.

    :param role: such as ``extractor``.
    :return: the endpoint; an id that is taken already gets the new declaration.
    """

    async def declare(request: Request) -> JSONResponse:
        body = await read_object(request)
        refuse_unknown(body, ("id", "name", "config"), f"a declared {role}")
        new_id = None if body.get("id") is None else as_text(body["id"], "id")
        name, config = as_text(body.get("name"), "name"), as_object(body.get("config"), "config")
        return JSONResponse({"id": service_of(request).add_processor(role, name, config, new_id).id})

    return declare


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise invalid("fileBase64 is not valid Base64.") from None


async def list_deliveries(request: Request) -> JSONResponse:
    """Answer the attempts to deliver webhook events, oldest first."""
    return JSONResponse({"deliveries": [item.as_json() for item in service_of(request).webhooks.deliveries]})


async def redeliver(request: Request) -> JSONResponse:
    """Send a webhook event once more."""
    event_id = request.path_params["id"]
    try:
        service_of(request).webhooks.redeliver(event_id)
    except KeyError:
        raise not_found("Event", event_id) from None
    return JSONResponse({"id": event_id})


async def reset(request: Request) -> JSONResponse:
    """Forget everything but the API key."""
    service_of(request).reset()
    return JSONResponse({})


ROUTES = [
    Route("/_local/requests", list_requests, methods=["GET"]),
    Route("/_local/requests", clear_requests, methods=["DELETE"]),
    Route("/_local/faults", inject_fault, methods=["POST"]),
    Route("/_local/faults", list_faults, methods=["GET"]),
    Route("/_local/faults", clear_faults, methods=["DELETE"]),
    Route("/_local/runs", show_runs, methods=["GET"]),
    Route("/_local/runs/{id}/finish", finish_run, methods=["POST"]),
    Route("/_local/runs/{id}/review", review_run, methods=["POST"]),
    Route("/_local/templates", seed_template, methods=["POST"]),
    *(Route(f"/_local/{role}s", declare_processor(role), methods=["POST"]) for role in PROCESSOR_CONFIGS),
    Route("/_local/webhooks", list_deliveries, methods=["GET"]),
    Route("/_local/webhooks/{id}/redeliver", redeliver, methods=["POST"]),
    Route("/_local/reset", reset, methods=["POST"]),
]
