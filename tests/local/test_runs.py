from __future__ import annotations

import httpx
import pytest

RUN_KEYS = {
    "object",
    "id",
    "file",
    "status",
    "failureReason",
    "failureMessage",
    "config",
    "output",
    "metrics",
    "usage",
}
SUMMARY_KEYS = RUN_KEYS - {"config", "output"} | {"createdAt", "updatedAt"}
METRICS = {
    "processingTimeMs",
    "pageCount",
    "fieldCount",
    "fieldsDetectedCount",
    "fieldsAnnotatedCount",
    "fieldDetectionTimeMs",
    "fieldAnnotationTimeMs",
    "fieldFillingTimeMs",
}


def create(client, file_id, config=None):
    return client.post("/edit_runs", json={"file": {"id": file_id}, "config": config or {}}).raise_for_status().json()


def test_create_answers_processing_at_once(client, local, form):
    run = create(client, local.add_file("form.pdf", form))
    assert set(run) == RUN_KEYS
    assert (run["object"], run["status"]) == ("edit_run", "PROCESSING")
    assert run["id"].startswith("edr_")
    assert run["file"]["name"] == "form.pdf"
    assert [run[key] for key in ("failureReason", "failureMessage", "output", "metrics", "usage")] == [None] * 5


def test_a_finished_run_has_everything(client, local, helpers):
    file_id = local.add_file("form.pdf", helpers.make_form(pages=3))
    run = helpers.finished(client, create(client, file_id, helpers.value_config("Ada"))["id"])
    assert set(run) == RUN_KEYS
    assert run["status"] == "PROCESSED"
    assert run["failureReason"] is run["failureMessage"] is None
    assert set(run["output"]) == {"editedFile", "filledValues"}
    assert set(run["output"]["editedFile"]) == {"id", "presignedUrl"}
    assert run["output"]["filledValues"] == {"legal_name": "Ada"}
    assert set(run["metrics"]) == METRICS
    assert all(isinstance(value, (int, float)) for value in run["metrics"].values())
    assert (run["metrics"]["pageCount"], run["metrics"]["fieldCount"]) == (3, 1)
    charge = {"product": "edit", "unit": "page", "quantity": 3, "credits": 6}
    entry = {"object": "edit_run", "id": run["id"], "credits": 6, "charges": [charge]}
    assert run["usage"] == {"credits": 6, "totalCredits": 6, "breakdown": [entry]}


def test_the_edited_file_is_a_file_like_any_other(client, local, form, helpers):
    run = helpers.finished(client, create(client, local.add_file("w9.v2.pdf", form), helpers.value_config())["id"])
    edited = client.get(f"/files/{run['output']['editedFile']['id']}").json()
    assert edited["name"] == "w9.v2-edited.pdf"
    assert edited["type"] == "PDF"
    assert edited["metadata"] == {"pageCount": 1}
    content = httpx.get(run["output"]["editedFile"]["presignedUrl"]).content
    assert content.startswith(b"%PDF-")
    assert content == httpx.get(edited["presignedUrl"]).content
    again = create(client, edited["id"], {"instructions": "x"})
    assert again["file"]["id"] == edited["id"]


def test_every_get_carries_a_fresh_url(client, local, form, helpers):
    run_id = create(client, local.add_file("form.pdf", form))["id"]
    helpers.finished(client, run_id)
    urls = {client.get(f"/edit_runs/{run_id}").json()["output"]["editedFile"]["presignedUrl"] for _ in range(3)}
    assert len(urls) == 3


def test_unknown_runs_are_not_found(client):
    for response in (client.get("/edit_runs/edr_none"), client.delete("/edit_runs/edr_none")):
        assert response.status_code == 404
        assert "edr_none" in response.json()["message"]


def test_list_shows_summaries(client, local, form, helpers):
    run = helpers.finished(client, create(client, local.add_file("form.pdf", form), helpers.value_config())["id"])
    body = client.get("/edit_runs").json()
    assert set(body) == {"object", "data"}
    [summary] = body["data"]
    assert set(summary) == SUMMARY_KEYS
    assert summary["usage"] == {"credits": 2, "totalCredits": 2}
    assert summary["metrics"] == run["metrics"]
    assert summary["createdAt"] <= summary["updatedAt"]


