from __future__ import annotations

import pytest

SCHEMA = {"type": "object", "properties": {"total": {"type": "number"}}}
CLASSES = [{"id": "a", "type": "A", "description": "Keywords: alpha"}, {"id": "other", "type": "o", "description": "x"}]


@pytest.fixture
def members(client, helpers):
    """Wait for the end of a batch; its members, oldest first."""

    def wait(batch_id, path):
        def check():
            runs = client.get(path, params={"batchId": batch_id, "maxPageSize": 1000}).json()["data"]
            return None if {run["status"] for run in runs} & {"PENDING", "PROCESSING"} else runs

        return [client.get(f"{path}/{run['id']}").json() for run in reversed(helpers.poll(check))]

    return wait


def inputs(*texts):
    return [{"file": {"text": text, "name": f"{n}.txt"}, "metadata": {"n": n}} for n, text in enumerate(texts)]


def test_parse_batches(client, local, members):
    config = {"chunkingStrategy": {"type": "document"}}
    batch = client.post("/parse_runs/batch", json={"inputs": inputs("one", "two"), "config": config}).json()
    assert set(batch) == {"object", "id", "status", "runCount", "createdAt"}
    assert (batch["object"], batch["status"], batch["runCount"], batch["id"][:5]) == (
        "batch_run",
        "PENDING",
        2,
        "bpar_",
    )
    runs = members(batch["id"], "/parse_runs")
    assert [run["output"]["chunks"][0]["content"] for run in runs] == ["one", "two"]
    assert [run["metadata"] for run in runs] == [{"n": 0}, {"n": 1}]
    assert {run["batchId"] for run in runs} == {batch["id"]}
    assert runs[0]["config"]["chunkingStrategy"] == {"type": "document"}
    assert client.get(f"/batch_runs/{batch['id']}").json() == {**batch, "status": "PROCESSED"}
    listed = client.get("/parse_runs", params={"source": "BATCH_PARSER_RUN"}).json()["data"]
    assert len(listed) == 2
    overruled = client.get("/parse_runs", params={"batchId": batch["id"], "source": "API"}).json()["data"]
    assert len(overruled) == 2
    assert client.get("/parse_runs", params={"sourceId": batch["id"]}).json()["data"]
    assert local.runs_created == 2


@pytest.mark.parametrize("kind", ["extract", "classify", "split"])
def test_processor_batches(client, local, members, helpers, kind):
    role, declare, config, path = {
        "extract": ("extractor", local.add_extractor, {"schema": SCHEMA}, "/extract_runs"),
        "classify": ("classifier", local.add_classifier, {"classifications": CLASSES}, "/classify_runs"),
        "split": ("splitter", local.add_splitter, {"splitClassifications": CLASSES}, "/split_runs"),
    }[kind]
    file = {"file": {"id": local.add_file("a.pdf", helpers.make_pages(["Total: 5 alpha"]))}}
    body = {role: {"id": declare("p", config)}, "inputs": [file, file], "priority": 7}
    batch = client.post(f"{path}/batch", json=body).json()
    assert batch["id"].startswith("bpr_")
    runs = members(batch["id"], path)
    assert [run["status"] for run in runs] == ["PROCESSED", "PROCESSED"]
    assert client.get(path, params={"source": "BATCH_PROCESSOR_RUN"}).json()["data"]
    inline = client.post(f"{path}/batch", json={"config": config, "inputs": [file]})
    assert inline.status_code == 400
    assert "config" in inline.json()["message"]
    assert client.post(f"{path}/batch", json={"inputs": [file]}).status_code == 400


def test_workflow_batches_can_only_be_listed(client, local, members):
    steps = [{"type": "EXTRACT", "config": {"extractorConfig": {"schema": SCHEMA}}}]
    workflow = {"id": local.add_workflow("w", steps)}
    items = [{**item, "secrets": {"a": "b"}} for item in inputs("Total: 1", "Total: 2")]
    answer = client.post("/workflow_runs/batch", json={"workflow": workflow, "inputs": items}).json()
    assert set(answer) == {"batchId"}
    assert client.get(f"/batch_runs/{answer['batchId']}").status_code == 404
    runs = members(answer["batchId"], "/workflow_runs")
    # The list has the one first that changed last.
    assert sorted(run["metadata"]["n"] for run in runs) == [0, 1]
    assert {run["batchId"] for run in runs} == {answer["batchId"]}


