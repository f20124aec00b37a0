from __future__ import annotations

import pytest

RUN_KEYS = {
    *("object", "id", "file", "status", "failureReason", "failureMessage", "config", "output", "metrics", "usage"),
}


@pytest.fixture
def detect(client, local, helpers):
    def run(data, name="form.pdf", **body):
        return helpers.run(client, "/form_detection_runs", file={"id": local.add_file(name, data)}, **body)

    return run


def test_the_fields_of_a_form(client, detect, form):
    run = detect(form)
    assert set(run) == RUN_KEYS
    assert (run["object"], run["status"], run["id"][:4]) == ("form_detection_run", "PROCESSED", "sgr_")
    assert set(run["output"]) == {"schema", "annotatedSchema", "mappingResult"}
    assert list(run["output"]["schema"]["properties"]) == ["legal_name", "city"]
    assert run["config"] == {
        "engineVersion": "1.0.0",
        "advancedOptions": {
            "tableParsingEnabled": False,
            "radioEnumsEnabled": True,
            "nativeFieldsOnly": False,
            "conditionalGenerationEnabled": False,
        },
    }
    assert set(run["metrics"]) == {
        *("processingTimeMs", "pageCount", "fieldCount", "fieldsDetectedCount", "fieldsAnnotatedCount"),
        *("fieldDetectionTimeMs", "fieldAnnotationTimeMs"),
    }
    assert (run["metrics"]["fieldCount"], run["usage"]["credits"]) == (2, 1)


def test_the_schema_can_be_filled(client, detect, helpers, form):
    detected = detect(form)
    schema = detected["output"]["schema"]
    schema["properties"]["city"]["extend_edit:value"] = "Bergen"
    edited = helpers.run(client, "/edit_runs", file={"id": detected["file"]["id"]}, config={"schema": schema})
    assert edited["output"]["filledValues"] == {"city": "Bergen"}


def test_a_schema_of_ones_own_is_mapped_by_name(detect, helpers):
    data = helpers.make_form(fields=("legal_name", "city", "zip"))
    given = {"type": "object", "properties": {"LegalName": {}, "address": {"properties": {"City": {}, "street": {}}}}}
    mapping = detect(data, config={"inputSchema": given})["output"]["mappingResult"]
    assert mapping == {
        "matches": [
            {"inputPath": "LegalName", "formFieldKey": "legal_name"},
            {"inputPath": "address.City", "formFieldKey": "city"},
        ],
        "unmatchedInputPaths": ["address.street"],
        "unusedFormFieldKeys": ["zip"],
    }


def test_what_has_no_fields_fails(client, detect, helpers, local):
    run = detect(helpers.make_form(fields=()))
    assert (run["status"], run["failureReason"], run["output"]) == ("FAILED", "EMPTY_SCHEMA", None)
    assert detect(b"text", "a.txt")["failureReason"] == "FILE_TYPE_NOT_SUPPORTED"
    assert detect(b"%PDF-1.7 x")["failureReason"] == "CORRUPT_FILE"
    assert client.post("/detect_form", json={"file": {"id": run["file"]["id"]}}).json()["code"] == "EMPTY_SCHEMA"


def test_detect_form_answers_the_finished_run(client, local, form):
    run = client.post("/detect_form", json={"file": {"id": local.add_file("form.pdf", form)}}).json()
    assert run["status"] == "PROCESSED"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "file"),
        ({"file": {"id": "x"}, "metadata": {}}, "metadata"),
        ({"file": {"id": "x"}, "templateId": "x"}, "templateId"),
        ({"file": {"id": "x"}, "config": {"engineVersion": "9"}}, "engineVersion"),
        ({"file": {"id": "x"}, "config": {"inputSchema": []}}, "inputSchema"),
        ({"file": {"id": "x"}, "config": {"instructions": 5}}, "instructions"),
        ({"file": {"id": "x"}, "config": {"advancedOptions": {"radioEnumsEnabled": 1}}}, "radioEnumsEnabled"),
    ],
)
def test_bad_bodies_are_refused_naming_the_field(client, body, says):
    for path in ("/form_detection_runs", "/detect_form"):
        response = client.post(path, json=body)
        assert response.status_code == 400
        assert says in response.json()["message"]


def test_they_can_be_neither_listed_nor_deleted_nor_cancelled(client, detect, form):
    run_id = detect(form)["id"]
    assert client.get("/form_detection_runs").status_code == 404
    assert client.delete(f"/form_detection_runs/{run_id}").status_code == 404
    assert client.post(f"/form_detection_runs/{run_id}/cancel").status_code == 404
