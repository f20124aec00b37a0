from __future__ import annotations

import hashlib
import hmac
import json

import httpx
import pytest

from extend_provider.local.webhooks import sign

SCHEMA = {"type": "object", "properties": {"total": {"type": "number"}}}


def test_the_signature_is_that_of_the_documentation():
    body = (
        b'{"eventId":"event_7Qm2","eventType":"edit_run.processed",'
        b'"payload":{"object":"edit_run","id":"edr_h4Lk9PzQ2wNc7RtY"}}'
    )
    expected = "800ce5b9cdd6873626ef5937f1ef566a9321c181860a554897a51a6b4a7af3c4"
    assert sign("wss_local_stand_in_secret_01", "1798761600", body) == expected


@pytest.fixture
def listen(client, web):
    """Create an endpoint for these events; its wire form with the secret."""

    def run(*events, **body):
        body = {"url": web.url + "/hook", "name": "n", "apiVersion": "2026-02-09", "enabledEvents": events, **body}
        return client.post("/webhook_endpoints", json=body).raise_for_status().json()

    return run


@pytest.fixture
def events(web, helpers):
    """Wait for so many deliveries; their bodies."""

    def wait(number):
        helpers.poll(lambda: len(web.received) >= number)
        return [json.loads(body) for _, body in web.received]

    return wait


def extract(client, helpers, **body):
    return helpers.run(client, "/extract_runs", **{"file": {"text": "Total: 5"}, **body})


def test_events_are_signed(client, web, helpers, listen, events):
    endpoint = listen("extract_run.processed", advancedOptions={"headers": {"X-Own": "yes"}})
    run = extract(client, helpers, metadata={"a": "ü"})
    [event] = events(1)
    assert list(event) == ["eventId", "eventType", "payload"]
    assert event["eventId"].startswith("event_")
    assert event["eventType"] == "extract_run.processed"
    assert event["payload"] == run
    [(headers, body)] = web.received
    timestamp = headers["x-extend-request-timestamp"]
    message = b"v0:" + timestamp.encode() + b":" + body
    expected = hmac.new(endpoint["signingSecret"].encode(), message, hashlib.sha256).hexdigest()
    assert headers["x-extend-request-signature"] == expected
    assert headers["x-extend-api-version"] == "2026-02-09"
    assert headers["x-own"] == "yes"
    assert headers["content-type"] == "application/json"


def test_only_the_wanted_events_are_sent(client, local, helpers, listen, events, web):
    listen("extract_run.failed", "edit_run.failed", "parse_run.failed")
    listen("extract_run.failed", status="disabled")
    extract(client, helpers)
    local.inject("fail", reason="PARSING_ERROR")
    failed = extract(client, helpers)
    [event] = events(1)
    assert (event["eventType"], event["payload"]["id"]) == ("extract_run.failed", failed["id"])


def test_payloads_of_the_kinds(client, local, helpers, form, listen, events):
    listen("edit_run.processed", "form_detection_run.processed", "parse_run.processed")
    file = {"id": local.add_file("a.pdf", form)}
    edited = helpers.run(client, "/edit_runs", file=file, config=helpers.value_config())
    detected = helpers.run(client, "/form_detection_runs", file=file)
    parsed = helpers.run(client, "/parse_runs", file=file, metadata={"a": 1})
    by_type = {event["eventType"]: event["payload"] for event in events(3)}
    payload = by_type["edit_run.processed"]
    assert {**payload, "output": None} == {**edited, "output": None}
    assert httpx.get(payload["output"]["editedFile"]["presignedUrl"]).content.startswith(b"%PDF")
    assert by_type["form_detection_run.processed"] == detected
    assert by_type["parse_run.processed"] == {
        "object": "parse_run_status",
        "id": parsed["id"],
        "status": "PROCESSED",
        "failureReason": None,
        "failureMessage": None,
        "metadata": {"a": 1},
    }


def test_large_payloads_go_by_url(client, helpers, listen, events):
    options = {"payload": {"format": "url", "urlThresholdBytes": 100}}
    listen("extract_run.processed", "batch_parse_run.processed", advancedOptions=options)
    run = extract(client, helpers, metadata={"a": 1})
    [event] = events(1)
    payload = event["payload"]
    assert set(payload) == {"object", "data", "id", "metadata"}
    assert (payload["object"], payload["id"], payload["metadata"]) == ("signed_data_url", run["id"], {"a": 1})
    assert httpx.get(payload["data"]).json() == run
    assert httpx.get(payload["data"][:-1]).status_code == 403


def test_small_payloads_stay_inline(client, helpers, listen, events):
    listen("extract_run.processed", advancedOptions={"payload": {"format": "url", "urlThresholdBytes": 100_000}})
    run = extract(client, helpers)
    assert events(1)[0]["payload"] == run


