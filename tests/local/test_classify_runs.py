from __future__ import annotations

import pytest

RUN_KEYS = {
    *("object", "id", "status", "output", "initialOutput", "reviewedOutput", "failureReason", "failureMessage"),
    *("metadata", "reviewed", "edited", "config", "classifier", "classifierVersion", "file", "parseRunId"),
    *("dashboardUrl", "usage", "createdAt", "updatedAt"),
}
CLASSES = [
    {"id": "invoice", "type": "Invoice", "description": "A bill. Keywords: invoice, amount due"},
    {"id": "tax_form", "type": "TaxForm", "description": "A return for the revenue service"},
    {"id": "other", "type": "OTHER", "description": "Anything else, such as an invoice that is none"},
]


@pytest.fixture
def classify(client, helpers):
    def run(text, classes=CLASSES):
        return helpers.run(client, "/classify_runs", file={"text": text}, config={"classifications": classes})

    return run


def test_the_class_with_the_most_keywords_wins(classify):
    run = classify("INVOICE 881\nAmount  due: 5\nForm")
    assert set(run) == RUN_KEYS
    output = run["output"]
    assert (output["id"], output["type"]) == ("invoice", "Invoice")
    [insight] = output["insights"]
    assert insight["type"] == "reasoning"
    assert "invoice, amount due" in insight["content"]
    assert "no model" in insight["content"]
    assert run["usage"]["credits"] == 1
    assert run["classifier"] is run["classifierVersion"] is None


@pytest.mark.parametrize(
    ("text", "expected", "confidence"),
    [
        ("Please find the invoice", "invoice", 1.0),
        ("two invoices", "invoice", 1.0),
        ("the tax man", "tax_form", 1.0),
        ("a return to the revenue", "tax_form", 1.0),
        ("invoice about tax", "tax_form", 0.75),  # a word of the name counts three times
        ("invoiced amount", "other", 0.0),
        ("nothing that helps", "other", 0.0),
        ("", "other", 0.0),
    ],
)
def test_words_decide(classify, text, expected, confidence):
    output = classify(text or " .")["output"]
    assert (output["id"], output["confidence"]) == (expected, confidence)


def test_without_other_the_first_class_is_the_last_resort(classify):
    assert classify("nothing", CLASSES[:2])["output"]["id"] == "invoice"
    assert classify("nothing", CLASSES[:2])["output"]["confidence"] == 0


def test_form_values_count(client, local, helpers):
    data = helpers.make_form(fields=("legal_name",))
    edited = helpers.run(
        client,
        "/edit_runs",
        file={"id": local.add_file("a.pdf", data)},
        config={**helpers.value_config("The Invoice Company"), "advancedOptions": {"flattenPdf": False}},
    )
    file = edited["output"]["editedFile"]["id"]
    run = helpers.run(client, "/classify_runs", file={"id": file}, config={"classifications": CLASSES})
    assert run["output"]["id"] == "invoice"


def test_declared_classifiers(client, local, helpers):
    assert local.add_classifier("Mail", {"classifications": CLASSES}, id="cl_mail") == "cl_mail"
    run = helpers.run(client, "/classify_runs", file={"text": "invoice"}, classifier={"id": "cl_mail"})
    assert run["classifier"]["object"] == "classifier"
    assert run["classifierVersion"]["classifierId"] == "cl_mail"
    assert client.get("/classify_runs", params={"classifierId": "cl_mail"}).json()["data"][0]["id"] == run["id"]
    assert client.get("/classify_runs", params={"classifierId": "cl_x"}).json()["data"] == []
    body = {"file": {"text": "x"}, "classifier": {"id": "cl_none"}}
    assert client.post("/classify_runs", json=body).status_code == 404


def test_sync_classify(client):
    body = {"file": {"text": "invoice"}, "config": {"classifications": CLASSES}}
    assert client.post("/classify", json=body).json()["output"]["id"] == "invoice"


def test_failures_and_cancel(start, client, local, helpers):
    file = {"id": local.add_file("a.png", b"\x89PNG\r\n\x1a\nxx")}
    run = helpers.run(client, "/classify_runs", file=file, config={"classifications": CLASSES})
    assert run["failureReason"] == "FAILED_TO_PROCESS_FILE"
    _, slow = start(processing_time=600)
    body = {"file": {"text": "x"}, "config": {"classifications": CLASSES}}
    run_id = slow.post("/classify_runs", json=body).json()["id"]
    assert slow.post(f"/classify_runs/{run_id}/cancel").json()["status"] == "CANCELLED"
    assert slow.delete(f"/classify_runs/{run_id}").status_code == 200


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "exactly one of classifier, config"),
        ({"classifier": {"id": "x"}, "config": {}}, "exactly one of classifier, config"),
        ({"config": {}}, "config.classifications"),
        ({"config": {"classifications": []}}, "config.classifications"),
        ({"config": {"classifications": ["x"]}}, "config.classifications[0]"),
        ({"config": {"classifications": [{"id": "a", "type": "A"}]}}, "config.classifications[0].description"),
        ({"config": {"classifications": [CLASSES[0], CLASSES[0]]}}, "ids"),
        ({"package": {"files": []}}, "package"),
        ({"config": {"classifications": CLASSES}, "priority": "high"}, "priority"),
    ],
)
def test_bad_bodies_are_refused_naming_the_field(client, body, says):
    response = client.post("/classify_runs", json={"file": {"text": "x"}, **body})
    assert response.status_code == 400
    assert says in response.json()["message"]
