from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/form_detection_runs"),
        ("GET", "/verify_runs"),
        ("PUT", "/edit_runs"),
        ("POST", "/edit_templates"),
        ("GET", "/edit_runs/"),
        ("POST", "/edit_runs/edr_x/cancel"),
        ("GET", "/_local/nothing"),
    ],
)
def test_other_endpoints_answer_not_found(client, method, path):
    response = client.request(method, path)
    assert response.status_code == 404
    assert set(response.json()) == {"code", "message", "retryable", "requestId", "docUrl"}
    assert response.json()["code"] == "NOT_FOUND"
    assert response.json()["retryable"] is False
    assert path in response.json()["message"]


def test_every_response_carries_a_request_id(client, local):
    local.inject("rate_limit", skip=2)
    responses = [client.get("/edit_runs"), client.get("/edit_runs/edr_x"), client.get("/files")]
    assert [r.status_code for r in responses] == [200, 404, 429]
    ids = [r.headers["x-extend-request-id"] for r in responses]
    assert len(set(ids)) == 3
    assert all(i.startswith("req_") for i in ids)
    assert [r.json()["requestId"] for r in responses[1:]] == ids[1:]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"text"', b'{"file": NaN}', b'{"a": "\\ud800"}', b"[" * 100_000, b"\xff\xfe"]
)
def test_bodies_that_are_no_json_object_are_refused(client, body):
    response = client.post("/edit_runs", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 400
    assert response.json()["code"] == "INVALID_REQUEST"


def test_a_defect_of_the_service_answers_in_the_documented_form(client, mocker, caplog, helpers):
    mocker.patch("extend_provider.local.files.existing_file", side_effect=ZeroDivisionError("secret"))
    response = client.get("/files/file_x")
    assert response.status_code == 500
    assert response.json()["code"] == "INTERNAL_ERROR"
    assert response.json()["retryable"] is True
    helpers.poll(lambda: "ZeroDivisionError" in caplog.text)
    assert "secret" not in response.text + caplog.text
