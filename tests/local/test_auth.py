from __future__ import annotations

import httpx
import pytest

VERSION = "2026-02-09"


def get(service, headers, path="/edit_runs"):
    return httpx.get(service.base_url + path, headers=headers, verify=False)


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic {key}", "{key}", "Bearer {key}x"]
)
@pytest.mark.parametrize("path", ["/edit_runs", "/files/x", "/no/such/path", "/_local/requests"])
def test_without_the_right_key_nothing_is_answered(local, authorization, path):
    headers = {"x-extend-api-version": VERSION}
    if authorization is not None:
        headers["Authorization"] = authorization.format(key=local.api_key).rstrip()
    response = get(local, headers, path)
    assert response.status_code == 401
    assert response.json()["code"] == "UNAUTHORIZED"
    assert response.json()["retryable"] is False
    assert local.api_key not in response.text


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
def test_the_right_key_is_let_in(local, scheme):
    response = get(local, {"Authorization": f"{scheme} {local.api_key}", "x-extend-api-version": VERSION})
    assert response.status_code == 200


@pytest.mark.parametrize("version", [None, "2025-04-21", "latest"])
def test_the_version_header_is_demanded(local, version):
    headers = {"Authorization": f"Bearer {local.api_key}"}
    if version:
        headers["x-extend-api-version"] = version
    response = get(local, headers)
    assert response.status_code == 400
    assert response.json()["code"] == "INVALID_REQUEST"
    assert VERSION in response.json()["message"]


def test_control_calls_need_no_version(local):
    assert get(local, {"Authorization": f"Bearer {local.api_key}"}, "/_local/runs").status_code == 200


@pytest.mark.parametrize(
    ("workspace", "status"), [(None, 400), ("", 400), ("ws_other", 403), ("ws_mine", 200)], ids=str
)
def test_organization_keys_must_name_their_workspace(start, workspace, status):
    service, _ = start(workspace_id="ws_mine")
    headers = {"Authorization": f"Bearer {service.api_key}", "x-extend-api-version": VERSION}
    if workspace is not None:
        headers["x-extend-workspace-id"] = workspace
    response = get(service, headers)
    assert response.status_code == status
    if status != 200:
        assert "workspace" in response.json()["message"]


def test_workspace_keys_ignore_the_workspace_header(client):
    assert client.get("/edit_runs", headers={"x-extend-workspace-id": "ws_any"}).status_code == 200


def test_an_unauthorized_upload_is_read_to_the_end(local):
    response = httpx.post(local.base_url + "/files/upload", files={"file": ("big.pdf", b"x" * 5_000_000)})
    assert response.status_code == 401


def test_rate_limit_counts_each_category_for_itself(start):
    _, client = start(rate_limit=1, rate_burst=2)
    assert [client.get("/edit_runs").status_code for _ in range(3)] == [200, 200, 429]
    refused = client.get("/edit_runs")
    assert refused.json()["code"] == "RATE_LIMIT_EXCEEDED"
    assert refused.json()["retryable"] is True
    assert refused.headers["Retry-After"] == "1"
    assert client.delete("/files/x").status_code == 404
    assert client.post("/edit_runs", json={}).status_code == 400


def test_rate_limit_refills(start, helpers):
    _, client = start(rate_limit=4, rate_burst=1)
    assert [client.get("/edit_runs").status_code for _ in range(2)] == [200, 429]
    helpers.poll(lambda: client.get("/edit_runs").status_code == 200)


def test_rate_limit_spares_downloads_and_control_calls(start, helpers, form):
    service, client = start(rate_limit=1)
    file_id = service.add_file("form.pdf", form)
    url = client.get(f"/files/{file_id}").json()["presignedUrl"]
    assert {httpx.get(url).status_code for _ in range(5)} == {200}
    assert {client.get("/_local/runs").status_code for _ in range(5)} == {200}
