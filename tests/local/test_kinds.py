"""What all kinds of run have in common, for each of them."""

from __future__ import annotations

import httpx
import pytest

from extend_provider.local.kinds import KINDS

SCHEMA = {"type": "object", "properties": {"legal_name": {"type": ["string", "null"]}}}
CLASSES = [{"id": "a", "type": "A", "description": "Keywords: a"}, {"id": "other", "type": "other", "description": "x"}]
LISTED = [name for name, kind in KINDS.items() if kind.summary_fields]
CANCELLED = [name for name, kind in KINDS.items() if kind.cancel]
SYNC = [name for name, kind in KINDS.items() if kind.sync_path]


def body_of(name, service):
    """What a create of this kind needs beside the file."""
    return {
        "extract": lambda: {"config": {"schema": SCHEMA}},
        "classify": lambda: {"config": {"classifications": CLASSES}},
        "split": lambda: {"config": {"splitClassifications": CLASSES}},
        "workflow": lambda: {"workflow": {"id": service.add_workflow("w", [{"type": "PARSE"}])}},
    }.get(name, dict)()


@pytest.fixture
def create(client, local, form):
    """Create a run; the response."""

    def post(name, path=None):
        file = {"id": local.add_file("form.pdf", form)}
        return client.post(path or KINDS[name].path, json={"file": file, **body_of(name, local)})

    return post


@pytest.fixture
def ended(create, client, helpers):
    """Create a run and wait for its end."""
    return lambda name: helpers.finished(client, create(name).json()["id"], KINDS[name].path)


@pytest.mark.parametrize("name", KINDS)
def test_runs_are_created_and_processed(create, client, helpers, local, name):
    created = create(name).json()
    kind = KINDS[name]
    assert created["object"] == kind.wire_object
    assert created["id"].startswith(kind.id_prefix)
    assert created["status"] in ("PROCESSING", "PROCESSED")
    run = helpers.finished(client, created["id"], kind.path)
    assert (run["status"], run["failureReason"]) == ("PROCESSED", None)
    assert set(run) == set(created)
    assert run["usage"]["credits"] == local.credits_used > 0


@pytest.mark.parametrize("name", KINDS)
def test_runs_fail_on_request(ended, local, name):
    local.inject("fail", reason="SOMETHING_NEW", message="Told by the test.")
    run = ended(name)
    assert (run["status"], run["failureReason"]) == ("FAILED", "SOMETHING_NEW")
    assert run["failureMessage"] == "Told by the test."
    assert run["usage"] is None
    assert local.credits_used == 0


@pytest.mark.parametrize("name", KINDS)
def test_the_answer_to_a_create_gets_lost(create, local, name):
    local.inject("error_after_create")
    assert create(name).status_code == 500
    local.inject("cut_after", method="POST")
    with pytest.raises(httpx.RemoteProtocolError):
        create(name)
    local.inject("credits", method="POST")
    assert create(name).status_code == 402
    assert local.runs_created == 2


@pytest.mark.parametrize("name", KINDS)
def test_unknown_statuses(ended, client, local, name):
    run = ended(name)
    local.inject("unknown_status")
    path = f"{KINDS[name].path}/{run['id']}"
    assert client.get(path).json()["status"] == "QUEUED_FOR_GPU"
    assert client.get(path).json()["status"] == run["status"]


@pytest.mark.parametrize("name", KINDS)
def test_usage_may_be_missing(ended, local, name):
    local.inject("usage_null")
    assert ended(name)["usage"] is None


@pytest.mark.parametrize("name", LISTED)
def test_lists_lag_or_are_missing(ended, client, local, name):
    kind = KINDS[name]
    run_id = ended(name)["id"]
    assert [item["id"] for item in client.get(kind.path).json()["data"]] == [run_id]
    local.inject("list_lags", seconds=60)
    assert client.get(kind.path).json()["data"] == []
    local.inject("list_missing")
    assert client.get(kind.path).status_code == 404
    local.inject("unknown_status", path=kind.path)
    assert client.get(kind.path).json()["data"][0]["status"] == "QUEUED_FOR_GPU"
    assert client.get(kind.path, params={"status": "DONE"}).status_code == 400


@pytest.mark.parametrize("name", LISTED)
def test_runs_are_deleted(ended, client, name):
    path = f"{KINDS[name].path}/{ended(name)['id']}"
    assert client.delete(path).status_code == 200
    assert client.get(path).status_code == 404
    assert client.delete(path).status_code == 404


@pytest.mark.parametrize("name", CANCELLED)
def test_ended_runs_cannot_be_cancelled(ended, client, name):
    response = client.post(f"{KINDS[name].path}/{ended(name)['id']}/cancel")
    assert response.status_code == 400
    assert "terminal" in response.json()["message"]


@pytest.mark.parametrize("name", SYNC)
@pytest.mark.parametrize(
    ("reason", "status"), [("SOMETHING_NEW", 422), ("INTERNAL_ERROR", 500), ("OUT_OF_CREDITS", 402)]
)
def test_waiting_answers_failures_as_errors(create, local, name, reason, status):
    local.inject("fail", reason=reason)
    response = create(name, KINDS[name].sync_path)
    assert (response.status_code, response.json()["code"]) == (status, reason)


@pytest.mark.parametrize("name", KINDS)
def test_url_inputs_are_downloaded_and_deleted_with_the_run(start, helpers, web, form, name):
    service, client = start(allow_private_urls=True)
    kind = KINDS[name]
    file = {"url": web.put("/form.pdf", form), "name": "mine.pdf"}
    body = body_of(name, service)
    run = helpers.run(client, kind.path, file=file, **body)
    assert run["status"] == "PROCESSED"
    summary = run["file"] if "file" in run else run["files"][0]
    assert (summary["name"], summary["type"]) == ("mine.pdf", "PDF")
    failed = helpers.run(client, kind.path, file={"url": web.url + "/missing.pdf"}, **body)
    reason = kind.reasons.get("UNABLE_TO_DOWNLOAD_FILE", "UNABLE_TO_DOWNLOAD_FILE")
    assert (failed["status"], failed["failureReason"]) == ("FAILED", reason)
    if kind.summary_fields:
        client.delete(f"{kind.path}/{run['id']}")
        assert client.get(f"/files/{summary['id']}").status_code == 404


@pytest.mark.parametrize("name", KINDS)
def test_creates_have_the_rate_limit_of_runs(start, name):
    _, client = start(rate_limit=0.01)
    kind = KINDS[name]
    assert client.delete("/files/x").status_code == 404  # another category
    statuses = [client.post(path, json={}).status_code for path in kind.create_paths]
    assert statuses == [400] + [429] * (len(statuses) - 1)


@pytest.mark.parametrize("name", KINDS)
def test_runs_survive_a_restart(start, helpers, form, tmp_path, name):
    service, client = start(data_dir=tmp_path, processing_time=600)
    kind = KINDS[name]
    body = {"file": {"id": service.add_file("form.pdf", form)}, **body_of(name, service)}
    waiting = client.post(kind.path, json=body).json()["id"]
    done = client.post(kind.path, json=body).json()["id"]
    service.finish_run(done)
    before = {**helpers.finished(client, done, kind.path), "output": None}
    service.stop()
    _, client = start(data_dir=tmp_path)
    assert {**client.get(f"{kind.path}/{done}").json(), "output": None} == before
    assert helpers.finished(client, waiting, kind.path)["status"] == "PROCESSED"
