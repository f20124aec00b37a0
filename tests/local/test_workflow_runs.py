from __future__ import annotations

import re

import pytest

RUN_KEYS = {
    *("object", "id", "status", "workflow", "workflowVersion", "dashboardUrl", "batchId", "files", "initialRunAt"),
    *("startTime", "endTime", "reviewedByUser", "reviewedAt", "rejectionNote", "metadata", "failureReason"),
    *("failureMessage", "reviewed", "stepRuns", "usage"),
}
SUMMARY_KEYS = RUN_KEYS - {"metadata", "failureReason", "failureMessage", "reviewed", "stepRuns"} | {
    *("createdAt", "updatedAt"),
}
CLASSES = [
    {"id": "invoice", "type": "Invoice", "description": "Keywords: invoice"},
    {"id": "other", "type": "other", "description": "The rest"},
]
SCHEMA = {"type": "object", "properties": {"total": {"type": ["number", "null"]}}}
EXTRACT = {"type": "EXTRACT", "config": {"extractorConfig": {"schema": SCHEMA}}}
REVIEW = {"type": "HUMAN_REVIEW"}


@pytest.fixture
def work(client, local, helpers):
    """Declare a workflow, run it, and wait for its end."""

    def run(*steps, text="Invoice\nTotal: 5", **body):
        workflow = {"id": local.add_workflow("Invoices", list(steps))}
        file = {} if "file" in body or "package" in body else {"file": {"text": text}}
        return helpers.run(client, "/workflow_runs", workflow=workflow, **file, **body)

    return run


def steps(run):
    return [(step["step"]["name"], step["status"]) for step in run["stepRuns"]]


def test_steps_are_done_in_a_row(client, work):
    classify = {"type": "CLASSIFY", "config": {"classifierConfig": {"classifications": CLASSES}}}
    run = work({"type": "TRIGGER"}, {"type": "PARSE"}, classify, EXTRACT, metadata={"a": 1})
    assert set(run) == RUN_KEYS
    assert (run["object"], run["status"], run["metadata"]) == ("workflow_run", "PROCESSED", {"a": 1})
    assert run["workflow"]["name"] == "Invoices"
    assert (run["workflow"]["object"], run["workflowVersion"]["object"]) == ("workflow", "workflow_version")
    assert run["workflowVersion"]["version"] == "1"
    assert run["initialRunAt"] <= run["startTime"] <= run["endTime"]
    assert steps(run) == [("parse", "PROCESSED"), ("classify", "PROCESSED"), ("extract", "PROCESSED")]
    parsed, classified, extracted = run["stepRuns"]
    assert set(parsed) == {"object", "id", "workflowRunId", "status", "files", "stepType", "step", "result"}
    assert parsed["workflowRunId"] == run["id"]
    assert parsed["step"]["type"] == parsed["stepType"] == "PARSE"
    assert [file["id"] for file in parsed["files"]] == [run["files"][0]["id"]]
    assert parsed["result"]["parseRun"]["output"]["chunks"][0]["content"] == "Invoice\nTotal: 5"
    assert classified["result"]["classifyRun"]["output"]["id"] == "invoice"
    assert extracted["result"]["extractRun"]["output"]["value"] == {"total": 5}
    assert run["usage"]["credits"] == 2 + 1 + 3
    assert [entry["object"] for entry in run["usage"]["breakdown"]] == ["parse_run", "classify_run", "extract_run"]


def test_the_runs_of_steps_are_runs(client, local, work):
    run = work({"type": "PARSE"}, EXTRACT)
    member = run["stepRuns"][1]["result"]["extractRun"]
    assert client.get(f"/extract_runs/{member['id']}").json() == member
    query = {"source": "WORKFLOW_RUN", "sourceId": run["id"]}
    assert [item["id"] for item in client.get("/extract_runs", params=query).json()["data"]] == [member["id"]]
    assert client.get("/extract_runs", params={"source": "API"}).json()["data"] == []
    assert local.runs_created == 1
    client.delete(f"/workflow_runs/{run['id']}")
    assert client.get(f"/extract_runs/{member['id']}").status_code == 404
    assert client.get(f"/workflow_runs/{run['id']}").status_code == 404


def test_documents_go_where_their_class_says(local, work, helpers):
    packet = helpers.make_pages(["Invoice", "Total: 7"], ["something else"])
    split = {
        "type": "SPLIT",
        "config": {"splitterConfig": {"splitClassifications": CLASSES}},
        "next": [{"step": "totals", "classificationId": "invoice"}, {"step": "text", "classificationId": "other"}],
    }
    data = {"id": local.add_file("packet.pdf", packet)}
    run = work(split, {**EXTRACT, "name": "totals"}, {"type": "PARSE", "name": "text"}, file=data)
    assert steps(run) == [("split", "PROCESSED"), ("totals", "PROCESSED")]  # one part: the second page has no keyword
    other = helpers.make_pages(["Total: 1"], ["Invoice", "Total: 7"])
    run = work(
        split,
        {**EXTRACT, "name": "totals"},
        {"type": "PARSE", "name": "text"},
        file={"id": local.add_file("other.pdf", other)},
    )
    assert steps(run) == [("split", "PROCESSED"), ("totals", "PROCESSED"), ("text", "PROCESSED")]
    split_run, totals, text = run["stepRuns"]
    first, second = split_run["result"]["splitRun"]["output"]["splits"]
    assert totals["files"][0]["id"] == second["fileId"]
    assert totals["files"][0]["parentFileId"] == run["files"][0]["id"]
    assert totals["result"]["extractRun"]["output"]["value"] == {"total": 7}
    assert text["files"][0]["id"] == first["fileId"]


