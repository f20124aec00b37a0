from __future__ import annotations

import pytest


def test_requests_can_be_read_and_cleared(client):
    client.get("/files", params={"nameContains": "x"})
    [record] = client.get("/_local/requests").json()["requests"]
    assert (record["method"], record["path"], record["status"]) == ("GET", "/files", 200)
    assert record["query"] == {"nameContains": "x"}
    client.delete("/_local/requests")
    assert client.get("/_local/requests").json() == {"requests": []}


def test_faults_can_be_injected_listed_and_cleared(client):
    body = {"fault": "server_error", "path": "/files", "times": 2, "skip": 1, "options": {"status": 503}}
    injected = client.post("/_local/faults", json=body).json()
    assert injected["options"] == {"status": 503, "html": False, "nested": False, "retry_after": None}
    assert [client.get("/files").status_code for _ in range(2)] == [200, 503]
    [active] = client.get("/_local/faults").json()["faults"]
    assert (active["id"], active["times"], active["skip"]) == (injected["id"], 1, 0)
    client.delete("/_local/faults")
    assert client.get("/_local/faults").json() == {"faults": []}
    assert client.get("/files").status_code == 200
    assert client.post("/_local/faults", json={"fault": "slow", "times": None}).json()["times"] is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"fault": "earthquake"},
        {"fault": "slow", "seconds": 1},
        {"fault": "slow", "options": {"seconds": "x"}},
        {"fault": "slow", "options": []},
        {"fault": "slow", "times": "many"},
        {"fault": "slow", "times": True},
        {"fault": "slow", "skip": None},
        {"fault": "slow", "path": 5},
    ],
)
def test_impossible_faults_are_refused(client, body):
    response = client.post("/_local/faults", json=body)
    assert response.status_code == 400
    assert response.json()["code"] == "INVALID_REQUEST"


def test_runs_are_counted(start, helpers, form):
    service, client = start(credits=10)
    empty = client.get("/_local/runs").json()
    assert empty == {"created": 0, "creditsUsed": 0, "creditsLeft": 10, "runs": []}
    run_id = client.post("/edit_runs", json={"file": {"id": service.add_file("a.pdf", form)}}).json()["id"]
    helpers.finished(client, run_id)
    counted = client.get("/_local/runs").json()
    assert (counted["created"], counted["creditsUsed"], counted["creditsLeft"]) == (1, 2, 8)
    assert counted["runs"] == [{"id": run_id, "kind": "edit", "status": "PROCESSED"}]


def test_runs_can_be_finished_early(start, helpers, form):
    service, client = start(processing_time=600)
    run_id = client.post("/edit_runs", json={"file": {"id": service.add_file("a.pdf", form)}}).json()["id"]
    assert client.post(f"/_local/runs/{run_id}/finish").json() == {"id": run_id}
    assert helpers.finished(client, run_id)["status"] == "PROCESSED"
    assert client.post(f"/_local/runs/{run_id}/finish").status_code == 200
    assert client.post("/_local/runs/edr_none/finish").status_code == 404


def test_reset_forgets_everything_but_the_key(start, form):
    service, client = start(processing_time=600)
    file_id = service.add_file("a.pdf", form)
    service.add_template("W-9", form)
    service.inject("server_error", skip=100)
    client.post("/edit_runs", json={"file": {"id": file_id}})
    assert client.post("/_local/reset").json() == {}
    for path in ("/edit_runs", "/files", "/edit_templates"):
        assert client.get(path).json()["data"] == []
    assert client.get("/_local/faults").json()["faults"] == []
    assert client.get("/_local/runs").json()["created"] == 0
    assert len(client.get("/_local/requests").json()["requests"]) == 3
