from __future__ import annotations

import time

import httpx


def test_requests_are_recorded(client, local, form):
    file_id = local.add_file("form.pdf", form)
    body = {"file": {"id": file_id}, "config": {"instructions": "x"}}
    before = time.time()
    client.post("/edit_runs", json=body, headers={"x-extra": "yes"})
    client.get("/edit_runs", params={"status": "FAILED", "maxPageSize": 3})
    client.delete("/edit_runs/edr_none")
    created, listed, deleted = local.requests
    assert (created.method, created.path, created.status, created.body) == ("POST", "/edit_runs", 200, body)
    assert created.headers["x-extra"] == "yes"
    assert created.headers["x-extend-api-version"] == "2026-02-09"
    assert before <= created.time <= time.time()
    assert created.duration > 0
    assert listed.query == {"status": "FAILED", "maxPageSize": "3"}
    assert listed.body is None
    assert deleted.status == 404


def test_secrets_are_redacted(client, local, form):
    url = client.get(f"/files/{local.add_file('form.pdf', form)}").json()["presignedUrl"]
    httpx.get(url)
    assert local.api_key not in str(local.requests)
    asked, downloaded = local.requests
    assert asked.headers["authorization"] == "Bearer [redacted]"
    assert "authorization" not in downloaded.headers
    assert downloaded.query["signature"] == "[redacted]"
    assert url.partition("signature=")[2] not in str(local.requests)


def test_uploads_are_recorded_by_name_and_size(client, local, form):
    client.post("/files/upload", files={"file": ("my form.pdf", form)}, data={"password": "opensesame"})
    [record] = local.requests
    assert (record.file_name, record.file_size, record.status) == ("my form.pdf", len(form), 200)
    assert record.body is None
    assert "opensesame" not in str(record)


def test_refused_requests_are_recorded_too(local):
    httpx.post(local.base_url + "/edit_runs", json={"a": 1}, headers={"Authorization": "Bearer wrong"})
    httpx.post(local.base_url + "/edit_runs", content=b"{", headers={"content-type": "application/json"})
    assert [(record.status, record.body) for record in local.requests] == [(401, {"a": 1}), (401, None)]
    assert "wrong" not in str(local.requests[0].headers)


def test_control_calls_are_not_recorded(client, local):
    client.get("/_local/runs")
    assert local.requests == []
