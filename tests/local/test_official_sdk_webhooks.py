"""The vendor's own client manages webhooks and verifies what they deliver."""

from __future__ import annotations

import httpx
import pytest
from extend_ai import Extend
from extend_ai.wrapper.errors import SignedUrlNotAllowedError, WebhookSignatureVerificationError


@pytest.fixture
def sdk(local):
    with httpx.Client() as http:
        yield Extend(token=local.api_key, base_url=local.base_url, httpx_client=http)


@pytest.fixture
def endpoint(sdk, web):
    """Create an endpoint."""

    def create(*events, **options):
        return sdk.webhook_endpoints.create(
            url=web.url, name="n", enabled_events=events, api_version="2026-02-09", **options
        )

    return create


def test_events_are_verified_and_typed(sdk, web, helpers, endpoint):
    secret = endpoint("extract_run.processed").signing_secret
    run = sdk.extract(file={"text": "Total: 5"}, metadata={"a": 1})
    [(headers, body)] = helpers.poll(lambda: web.received)
    event = sdk.webhooks.verify_and_parse(body.decode(), headers, secret)
    assert event.event_type == "extract_run.processed"
    assert event.payload.id == run.id
    assert event.payload.output.value == {"total": "5"}
    assert not sdk.webhooks.verify(body + b" ", headers, secret)
    with pytest.raises(WebhookSignatureVerificationError):
        sdk.webhooks.verify_and_parse(body.decode(), headers, "wss_other")


def test_payloads_behind_a_url(sdk, web, helpers, endpoint):
    options = {"payload": {"format": "url", "url_threshold_bytes": 10}}
    secret = endpoint("extract_run.processed", advanced_options=options).signing_secret
    run = sdk.extract(file={"text": "Total: 5"}, metadata={"a": 1})
    [(headers, body)] = helpers.poll(lambda: web.received)
    with pytest.raises(SignedUrlNotAllowedError):
        sdk.webhooks.verify_and_parse(body.decode(), headers, secret)
    event = sdk.webhooks.verify_and_parse(body.decode(), headers, secret, allow_signed_url=True)
    assert (event.payload.id, event.payload.metadata) == (run.id, {"a": 1})
    assert sdk.webhooks.fetch_signed_payload_sync(event).payload.output.value == {"total": "5"}


def test_endpoints_and_subscriptions(sdk, local, endpoint):
    created = endpoint("edit_run.processed")
    assert sdk.webhook_endpoints.retrieve(created.id).enabled_events == ["edit_run.processed"]
    assert [item.id for item in sdk.webhook_endpoints.list(status="enabled").data] == [created.id]
    assert sdk.webhook_endpoints.update(created.id, status="disabled").status == "disabled"
    extractor_id = local.add_extractor("e", {"schema": {"type": "object", "properties": {}}})
    subscription = sdk.webhook_subscriptions.create(
        webhook_endpoint_id=created.id,
        resource_type="extractor",
        resource_id=extractor_id,
        enabled_events=["extract_run.processed"],
    )
    assert sdk.webhook_subscriptions.retrieve(subscription.id).resource_id == extractor_id
    assert [item.id for item in sdk.webhook_subscriptions.list(resource_id=extractor_id).data] == [subscription.id]
    changed = sdk.webhook_subscriptions.update(subscription.id, enabled_events=["extract_run.failed"])
    assert changed.enabled_events == ["extract_run.failed"]
    assert sdk.webhook_subscriptions.delete(subscription.id).id == subscription.id
    assert sdk.webhook_endpoints.delete(created.id).id == created.id
