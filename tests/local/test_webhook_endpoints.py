from __future__ import annotations

import pytest

GOOD = {
    "url": "https://example.com/hook",
    "name": "Runs",
    "enabledEvents": ["edit_run.processed", "extractor.created"],
    "apiVersion": "2026-02-09",
}


@pytest.fixture
def endpoint(client):
    return client.post("/webhook_endpoints", json=GOOD).raise_for_status().json()


def test_the_secret_is_told_once(client, endpoint):
    assert endpoint["signingSecret"].startswith("wss_")
    assert endpoint["id"].startswith("wh_")
    again = client.get(f"/webhook_endpoints/{endpoint['id']}").json()
    assert again == {name: value for name, value in endpoint.items() if name != "signingSecret"}
    assert (again["object"], again["status"], again["advancedOptions"]) == ("webhook_endpoint", "enabled", None)


def test_endpoints_are_listed_changed_and_deleted(client, endpoint):
    other = client.post("/webhook_endpoints", json={**GOOD, "name": "Other", "status": "disabled"}).json()

    def listed(**query):
        return [item["name"] for item in client.get("/webhook_endpoints", params=query).json()["data"]]

    assert listed() == ["Other", "Runs"]
    assert listed(status="enabled", sortDir="asc") == ["Runs"]
    path = f"/webhook_endpoints/{endpoint['id']}"
    options = {"headers": {"a": "b"}}
    changed = client.post(path, json={"name": "New", "status": "disabled", "advancedOptions": options}).json()
    assert (changed["name"], changed["status"], changed["advancedOptions"]) == ("New", "disabled", options)
    assert changed["url"] == GOOD["url"]
    assert client.post(path, json={"apiVersion": "2026-02-09"}).status_code == 400
    assert client.delete(path).json() == {"id": endpoint["id"]}
    assert client.get(path).status_code == 404
    assert listed() == [other["name"]]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"url": None}, "url"),
        ({"url": "ftp://x"}, "url"),
        ({"name": ""}, "name"),
        ({"enabledEvents": None}, "enabledEvents"),
        ({"enabledEvents": ["workflow_run.completed"]}, "workflow_run.completed"),
        ({"enabledEvents": "edit_run.failed"}, "array"),
        ({"apiVersion": "2025-04-21"}, "apiVersion"),
        ({"status": "on"}, "status"),
        ({"secret": "x"}, "secret"),
        ({"advancedOptions": {"retries": 1}}, "retries"),
        ({"advancedOptions": {"headers": {"a": 1}}}, "headers"),
        ({"advancedOptions": {"payload": {}}}, "format"),
        ({"advancedOptions": {"payload": {"format": "url", "urlThresholdBytes": -1}}}, "urlThresholdBytes"),
    ],
)
def test_bad_endpoints_are_refused_naming_the_field(client, changes, says):
    response = client.post("/webhook_endpoints", json={**GOOD, **changes})
    assert response.status_code == 400
    assert says in response.json()["message"]


def test_a_refused_change_changes_nothing(client, endpoint):
    path = f"/webhook_endpoints/{endpoint['id']}"
    assert client.post(path, json={"name": "New", "status": "on"}).status_code == 400
    assert client.get(path).json()["name"] == "Runs"


def test_subscriptions(client, local, endpoint):
    extractor_id = local.add_extractor("a", {"schema": {"type": "object", "properties": {}}})
    body = {"webhookEndpointId": endpoint["id"], "resourceType": "extractor", "resourceId": extractor_id}
    first = client.post("/webhook_subscriptions", json={**body, "enabledEvents": []}).json()
    assert (first["object"], first["id"][:5], first["enabledEvents"]) == ("webhook_subscription", "whes_", [])
    events = ["extract_run.processed", "batch_processor_run.failed"]
    second = client.post("/webhook_subscriptions", json={**body, "enabledEvents": events}).json()
    assert second == {**first, "enabledEvents": events}
    path = f"/webhook_subscriptions/{first['id']}"
    assert client.get(path).json() == second
    assert client.post(path, json={"enabledEvents": events[:1]}).json()["enabledEvents"] == events[:1]
    assert client.post(path, json={"enabledEvents": ["classify_run.failed"]}).status_code == 400
    assert len(client.get("/webhook_subscriptions", params={"resourceId": extractor_id}).json()["data"]) == 1
    assert client.get("/webhook_subscriptions", params={"webhookEndpointId": "wh_x"}).json()["data"] == []
    assert client.delete(path).json() == {"id": first["id"]}
    assert client.get(path).status_code == 404
    client.post("/webhook_subscriptions", json={**body, "enabledEvents": events})
    client.delete(f"/webhook_endpoints/{endpoint['id']}")
    assert client.get("/webhook_subscriptions").json()["data"] == []


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"webhookEndpointId": "wh_x"}, 404),
        ({"resourceId": "ex_x"}, 404),
        ({"resourceType": "file"}, 400),
        ({"enabledEvents": ["edit_run.failed"]}, 400),
        ({"name": "x"}, 400),
    ],
)
def test_bad_subscriptions_are_refused(client, local, endpoint, changes, status):
    extractor_id = local.add_extractor("a", {"schema": {"type": "object", "properties": {}}})
    body = {"webhookEndpointId": endpoint["id"], "resourceType": "extractor", "resourceId": extractor_id}
    response = client.post("/webhook_subscriptions", json={**body, "enabledEvents": [], **changes})
    assert response.status_code == status


def test_endpoints_survive_a_restart(start, tmp_path):
    service, client = start(data_dir=tmp_path)
    endpoint_id = client.post("/webhook_endpoints", json=GOOD).json()["id"]
    service.stop()
    _, client = start(data_dir=tmp_path)
    assert client.get(f"/webhook_endpoints/{endpoint_id}").status_code == 200
