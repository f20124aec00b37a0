"""Sending webhook events: signed, with retries, the payload inline or behind a presigned URL."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import time
from collections import deque
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from extend_provider.local.batch_views import batch_run, batch_status
from extend_provider.local.kinds import KINDS
from extend_provider.local.presign import Links, Presigner
from extend_provider.local.records import PROCESSED, UNFINISHED
from extend_provider.local.run_views import RunViews
from extend_provider.local.stamps import new_id
from extend_provider.local.webhook_events import STEP_EVENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from extend_provider.local.records import RunRecord, WebhookEndpointRecord
    from extend_provider.local.store import Store

logger = logging.getLogger(__name__)

ATTEMPTS = 5
TIMEOUT = 30.0
_URL_TTL = 3600.0
_MAX_DELIVERIES = 10_000
_GOOD = range(200, 300)


@dataclass(frozen=True)
class Event:
    """
    Something that has happened.

    :param id: its id; the same in all deliveries of the event to one endpoint.
    :param type: wire value such as ``extract_run.processed``.
    :param payload: wire form of what it is about.
    """

    id: str
    type: str
    payload: dict[str, Any]


@dataclass(frozen=True)
class Delivery:
    """
    One attempt to deliver an event.

    :param event_id: id of the event.
    :param event_type: its type.
    :param url: where it went.
    :param status: HTTP status of the answer; None when there was none.
    :param time: Unix timestamp.
    """

    event_id: str
    event_type: str
    url: str
    status: int | None
    time: float

    def as_json(self) -> dict[str, Any]:
        """:return: wire form of the control API."""
        return asdict(self)


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """
    Sign a delivery.

    :param secret: signing secret of the endpoint.
    :param timestamp: value of ``x-extend-request-timestamp``.
    :param body: the request body.
    :return: value of ``x-extend-request-signature``.
    """
    return hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()


class Webhooks:
    """
    Sends events. Lives on the event loop.

    :param store: endpoints, subscriptions and what events are about.
    :param presigner: signs the URLs in payloads.
    :param retry_delay: seconds before the second attempt; it doubles each time.
    """

    def __init__(self, store: Store, presigner: Presigner, retry_delay: float) -> None:
        self._store = store
        self._presigner = presigner
        self._retry_delay = retry_delay
        self._client: httpx.AsyncClient | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._sent: dict[str, tuple[Event, str]] = {}
        self.base_url = ""
        self.deliveries: deque[Delivery] = deque(maxlen=_MAX_DELIVERIES)

    def run_ended(self, run: RunRecord) -> None:
        """:param run: a run of a client whose status has become a final one, or ``NEEDS_REVIEW``."""
        if not self._store.webhook_endpoints:
            return
        kind = KINDS[run.kind]
        views = RunViews(self._store, Links(self._presigner, self.base_url), KINDS)
        if run.status in kind.events:
            payload = views.event(run)
            for step in payload.get("stepRuns") or [] if not run.details.get("reviewed") else []:
                if step["status"] == PROCESSED:
                    self._emit(STEP_EVENT, step, run)
            self._emit(kind.events[run.status], payload, run)
        batch = self._store.batches.get(run.batch_id or "")
        if batch is not None and kind.batch is not None:
            status = batch_status(batch.id, self._store)
            if status not in UNFINISHED and status in kind.batch.events:
                self._emit(kind.batch.events[status], batch_run(batch, self._store), run)

    def redeliver(self, event_id: str) -> None:
        """
        Send an event once more, as the dashboard's manual retry does.

        :param event_id: id of an event that was sent.
        :raises KeyError: no such event.
        """
        event, endpoint_id = self._sent[event_id]
        self._deliver(event, self._store.webhook_endpoints[endpoint_id])

    def clear(self) -> None:
        """Forget the deliveries, and stop those that are under way."""
        for task in self._tasks:
            task.cancel()
        self._sent.clear()
        self.deliveries.clear()

    async def stop(self) -> None:
        """Stop sending; what has not been delivered is lost."""
        self.clear()
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _emit(self, event_type: str, payload: dict[str, Any], run: RunRecord) -> None:
        for endpoint in self._interested(event_type, run.processor):
            event = Event(new_id("event_"), event_type, payload)
            self._sent[event.id] = event, endpoint.id
            self._deliver(event, endpoint)

    def _interested(self, event_type: str, resource_id: str | None) -> Iterator[WebhookEndpointRecord]:
        subscribed = {
            item.webhook_endpoint_id
            for item in self._store.webhook_subscriptions.values()
            if item.resource_id == resource_id and event_type in item.enabled_events
        }
        for endpoint in self._store.webhook_endpoints.values():
            wanted = event_type in endpoint.enabled_events or endpoint.id in subscribed
            if wanted and endpoint.status == "enabled":
                yield endpoint

    def _deliver(self, event: Event, endpoint: WebhookEndpointRecord) -> None:
        task = asyncio.get_running_loop().create_task(self._send(event, endpoint))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, event: Event, endpoint: WebhookEndpointRecord) -> None:
        body = self._body(event, endpoint)
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(self._retry_delay * 2 ** (attempt - 1))
            status = await self._post(body, endpoint)
            self.deliveries.append(Delivery(event.id, event.type, endpoint.url, status, time.time()))
            if status in _GOOD:
                return
        logger.warning("%s %s was not accepted", event.id, event.type)

    async def _post(self, body: bytes, endpoint: WebhookEndpointRecord) -> int | None:
        import httpx

        if self._client is None:
            self._client = httpx.AsyncClient(timeout=TIMEOUT, trust_env=False, follow_redirects=False)
        timestamp = str(int(time.time()))
        headers = {
            **((endpoint.advanced_options or {}).get("headers") or {}),
            "Content-Type": "application/json",
            "x-extend-api-version": endpoint.api_version,
            "x-extend-request-timestamp": timestamp,
            "x-extend-request-signature": sign(endpoint.signing_secret, timestamp, body),
        }
        try:
            return (await self._client.post(endpoint.url, content=body, headers=headers)).status_code
        except (httpx.HTTPError, httpx.InvalidURL):
            return None

    def _body(self, event: Event, endpoint: WebhookEndpointRecord) -> bytes:
        payload = event.payload
        options = (endpoint.advanced_options or {}).get("payload") or {}
        data = _json(payload)
        if options.get("format") == "url" and len(data) > (options.get("urlThresholdBytes") or 0):
            self._store.blob(event.id).write_bytes(data)
            url = self._presigner.url(self.base_url, event.id, "payload.json", _URL_TTL)
            payload = {
                "object": "signed_data_url",
                "data": url,
                "id": payload["id"],
                "metadata": payload.get("metadata") or {},
            }
        return _json({"eventId": event.id, "eventType": event.type, "payload": payload})


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