def test_failed_deliveries_are_repeated(client, local, web, helpers, listen, events):
    listen("extract_run.processed")
    web.refusals = 2
    extract(client, helpers)
    assert len({event["eventId"] for event in events(3)}) == 1
    helpers.poll(lambda: len(local.webhook_deliveries) == 3)
    assert [item.status for item in local.webhook_deliveries] == [500, 500, 200]
    moments = [item.time for item in local.webhook_deliveries]
    assert moments[2] - moments[1] > moments[1] - moments[0]
    listed = client.get("/_local/webhooks").json()["deliveries"]
    assert listed[0]["event_type"] == "extract_run.processed"


def test_endpoints_that_cannot_be_reached_are_given_up(start, helpers):
    service, client = start(webhook_retry_delay=0.01)
    body = {"url": "http://127.0.0.1:9/", "name": "n", "apiVersion": "2026-02-09"}
    client.post("/webhook_endpoints", json={**body, "enabledEvents": ["extract_run.processed"]})
    extract(client, helpers)
    helpers.poll(lambda: len(service.webhook_deliveries) == 5)
    assert {item.status for item in service.webhook_deliveries} == {None}


def test_events_can_be_sent_again(client, local, web, helpers, listen, events):
    listen("extract_run.processed")
    extract(client, helpers)
    event_id = events(1)[0]["eventId"]
    local.redeliver(event_id)
    assert client.post(f"/_local/webhooks/{event_id}/redeliver").json() == {"id": event_id}
    assert [event["eventId"] for event in events(3)] == [event_id] * 3
    assert client.post("/_local/webhooks/event_none/redeliver").status_code == 404


def test_resource_subscriptions(client, local, helpers, listen, events):
    endpoint = listen()
    mine, other = (local.add_extractor(name, {"schema": SCHEMA}) for name in ("mine", "other"))
    body = {"webhookEndpointId": endpoint["id"], "resourceType": "extractor", "resourceId": mine}
    client.post("/webhook_subscriptions", json={**body, "enabledEvents": ["extract_run.processed"]}).raise_for_status()
    extract(client, helpers, extractor={"id": other})
    run = extract(client, helpers, extractor={"id": mine})
    assert [event["payload"]["id"] for event in events(1)] == [run["id"]]


def test_workflow_events(client, local, helpers, listen, events):
    endpoint = listen()
    steps = [{"type": "EXTRACT", "config": {"extractorConfig": {"schema": SCHEMA}}}, {"type": "HUMAN_REVIEW"}]
    workflow_id = local.add_workflow("w", steps)
    body = {"webhookEndpointId": endpoint["id"], "resourceType": "workflow", "resourceId": workflow_id}
    wanted = ["workflow_run.needs_review", "workflow_run.completed", "workflow_run.step_run.processed"]
    client.post("/webhook_subscriptions", json={**body, "enabledEvents": wanted}).raise_for_status()
    run = helpers.run(client, "/workflow_runs", workflow={"id": workflow_id}, file={"text": "Total: 5"})
    assert {event["eventType"] for event in events(2)} == {wanted[0], wanted[2]}
    local.approve(run["id"])
    completed = events(3)[2]
    assert (completed["eventType"], completed["payload"]["status"]) == ("workflow_run.completed", "PROCESSED")
    [step] = [event["payload"] for event in events(3) if event["eventType"] == wanted[2]]
    assert step == run["stepRuns"][0]


def test_batch_events(client, helpers, listen, events):
    listen("batch_parse_run.processed", "parse_run.processed")
    inputs = [{"file": {"text": "one"}}, {"file": {"text": "two"}}]
    batch = client.post("/parse_runs/batch", json={"inputs": inputs}).json()
    found = events(3)
    [event] = [event for event in found if event["eventType"] == "batch_parse_run.processed"]
    assert event["payload"] == {**batch, "status": "PROCESSED"}


def test_cancelled_runs_send_nothing_but_of_workflows(start, web, helpers):
    service, client = start(processing_time=600)
    events = ["extract_run.processed", "extract_run.failed", "parse_run.failed"]
    body = {"url": web.url, "name": "n", "apiVersion": "2026-02-09", "enabledEvents": events}
    client.post("/webhook_endpoints", json=body).raise_for_status()
    run_id = client.post("/extract_runs", json={"file": {"text": "a: b"}}).json()["id"]
    client.post(f"/extract_runs/{run_id}/cancel")
    last = client.post("/extract_runs", json={"file": {"text": "a: b"}}).json()["id"]
    service.finish_run(last)
    helpers.poll(lambda: web.received)
    assert [json.loads(body)["payload"]["id"] for _, body in web.received] == [last]


def test_deliveries_under_way_do_not_hold_the_end_up(start, helpers):
    service, client = start(webhook_retry_delay=600)
    body = {"url": "http://127.0.0.1:9/", "name": "n", "apiVersion": "2026-02-09"}
    client.post("/webhook_endpoints", json={**body, "enabledEvents": ["extract_run.processed"]})
    extract(client, helpers)
    helpers.poll(lambda: service.webhook_deliveries)
    service.stop()
