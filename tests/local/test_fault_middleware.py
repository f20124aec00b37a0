from __future__ import annotations

import errno
import json
import socket
import time
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx
import pytest


def raw(service, method, path, body=b"", version="2026-02-09"):
    """Send a request over a bare socket; everything that comes back."""
    address = urlsplit(service.base_url)
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {service.api_key}\r\n"
        f"x-extend-api-version: {version}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        connection.sendall(head.encode() + body)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
        return received


def create_body(service, form):
    return b'{"file": {"id": "%s"}}' % service.add_file("form.pdf", form).encode()


@pytest.mark.parametrize(
    ("fault", "options", "status", "code", "retryable"),
    [
        ("rate_limit", {}, 429, "RATE_LIMIT_EXCEEDED", True),
        ("server_error", {}, 500, "INTERNAL_ERROR", True),
        ("server_error", {"status": 503}, 503, "INTERNAL_ERROR", True),
        ("unauthorized", {}, 401, "UNAUTHORIZED", False),
        ("credits", {}, 402, "USAGE_BLOCKED", False),
        ("permission", {}, 403, "FORBIDDEN", False),
    ],
)
def test_faults_that_answer_instead_of_the_service(client, local, form, fault, options, status, code, retryable):
    local.inject(fault, method="POST", path="/edit_runs", **options)
    body = create_body(local, form)
    assert client.get("/edit_runs").status_code == 200
    response = client.post("/edit_runs", content=body)
    assert response.status_code == status
    assert (response.json()["code"], response.json()["retryable"]) == (code, retryable)
    assert response.json()["requestId"] == response.headers["x-extend-request-id"]
    assert local.runs_created == 0
    assert client.post("/edit_runs", content=body).status_code == 200


def test_retry_after_in_all_forms(client, local):
    for options in ({}, {"retry_after": 7}, {"retry_after": 0.5}, {"retry_after": None}):
        local.inject("rate_limit", **options)
    local.inject("rate_limit", retry_after="date", seconds=30)
    sent = [client.get("/files").headers.get("Retry-After") for _ in range(5)]
    assert sent[:4] == ["1", "7", "0.5", None]
    assert 25 < parsedate_to_datetime(sent[4]).timestamp() - time.time() <= 30
    local.inject("server_error", status=503, retry_after=3)
    assert client.get("/files").headers["Retry-After"] == "3"


def test_server_errors_with_other_bodies(client, local):
    local.inject("server_error", status=502, html=True)
    local.inject("server_error", nested=True)
    html, nested = client.get("/files"), client.get("/files")
    assert html.status_code == 502
    assert html.headers["content-type"].startswith("text/html")
    assert nested.json()["error"]["code"] == "INTERNAL_ERROR"


def test_list_missing(client, local):
    local.inject("list_missing", times=None)
    assert client.get("/edit_runs").json()["code"] == "NOT_FOUND"
    assert client.get("/files").status_code == 200
    local.clear_faults()
    assert client.get("/edit_runs").status_code == 200


def test_not_json(client, local, form):
    local.inject("not_json", path="/edit_runs")
    response = client.post("/edit_runs", content=create_body(local, form))
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    assert local.runs_created == 0


def test_truncated_answers_are_valid_http_and_broken_json(client, local, form):
    local.inject("truncated", path="/edit_runs")
    response = client.post("/edit_runs", content=create_body(local, form))
    assert response.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        response.json()
    assert local.runs_created == 1


def test_slow(client, local):
    local.inject("slow", seconds=0.3)
    local.inject("server_error")
    began = time.monotonic()
    assert client.get("/files").status_code == 500
    assert time.monotonic() - began >= 0.3


def test_error_after_create_has_created(client, local, form):
    local.inject("error_after_create")
    assert client.post("/edit_runs", json={}).status_code == 400
    response = client.post("/edit_runs", content=create_body(local, form))
    assert response.status_code == 500
    assert response.json()["code"] == "INTERNAL_ERROR"
    assert local.runs_created == 1
    assert len(client.get("/edit_runs").json()["data"]) == 1


def test_cut_before_answers_nothing_and_does_nothing(client, local, form):
    local.inject("cut_before", method="POST")
    assert raw(local, "POST", "/edit_runs", create_body(local, form)) == b""
    assert local.runs_created == 0
    assert local.requests[-1].status is None
    assert local.requests[-1].body["file"]
    local.inject("cut_before")
    with pytest.raises(httpx.RemoteProtocolError):
        client.get("/edit_runs")
    assert client.get("/edit_runs").status_code == 200


def test_cut_after_answers_nothing_but_has_done_it(client, local, form):
    local.inject("cut_after", path="/edit_runs")
    assert raw(local, "POST", "/edit_runs", create_body(local, form)) == b""
    assert local.runs_created == 1


def test_cut_after_within_the_body(client, local, form):
    local.inject("cut_after", path="/edit_runs", where="body")
    received = raw(local, "POST", "/edit_runs", create_body(local, form))
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    assert 0 < len(body) < length
    assert local.runs_created == 1