def test_declared_processors(local, work):
    extractor_id = local.add_extractor("Totals", {"schema": SCHEMA})
    run = work({"type": "EXTRACT", "config": {"extractor": {"id": extractor_id}}})
    assert run["stepRuns"][0]["result"]["extractRun"]["extractor"]["id"] == extractor_id
    given = [{"processorId": extractor_id, "output": {"value": {"total": 9}, "metadata": {}}}]
    run = work({"type": "EXTRACT", "config": {"extractor": {"id": extractor_id}}}, outputs=given)
    assert run["stepRuns"][0]["result"]["extractRun"]["output"]["value"] == {"total": 9}


def test_packages_are_extracted_together(local, work):
    texts = [b"Total: 5", b"Buyer: Ada"]
    package = {"files": [{"id": local.add_file(f"{n}.txt", text)} for n, text in enumerate(texts)]}
    schema = {"type": "object", "properties": {"total": {"type": "number"}, "buyer": {"type": "string"}}}
    run = work(
        {"type": "PARSE"}, {"type": "EXTRACT", "config": {"extractorConfig": {"schema": schema}}}, package=package
    )
    assert steps(run) == [("parse", "PROCESSED"), ("parse", "PROCESSED"), ("extract", "PROCESSED")]
    extracted = run["stepRuns"][2]["result"]["extractRun"]
    assert extracted["output"]["value"] == {"total": 5, "buyer": "Ada"}
    assert extracted["file"] is None
    assert len(extracted["files"]) == len(run["files"]) == 2


def test_human_review(client, local, work):
    run = work(EXTRACT, REVIEW)
    assert (run["status"], run["reviewed"], run["endTime"]) == ("NEEDS_REVIEW", False, None)
    assert steps(run) == [("extract", "PROCESSED")]
    assert client.post(f"/workflow_runs/{run['id']}/cancel").status_code == 400
    local.approve(run["id"], user="ada@example.com")
    approved = client.get(f"/workflow_runs/{run['id']}").json()
    assert (approved["status"], approved["reviewed"]) == ("PROCESSED", True)
    assert approved["reviewedByUser"] == "ada@example.com"
    assert approved["reviewedAt"] <= approved["endTime"]
    assert approved["rejectionNote"] is None
    with pytest.raises(ValueError, match="NEEDS_REVIEW"):
        local.approve(run["id"])
    with pytest.raises(ValueError, match="does not exist"):
        local.reject("workflow_run_none")


def test_rejection(client, local, work):
    run = work(EXTRACT, REVIEW)
    body = {"approve": False, "note": "Wrong format"}
    assert client.post(f"/_local/runs/{run['id']}/review", json=body).json() == {"id": run["id"]}
    rejected = client.get(f"/workflow_runs/{run['id']}").json()
    assert (rejected["status"], rejected["rejectionNote"]) == ("REJECTED", "Wrong format")
    assert client.get("/workflow_runs", params={"status": "REJECTED"}).json()["data"][0]["id"] == run["id"]
    assert client.post(f"/_local/runs/{run['id']}/review", json=body).status_code == 400
    assert client.post(f"/_local/runs/{run['id']}/review", json={"approve": "yes"}).status_code == 400
    local.reject(work(EXTRACT, REVIEW)["id"])


def test_a_failing_step_fails_the_workflow(local, work):
    run = work({"type": "PARSE"}, {"type": "EXTRACT"}, text="no labels here")
    assert (run["status"], run["failureReason"]) == ("FAILED", "DOCUMENT_PROCESSOR_ERROR")
    assert "extract" in run["failureMessage"]
    assert steps(run) == [("parse", "PROCESSED"), ("extract", "FAILED")]
    assert run["stepRuns"][1]["result"]["extractRun"]["failureReason"] == "SCHEMA_GENERATION_FAILED"
    assert run["usage"] is None
    assert local.credits_used == 0
    image = {"id": local.add_file("a.png", b"\x89PNG\r\n\x1a\nxx")}
    assert work({"type": "PARSE"}, file=image)["failureReason"] == "FAILED_TO_PROCESS_FILE"
    local.inject("fail", reason="INVALID_WORKFLOW")
    assert work(EXTRACT)["failureReason"] == "INVALID_WORKFLOW"


def test_credits_run_out_in_a_step(start, helpers):
    service, client = start(credits=4)
    workflow = {"id": service.add_workflow("w", [{"type": "PARSE"}, EXTRACT])}
    run = helpers.run(client, "/workflow_runs", workflow=workflow, file={"text": "Total: 5"})
    assert run["failureReason"] == "OUT_OF_CREDITS"
    assert service.credits_used == 0