def test_list_puts_the_newest_change_first(start, helpers, form):
    service, client = start(processing_time=60)
    file_id = service.add_file("form.pdf", form)
    first, second, third = (create(client, file_id)["id"] for _ in range(3))

    def listed(**query):
        return [item["id"] for item in client.get("/edit_runs", params=query).json()["data"]]

    assert listed() == [third, second, first]
    before = client.get("/edit_runs", params={"sortDir": "asc"}).json()["data"][0]
    service.finish_run(first)
    helpers.finished(client, first)
    assert listed() == [first, third, second]
    after = client.get("/edit_runs").json()["data"][0]
    assert after["updatedAt"] > before["updatedAt"]
    assert after["createdAt"] == before["createdAt"]
    assert listed(sortDir="asc") == [second, third, first]
    assert listed(sortBy="createdAt") == [third, second, first]
    assert listed(sortBy="createdAt", sortDir="asc") == [first, second, third]
    assert listed(status="PROCESSING") == [third, second]
    assert listed(status="PROCESSED") == [first]


def test_list_filters(client, local, form, helpers):
    good = create(client, local.add_file("Good-form.pdf", form))["id"]
    bad = create(client, local.add_file("bad.txt", b"no pdf"))["id"]
    for run_id in (good, bad):
        helpers.finished(client, run_id)

    def listed(**query):
        return [item["id"] for item in client.get("/edit_runs", params=query).json()["data"]]

    assert listed(status="FAILED") == [bad]
    assert listed(fileNameContains="good-FORM") == [good]
    assert listed(fileNameContains="nothing") == []
    assert set(listed(source="API")) == {good, bad}
    assert listed(source="STUDIO") == []
    assert listed(unknownFilter="x") != []


@pytest.mark.parametrize(
    "query", [{"status": "DONE"}, {"source": "EMAIL"}, {"sortBy": "name"}, {"sortDir": "up"}, {"maxPageSize": 0}]
)
def test_list_refuses_unknown_values(client, query):
    response = client.get("/edit_runs", params=query)
    assert response.status_code == 400
    assert next(iter(query)) in response.json()["message"]


def test_delete_takes_the_edited_file_along_and_leaves_the_upload(client, local, form, helpers):
    file_id = local.add_file("form.pdf", form)
    run = helpers.finished(client, create(client, file_id)["id"])
    assert client.delete(f"/edit_runs/{run['id']}").json() == {"id": run["id"]}
    assert client.get(f"/edit_runs/{run['id']}").status_code == 404
    assert client.delete(f"/edit_runs/{run['id']}").status_code == 404
    assert client.get(f"/files/{run['output']['editedFile']['id']}").status_code == 404
    assert client.get(f"/files/{file_id}").status_code == 200
    assert client.get("/edit_runs").json()["data"] == []
    assert local.runs_created == 1


def test_a_run_outlives_its_input(client, local, form, helpers):
    file_id = local.add_file("form.pdf", form)
    run_id = create(client, file_id)["id"]
    helpers.finished(client, run_id)
    client.delete(f"/files/{file_id}")
    assert client.get(f"/edit_runs/{run_id}").json()["file"]["name"] == "form.pdf"
    [summary] = client.get("/edit_runs", params={"fileNameContains": "form"}).json()["data"]
    assert summary["file"] is None


def test_sync_create_answers_the_finished_run(client, local, form, helpers):
    file_id = local.add_file("form.pdf", form)
    response = client.post("/edit", json={"file": {"id": file_id}, "config": helpers.value_config()})
    assert response.status_code == 200
    assert response.json()["status"] == "PROCESSED"
    assert httpx.get(response.json()["output"]["editedFile"]["presignedUrl"]).status_code == 200


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        ("CORRUPT_FILE", 422),
        ("OUT_OF_CREDITS", 402),
        ("INVALID_OPTIONS", 400),
        ("INTERNAL_ERROR", 500),
        ("SOMETHING_NEW", 422),
    ],
)
def test_sync_create_answers_failures_as_errors(client, local, form, reason, status):
    local.inject("fail", reason=reason, message="Told by the test.")
    response = client.post("/edit", json={"file": {"id": local.add_file("form.pdf", form)}})
    assert response.status_code == status
    assert response.json()["code"] == reason
    assert response.json()["message"] == "Told by the test."
    assert response.json()["retryable"] is (status == 500)


def test_sync_create_has_a_limit(start, form, mocker):
    mocker.patch("extend_provider.local.runs.SYNC_LIMIT", 0.05)
    service, client = start(processing_time=30)
    response = client.post("/edit", json={"file": {"id": service.add_file("form.pdf", form)}})
    assert response.status_code == 504
    assert response.json()["retryable"] is True