@pytest.mark.parametrize("fault", ["cut_before", "cut_after"])
def test_connections_can_be_reset(local, fault):
    local.inject(fault, reset=True)
    with pytest.raises(ConnectionResetError) as caught:
        raw(local, "GET", "/edit_runs")
    assert caught.value.errno == errno.ECONNRESET


def test_uploads_can_be_cut(client, local, form):
    local.inject("cut_before", path="/files/upload")
    local.inject("cut_after", path="/files/upload")
    for stored in (0, 1):
        with pytest.raises(httpx.RemoteProtocolError):
            client.post("/files/upload", files={"file": ("a.pdf", form)})
        assert len(client.get("/files").json()["data"]) == stored


def test_downloads_can_be_cut_and_resumed(client, local, form):
    url = client.get(f"/files/{local.add_file('form.pdf', form)}").json()["presignedUrl"]
    local.inject("download_cut", after=100)
    chunks = []
    with httpx.stream("GET", url) as response, pytest.raises(httpx.RemoteProtocolError):
        chunks.extend(response.iter_bytes())
    received = b"".join(chunks)
    assert received == form[:100]
    rest = httpx.get(url, headers={"Range": "bytes=100-"})
    assert received + rest.content == form


def test_presigned_urls_can_be_expired(client, local, form, helpers):
    file_id = local.add_file("form.pdf", form)
    run_id = client.post("/edit_runs", json={"file": {"id": file_id}}).json()["id"]
    helpers.finished(client, run_id)
    local.inject("expired", times=2)
    stale = client.get(f"/edit_runs/{run_id}").json()["output"]["editedFile"]["presignedUrl"]
    assert httpx.get(stale).status_code == 403
    assert httpx.get(client.get(f"/files/{file_id}").json()["presignedUrl"]).status_code == 403
    assert httpx.get(client.get(f"/files/{file_id}").json()["presignedUrl"]).status_code == 200


@pytest.fixture
def run(client, local, form, helpers):
    """Create a run after a fault was injected; the finished run."""

    def create(fault, **options):
        local.inject(fault, **options)
        file_id = local.add_file("form.pdf", form)
        body = {"file": {"id": file_id}, "config": helpers.value_config()}
        return helpers.finished(client, client.post("/edit_runs", json=body).json()["id"])

    return create


def test_runs_can_be_made_to_fail(run, client):
    assert run("fail")["failureReason"] == "INTERNAL_ERROR"
    failed = run("fail", reason="PAGE_TOO_PRETTY", message="Too pretty.")
    assert (failed["status"], failed["failureReason"]) == ("FAILED", "PAGE_TOO_PRETTY")
    assert failed["failureMessage"] == "Too pretty."
    assert client.get("/edit_runs").json()["data"][0]["failureReason"] == "PAGE_TOO_PRETTY"


def test_runs_can_lack_what_they_should_have(run, client):
    without_file = run("processed_without_file")
    assert without_file["status"] == "PROCESSED"
    assert "editedFile" not in without_file["output"]
    without_usage = run("usage_null")
    assert without_usage["usage"] is None
    assert client.get("/edit_runs").json()["data"][0]["usage"] is None
    without_values = run("no_filled_values")
    assert set(without_values["output"]) == {"editedFile"}


def test_unknown_statuses(run, client, local):
    run_id = run("usage_null")["id"]
    local.inject("unknown_status", times=2, status="QUEUED_FOR_GPU")
    for _ in range(2):
        unknown = client.get(f"/edit_runs/{run_id}").json()
        assert unknown["status"] == "QUEUED_FOR_GPU"
        assert unknown["output"] is unknown["metrics"] is None
    assert client.get(f"/edit_runs/{run_id}").json()["status"] == "PROCESSED"
    local.inject("unknown_status", path="/edit_runs")
    assert client.get("/edit_runs").json()["data"][0]["status"] == "QUEUED_FOR_GPU"
    assert client.get("/edit_runs").json()["data"][0]["status"] == "PROCESSED"


def test_lists_can_lag(run, client, local, helpers, form):
    began = time.monotonic()
    old = run("usage_null")
    helpers.poll(lambda: time.monotonic() - began > 0.3)
    file_id = local.add_file("form.pdf", form)
    new = client.post("/edit_runs", json={"file": {"id": file_id}}).json()["id"]
    local.inject("list_lags", times=None, seconds=0.1)
    helpers.finished(client, new)
    listed = [item["id"] for item in client.get("/edit_runs").json()["data"]]
    assert listed in ([old["id"]], [new, old["id"]])
    seen = helpers.poll(lambda: next((i for i in client.get("/edit_runs").json()["data"] if i["id"] == new), None))
    if seen["status"] == "PROCESSING":
        assert seen["updatedAt"] == seen["createdAt"]
        assert seen["metrics"] is None
    helpers.poll(lambda: client.get("/edit_runs").json()["data"][0]["status"] == "PROCESSED")
    local.clear_faults()
    local.inject("list_lags", seconds=3600)
    assert client.get("/edit_runs").json()["data"] == []
