"""Endpoints that manage webhook endpoints and their subscriptions to single resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from starlette.responses import JSONResponse
from starlette.routing import Route

from extend_provider.local.bodies import as_object, as_text, query_choice, read_object, refuse_unknown
from extend_provider.local.errors import invalid, not_found
from extend_provider.local.file_input import check_url
from extend_provider.local.paging import Pager
from extend_provider.local.processors import find_processor
from extend_provider.local.records import WebhookEndpointRecord, WebhookSubscriptionRecord
from extend_provider.local.service import service_of
from extend_provider.local.settings import API_VERSION
from extend_provider.local.stamps import new_id, utc_now
from extend_provider.local.webhook_events import ENDPOINT_EVENTS, RESOURCE_EVENTS, check_events

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from starlette.requests import Request

    R = TypeVar("R", WebhookEndpointRecord, WebhookSubscriptionRecord)

_STATUSES = ("enabled", "disabled")
_FORMATS = ("json", "url")
_CHANGEABLE = ("url", "name", "status", "enabledEvents", "advancedOptions")


async def create_endpoint(request: Request) -> JSONResponse:
    """Create a webhook endpoint; only this answer has the signing secret."""
    body = await read_object(request)
    refuse_unknown(body, (*_CHANGEABLE, "apiVersion"), "a webhook endpoint")
    if body.get("apiVersion") != API_VERSION:
        raise invalid(f"apiVersion must be {API_VERSION}, the only one that the local service speaks.")
    for name in ("url", "name", "enabledEvents"):
        if body.get(name) is None:
            raise invalid(f"{name} is required.")
    store = service_of(request).store
    record = WebhookEndpointRecord(
        id=new_id("wh_"),
        url="",
        name="",
        signing_secret=new_id("wss_"),
        created_at=utc_now(),
        order=store.next_order(),
    )
    _change(record, body)
    store.webhook_endpoints.keep(record)
    return JSONResponse({**record.as_json(), "signingSecret": record.signing_secret})


async def list_endpoints(request: Request) -> JSONResponse:
    """Answer a page of webhook endpoints."""
    status = query_choice(request, "status", _STATUSES)
    records = service_of(request).store.webhook_endpoints.values()
    return _page(request, (record for record in records if status in (None, record.status)))


async def get_endpoint(request: Request) -> JSONResponse:
    """Answer one webhook endpoint."""
    return JSONResponse(_endpoint(request, request.path_params["id"]).as_json())


async def update_endpoint(request: Request) -> JSONResponse:
    """Change a webhook endpoint."""
    record = _endpoint(request, request.path_params["id"])
    body = await read_object(request)
    refuse_unknown(body, _CHANGEABLE, "an update")
    _change(record, body)
    service_of(request).store.webhook_endpoints.keep(record)
    return JSONResponse(record.as_json())


async def delete_endpoint(request: Request) -> JSONResponse:
    """Delete a webhook endpoint with its subscriptions."""
    store = service_of(request).store
    record = _endpoint(request, request.path_params["id"])
    store.webhook_endpoints.drop(record.id)
    for item in list(store.webhook_subscriptions.values()):
        if item.webhook_endpoint_id == record.id:
            store.webhook_subscriptions.drop(item.id)
    return JSONResponse({"id": record.id})


async def create_subscription(request: Request) -> JSONResponse:
    """Subscribe an endpoint to the events of one resource; a second time changes the events."""
    body = await read_object(request)
    refuse_unknown(body, ("webhookEndpointId", "resourceType", "resourceId", "enabledEvents"), "a webhook subscription")
    endpoint = _endpoint(request, as_text(body.get("webhookEndpointId"), "webhookEndpointId"))
    role = body.get("resourceType")
    if role not in RESOURCE_EVENTS:
        raise invalid(f"resourceType must be one of {', '.join(RESOURCE_EVENTS)}.")
    store = service_of(request).store
    resource = find_processor(role, {"id": as_text(body.get("resourceId"), "resourceId")}, store)
    events = check_events(body.get("enabledEvents"), RESOURCE_EVENTS[role])
    same = (
        item
        for item in store.webhook_subscriptions.values()
        if (item.webhook_endpoint_id, item.resource_id) == (endpoint.id, resource.id)
    )
    record = next(same, None) or WebhookSubscriptionRecord(
        new_id("whes_"), endpoint.id, role, resource.id, utc_now(), store.next_order()
    )
    record.enabled_events = events
    store.webhook_subscriptions.keep(record)
    return JSONResponse(record.as_json())


async def list_subscriptions(request: Request) -> JSONResponse:
    """Answer a page of webhook subscriptions."""
    endpoint, resource = (request.query_params.get(name) for name in ("webhookEndpointId", "resourceId"))
    records = service_of(request).store.webhook_subscriptions.values()
    wanted = (
        item
        for item in records
        if endpoint in (None, item.webhook_endpoint_id) and resource in (None, item.resource_id)
    )
    return _page(request, wanted)


async def get_subscription(request: Request) -> JSONResponse:
    """Answer one webhook subscription."""
    return JSONResponse(_subscription(request).as_json())


async def update_subscription(request: Request) -> JSONResponse:
    """Change the events of a webhook subscription."""
    record = _subscription(request)
    body = await read_object(request)
    refuse_unknown(body, ("enabledEvents",), "an update")
    record.enabled_events = check_events(body.get("enabledEvents"), RESOURCE_EVENTS[record.resource_type])
    service_of(request).store.webhook_subscriptions.keep(record)
    return JSONResponse(record.as_json())


async def delete_subscription(request: Request) -> JSONResponse:
    """Delete a webhook subscription."""
    record = _subscription(request)
    service_of(request).store.webhook_subscriptions.drop(record.id)
    return JSONResponse({"id": record.id})


def _endpoint(request: Request, endpoint_id: str) -> WebhookEndpointRecord:
    return _known(service_of(request).store.webhook_endpoints, endpoint_id, "Webhook endpoint")


def _subscription(request: Request) -> WebhookSubscriptionRecord:
    records = service_of(request).store.webhook_subscriptions
    return _known(records, request.path_params["id"], "Webhook subscription")


def _known(records: Mapping[str, R], record_id: str, label: str) -> R:
    record = records.get(record_id)
    if record is None:
        raise not_found(label, record_id)
    return record


def _page(request: Request, records: Iterable[WebhookEndpointRecord | WebhookSubscriptionRecord]) -> JSONResponse:
    pager = Pager(request, service_of(request).keys.signing_secret, ("createdAt",))
    return JSONResponse(pager.page(records, lambda item: (item.created_at, item.order), lambda item: item.as_json()))


def _change(record: WebhookEndpointRecord, body: dict[str, Any]) -> None:
    """Check everything that was sent before anything is changed."""
    changes: dict[str, Any] = {}
    if body.get("url") is not None:
        changes["url"] = check_url(body["url"], "url")
    if body.get("name") is not None:
        changes["name"] = as_text(body["name"], "name")
    if body.get("status") is not None:
        if body["status"] not in _STATUSES:
            raise invalid(f"status must be one of {', '.join(_STATUSES)}.")
        changes["status"] = body["status"]
    if body.get("enabledEvents") is not None:
        changes["enabled_events"] = check_events(body["enabledEvents"], ENDPOINT_EVENTS)
    if body.get("advancedOptions") is not None:
        changes["advanced_options"] = {**(record.advanced_options or {}), **_options(body["advancedOptions"])}
    for name, value in changes.items():
        setattr(record, name, value)


def _options(value: Any) -> dict[str, Any]:
    options = as_object(value, "advancedOptions")
    refuse_unknown(options, ("headers", "payload"), "advancedOptions")
    if options.get("headers") is not None:
        headers = as_object(options["headers"], "advancedOptions.headers")
        if not all(isinstance(text, str) for text in headers.values()):
            raise invalid("advancedOptions.headers must map names to strings.")
    if options.get("payload") is not None:
        payload = as_object(options["payload"], "advancedOptions.payload")
        refuse_unknown(payload, ("format", "urlThresholdBytes"), "advancedOptions.payload")
        if payload.get("format") not in _FORMATS:
            raise invalid(f"advancedOptions.payload.format must be one of {', '.join(_FORMATS)}.")
        threshold = payload.get("urlThresholdBytes")
        if threshold is not None and (not isinstance(threshold, int) or isinstance(threshold, bool) or threshold < 0):
            raise invalid("advancedOptions.payload.urlThresholdBytes must be an integer, 0 or more.")
    return options


ROUTES = [
    Route("/webhook_endpoints", create_endpoint, methods=["POST"]),
    Route("/webhook_endpoints", list_endpoints, methods=["GET"]),
    Route("/webhook_endpoints/{id}", get_endpoint, methods=["GET"]),
    Route("/webhook_endpoints/{id}", update_endpoint, methods=["POST"]),
    Route("/webhook_endpoints/{id}", delete_endpoint, methods=["DELETE"]),
    Route("/webhook_subscriptions", create_subscription, methods=["POST"]),
    Route("/webhook_subscriptions", list_subscriptions, methods=["GET"]),
    Route("/webhook_subscriptions/{id}", get_subscription, methods=["GET"]),
    Route("/webhook_subscriptions/{id}", update_subscription, methods=["POST"]),
    Route("/webhook_subscriptions/{id}", delete_subscription, methods=["DELETE"]),
]