def test_cancel_goes_through_cancelling(start, helpers):
    service, client = start(processing_time=600)
    workflow = {"id": service.add_workflow("w", [EXTRACT])}
    run_id = client.post("/workflow_runs", json={"workflow": workflow, "file": {"text": "x"}}).json()["id"]
    path = f"/workflow_runs/{run_id}"
    assert client.post(path + "/cancel").json()["status"] == "CANCELLING"
    assert client.get(path).json()["endTime"] is None
    assert client.post(path + "/cancel").status_code == 400
    service.finish_run(run_id)
    assert client.get(path).json()["status"] == "CANCELLED"
    assert client.get(path).json()["endTime"]


def test_an_update_merges_metadata(client, work):
    run = work(EXTRACT, metadata={"a": 1, "b": 1})
    path = f"/workflow_runs/{run['id']}"
    assert client.post(path, json={"name": "n", "metadata": {"b": 2}}).json()["metadata"] == {"a": 1, "b": 2}
    assert client.get(path).json()["metadata"] == {"a": 1, "b": 2}
    assert client.post(path, json={"status": "PROCESSED"}).status_code == 400
    assert client.post(path, json={"metadata": {"c": "x" * 10_240}}).status_code == 400
    assert client.post("/extract_runs/exr_x", json={}).status_code == 404


def test_lists(client, local, work):
    run = work(EXTRACT, metadata={"a": 1})
    [summary] = client.get("/workflow_runs", params={"workflowId": run["workflow"]["id"]}).json()["data"]
    assert set(summary) == SUMMARY_KEYS
    assert client.get("/workflow_runs", params={"workflowId": "workflow_x"}).json()["data"] == []
    assert client.get("/workflow_runs", params={"fileNameContains": "text"}).json()["data"]
    assert client.get("/workflow_runs", params={"status": "WAITING"}).status_code == 400


def test_workflows_survive_a_restart(start, helpers, tmp_path):
    service, client = start(data_dir=tmp_path)
    workflow = {"id": service.add_workflow("w", [EXTRACT, REVIEW])}
    run = helpers.run(client, "/workflow_runs", workflow=workflow, file={"text": "Total: 5"})
    service.stop()
    service, client = start(data_dir=tmp_path)
    assert client.get(f"/workflow_runs/{run['id']}").json() == run
    service.approve(run["id"])
    assert helpers.run(client, "/workflow_runs", workflow=workflow, file={"text": "x"})["status"] == "NEEDS_REVIEW"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "exactly one of file, package"),
        ({"file": {"text": "x"}}, "workflow must be an object"),
        ({"file": {"text": "x"}, "workflow": {}}, "workflow.id"),
        ({"file": {"text": "x"}, "workflow": {"id": "{id}", "config": {}}}, "config"),
        ({"file": {"text": "x"}, "workflow": {"id": "{id}"}, "config": {}}, "config"),
        ({"file": {"text": "x"}, "workflow": {"id": "{id}"}, "outputs": [{}]}, "outputs[0].processorId"),
        ({"file": {"text": "x"}, "workflow": {"id": "{id}"}, "secrets": "x"}, "secrets"),
        ({"package": {"files": [{"url": "https://a.b/c"}]}, "workflow": {"id": "{id}"}}, "2 to 50"),
    ],
)
def test_bad_bodies_are_refused_naming_the_field(client, local, body, says):
    workflow_id = local.add_workflow("w", [EXTRACT])
    if body.get("workflow", {}).get("id"):
        body = {**body, "workflow": {**body["workflow"], "id": workflow_id}}
    response = client.post("/workflow_runs", json=body)
    assert response.status_code == 400
    assert says in response.json()["message"]


def test_unknown_workflows_are_not_found(client, local):
    body = {"file": {"text": "x"}, "workflow": {"id": "workflow_x"}}
    assert client.post("/workflow_runs", json=body).status_code == 404
    body["workflow"]["id"] = local.add_workflow("w", [{"type": "EXTRACT", "config": {"extractor": {"id": "ex_x"}}}])
    assert "ex_x" in client.post("/workflow_runs", json=body).json()["message"]


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ([], "config.steps"),
        ([{"type": "ROUTER"}], "config.steps[0].type"),
        ([{"type": "PARSE", "config": {"parseConfig": {"target": "x"}}}], "target"),
        ([{"type": "PARSE", "config": {"extractor": {}}}], "extractor"),
        ([{"type": "SPLIT", "config": {"splitterConfig": {}}}], "splitClassifications"),
        ([{"type": "PARSE"}, {"type": "PARSE"}], "names"),
        ([{"type": "PARSE", "next": [{"step": "parse"}]}], "come later"),
        ([{"type": "PARSE", "next": "x"}], "array"),
        ([REVIEW, {"type": "PARSE"}], "HUMAN_REVIEW"),
    ],
)
def test_impossible_workflows_are_refused(client, local, steps, says):
    with pytest.raises(ValueError, match=re.escape(says)):
        local.add_workflow("w", steps)
    assert client.post("/_local/workflows", json={"name": "w", "config": {"steps": steps}}).status_code == 400