def test_members_are_pending_first(start):
    service, client = start(processing_time=600)
    batch = client.post("/parse_runs/batch", json={"inputs": inputs("one", "two")}).json()
    path = f"/batch_runs/{batch['id']}"
    runs = client.get("/parse_runs", params={"batchId": batch["id"]}).json()["data"]
    assert {run["status"] for run in runs} == {"PENDING"}
    assert client.get(path).json()["status"] == "PENDING"
    assert client.post(f"/parse_runs/{runs[0]['id']}/cancel").status_code == 400  # not while it is pending
    service.finish_run(runs[0]["id"])
    assert client.get(path).json()["status"] == "PROCESSING"


def test_members_are_processing_before_they_end(start, helpers):
    _, client = start(processing_time=0.3)
    batch = client.post("/parse_runs/batch", json={"inputs": inputs("one")}).json()
    seen = []

    def done():
        status = client.get(f"/batch_runs/{batch['id']}").json()["status"]
        seen.append(status)
        return status == "PROCESSED"

    helpers.poll(done)
    assert list(dict.fromkeys(seen)) == ["PENDING", "PROCESSING", "PROCESSED"]


def test_members_fail_one_by_one(client, local, members):
    image = {"file": {"id": local.add_file("a.png", b"\x89PNG\r\n\x1a\nxx")}}
    batch = client.post("/parse_runs/batch", json={"inputs": [*inputs("one"), image]}).json()
    assert [run["status"] for run in members(batch["id"], "/parse_runs")] == ["PROCESSED", "FAILED"]
    assert client.get(f"/batch_runs/{batch['id']}").json()["status"] == "PROCESSED"
    batch = client.post("/parse_runs/batch", json={"inputs": [image]}).json()
    members(batch["id"], "/parse_runs")
    assert client.get(f"/batch_runs/{batch['id']}").json()["status"] == "FAILED"
    local.inject("fail", reason="OCR_ERROR", skip=1)
    batch = client.post("/parse_runs/batch", json={"inputs": inputs("one", "two", "three")}).json()
    reasons = [run["failureReason"] for run in members(batch["id"], "/parse_runs")]
    assert reasons == [None, "OCR_ERROR", None]


def test_deleted_members_do_not_count(client, members):
    batch = client.post("/parse_runs/batch", json={"inputs": inputs("one", "two")}).json()
    for run in members(batch["id"], "/parse_runs"):
        client.delete(f"/parse_runs/{run['id']}")
    answer = client.get(f"/batch_runs/{batch['id']}").json()
    assert (answer["status"], answer["runCount"]) == ("PROCESSED", 2)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "inputs"),
        ({"inputs": []}, "1 to 1000"),
        ({"inputs": {}}, "object"),
        ({"inputs": [{"file": {"text": "x"}}] * 1001}, "1001"),
        ({"inputs": ["x"]}, "inputs[0]"),
        ({"inputs": [{"file": {"text": "x"}}, {}]}, "inputs[1].file"),
        ({"inputs": [{"file": {"text": "x"}, "config": {}}]}, "inputs[0]"),
        ({"inputs": [{"file": {"text": "x"}, "metadata": []}]}, "inputs[0].metadata"),
        ({"inputs": [{"file": {"text": "x"}}], "priority": 0}, "priority"),
        ({"inputs": [{"file": {"text": "x"}}], "config": {"target": "x"}}, "target"),
        ({"inputs": [{"file": {"text": "x"}}], "metadata": {}}, "metadata"),
    ],
)
def test_bad_batches_are_refused_as_a_whole(client, local, body, says):
    response = client.post("/parse_runs/batch", json=body)
    assert response.status_code == 400
    assert says in response.json()["message"]
    assert local.runs_created == 0
    assert client.get("/files").json()["data"] == []


def test_there_are_no_other_batches(client):
    assert client.get("/batch_runs/bpr_none").status_code == 404
    for path in ("/edit_runs/batch", "/form_detection_runs/batch"):
        assert client.post(path, json={"inputs": inputs("x")}).status_code == 404


def test_batches_survive_a_restart(start, helpers, tmp_path):
    service, client = start(data_dir=tmp_path, processing_time=600)
    batch = client.post("/parse_runs/batch", json={"inputs": inputs("one")}).json()
    service.stop()
    _, client = start(data_dir=tmp_path)
    path = f"/batch_runs/{batch['id']}"
    helpers.poll(lambda: client.get(path).json()["status"] == "PROCESSED")
