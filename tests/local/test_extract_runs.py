from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from extend_provider.local import extract_runs

RUN_KEYS = {
    *("object", "id", "status", "output", "initialOutput", "reviewedOutput", "failureReason", "failureMessage"),
    *("metadata", "reviewed", "edited", "edits", "config", "extractor", "extractorVersion", "file", "files"),
    *("parseRunId", "dashboardUrl", "usage", "createdAt", "updatedAt"),
}
SUMMARY_KEYS = RUN_KEYS - {"output", "initialOutput", "reviewedOutput", "edits", "config"}


def schema(**properties):
    return {"type": "object", "properties": properties}


TEXT = {"type": ["string", "null"]}
NUMBER = {"type": ["number", "null"]}


@pytest.fixture
def extract(client, local, helpers):
    """Extract from bytes; the finished run."""

    def run(data, name="invoice.pdf", **properties):
        file = {"id": local.add_file(name, data if isinstance(data, bytes) else data.encode())}
        body = {"config": {"schema": schema(**properties)}} if properties else {}
        return helpers.run(client, "/extract_runs", file=file, **body)

    return run


@pytest.fixture
def values(extract):
    return lambda data, name="notes.txt", **properties: extract(data, name, **properties)["output"]["value"]


def test_labelled_text_of_a_pdf(extract, helpers):
    data = helpers.make_pages(
        ["Invoice number: 881", ("Total", 72, 200), ("1,240.50 EUR", 300, 200), ("Buyer:", 72, 300), ("Ada", 72, 316)]
    )
    run = extract(data, invoice_number=TEXT, Total=NUMBER, buyer=TEXT, missing=TEXT)
    assert set(run) == RUN_KEYS
    assert (run["status"], run["object"]) == ("PROCESSED", "extract_run")
    assert run["output"]["value"] == {"invoice_number": "881", "Total": 1240.5, "buyer": "Ada", "missing": None}
    assert run["usage"]["credits"] == 3
    assert run["extractor"] is run["extractorVersion"] is run["files"] is run["parseRunId"] is None
    assert run["config"]["baseProcessor"] == "extraction_performance"
    metadata = run["output"]["metadata"]
    assert set(metadata) == {"invoice_number", "Total", "buyer", "missing"}
    [citation] = metadata["Total"]["citations"]
    assert citation["fileId"] == run["file"]["id"]
    assert citation["page"] == {"number": 1, "width": 612, "height": 792}
    assert citation["referenceText"] == "Total 1,240.50 EUR"
    assert citation["polygon"][0]["x"] == pytest.approx(300, abs=3)
    assert metadata["missing"] == {"ocrConfidence": None, "logprobsConfidence": None, "citations": []}


@pytest.mark.parametrize("flatten", [True, False])
def test_what_an_edit_run_filled_comes_back(client, local, helpers, flatten):
    names = ("Legal name", "form[0].Page1[0].city_of_birth[0]")
    file = {"id": local.add_file("form.pdf", helpers.make_form(fields=names))}
    detected = {"legal_name": "Ada Lovelace", "city_of_birth": "London"}
    properties = {name: {**TEXT, "extend_edit:value": value} for name, value in detected.items()}
    config = {"schema": schema(**properties), "advancedOptions": {"flattenPdf": flatten}}
    edited = helpers.run(client, "/edit_runs", file=file, config=config)["output"]["editedFile"]["id"]
    wanted = schema(legal_name=TEXT, CityOfBirth=TEXT)
    run = helpers.run(client, "/extract_runs", file={"id": edited}, config={"schema": wanted})
    assert run["output"]["value"] == {"legal_name": "Ada Lovelace", "CityOfBirth": "London"}
    [citation] = run["output"]["metadata"]["legal_name"]["citations"]
    assert citation["polygon"][0] == {"x": 100, "y": 92}
    inferred = helpers.run(client, "/extract_runs", file={"id": edited})
    assert inferred["output"]["value"] == {"legal_name": "Ada Lovelace", "city_of_birth": "London"}


@pytest.mark.parametrize("flatten", [True, False])
def test_values_come_back_under_the_names_of_the_edit_schema(client, local, helpers, form, flatten):
    source = {"fieldName": "legal_name", "fieldType": "text"}
    box = {"left": 200, "top": 1000, "right": 600, "bottom": 1040}
    properties = {
        "company": {**TEXT, "extend_edit:source_acroform": source, "extend_edit:value": "Northwind"},
        "remark": {**TEXT, "extend_edit:bbox": box, "extend_edit:page_index": 0, "extend_edit:value": "drawn"},
    }
    config = {"schema": schema(**properties), "advancedOptions": {"flattenPdf": flatten}}
    file = {"id": local.add_file("form.pdf", form)}
    edited = helpers.run(client, "/edit_runs", file=file, config=config)["output"]["editedFile"]["id"]
    wanted = {"schema": schema(company=TEXT, remark=TEXT)}
    # What one edit has left on the page stays when another follows.
    again = helpers.run(client, "/edit_runs", file={"id": edited}, config={"schema": schema(x=TEXT)})
    for file_id in (edited, again["output"]["editedFile"]["id"]):
        run = helpers.run(client, "/extract_runs", file={"id": file_id}, config=wanted)
        assert run["output"]["value"] == {"company": "Northwind", "remark": "drawn"}


@pytest.mark.parametrize("flatten", [True, False])
def test_the_rows_of_a_table_come_back(client, local, helpers, form, flatten):
    columns = {"type": "object", "properties": {"item": TEXT, "price": NUMBER}}
    rows = [{"item": "bolt", "price": 1.5}, {"item": "nut", "price": None}]
    box = {"left": 200, "top": 800, "right": 800, "bottom": 1000}
    lines = {"type": "array", "items": columns, "extend_edit:bbox": box, "extend_edit:value": rows}
    config = {"schema": schema(lines=lines), "advancedOptions": {"flattenPdf": flatten}}
    edited = helpers.run(client, "/edit_runs", file={"id": local.add_file("a.pdf", form)}, config=config)
    file = {"id": edited["output"]["editedFile"]["id"]}
    wanted = schema(lines={"type": "array", "items": columns})
    run = helpers.run(client, "/extract_runs", file=file, config={"schema": wanted})
    assert run["output"]["value"] == {"lines": rows}
    assert run["output"]["metadata"]["lines[0].price"]["citations"][0]["page"]["number"] == 1
    assert "bolt 1.5" in helpers.run(client, "/parse_runs", file=file)["output"]["chunks"][0]["content"]


def test_empty_form_fields_are_null(extract, form):
    assert extract(form, legal_name=TEXT)["output"]["value"] == {"legal_name": None}


@pytest.mark.parametrize(
    ("text", "definition", "expected"),
    [
        ("1,234.50", {"type": "number"}, 1234.5),
        ("1.234,50", {"type": "number"}, 1234.5),
        ("1 234,50 kr", {"type": "number"}, 1234.5),
        ("12,5 %", {"type": "number"}, 12.5),
        ("1,234", {"type": "number"}, 1234),
        ("1.234.567", {"type": "number"}, 1234567),
        ("(40.00)", {"type": "number"}, -40.0),
        ("-7", {"type": "integer"}, -7),
        ("7.0", {"type": "integer"}, 7),
        ("7.5", {"type": "integer"}, None),
        ("seven", {"type": ["number", "null"]}, None),
        ("Yes", {"type": ["boolean", "null"]}, True),
        ("[ ]", {"type": "boolean"}, False),
        ("maybe", {"type": "boolean"}, None),
        ("C-Corp", {"enum": ["llc", "c_corp", None]}, "c_corp"),
        ("none of them", {"enum": ["llc"]}, None),
        ("2026-03-04", {"type": "string", "extend:type": "date"}, "2026-03-04"),
        ("March 4, 2026", {"type": "string", "format": "date"}, "2026-03-04"),
        ("04.03.2026", {"extend:type": "date"}, "2026-03-04"),
        ("03/04/2026", {"extend:type": "date"}, "2026-03-04"),
        ("soon", {"extend:type": "date"}, None),
        ("a, b; c", {"type": "array", "items": {"type": "string"}}, ["a", "b", "c"]),
        ("1, x, 3", {"type": "array", "items": {"type": "integer"}}, [1, 3]),
        ("text", {}, "text"),
        ("5", {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None}, 5),
        ("$40.00", {"type": "object", "extend:type": "currency", "properties": {"amount": NUMBER}},
         {"amount": 40.0, "iso_4217_currency_code": "USD"}),
        ("40 CHF", {"type": "object", "extend:type": "currency"}, {"amount": 40, "iso_4217_currency_code": "CHF"}),
        ("free", {"type": "object", "extend:type": "currency"}, None),
    ],
)  # fmt: skip
def test_values_take_the_type_of_the_schema(values, text, definition, expected):
    assert values(f"The value: {text}\n", the_value=definition) == {"the_value": expected}


@pytest.mark.parametrize(
    "text",
    ["Invoice No.: 881", "**Invoice no:** 881", "invoice-no:\n881", "Invoice No    881", "- Invoice_no: 881"],
)
def test_labels_match_loosely(values, text):
    assert values(f"before\n{text}\nafter", invoice_no=TEXT) == {"invoice_no": "881"}


def test_titles_and_descriptions_are_names_too(values):
    text = "Amount due: 5\nSeller: X"
    titled, described = {**NUMBER, "title": "Amount due"}, {**TEXT, "description": "Seller"}
    assert values(text, total=titled, vendor=described) == {"total": 5, "vendor": "X"}


def test_a_label_without_a_value_does_not_take_the_next_label(values):
    assert values("Buyer:\nCity: Bergen", buyer=TEXT, city=TEXT) == {"buyer": None, "city": "Bergen"}


def test_objects_are_read_by_their_own_name_first(values):
    text = "Seller city: Oslo\nCity: Bergen\n"
    address = {"type": "object", "properties": {"city": TEXT, "street": TEXT}}
    expected = {"seller": {"city": "Oslo", "street": None}, "buyer": {"city": "Bergen", "street": None}}
    assert values(text, seller=address, buyer=address) == expected


def test_references_as_pydantic_writes_them(client, local, helpers):
    address = {"type": "object", "properties": {"city": {"type": "string"}}}
    config = {"schema": {**schema(home={"$ref": "#/$defs/Address"}), "$defs": {"Address": address}}}
    file = {"id": local.add_file("a.txt", b"City: Oslo")}
    run = helpers.run(client, "/extract_runs", file=file, config=config)
    assert run["output"]["value"] == {"home": {"city": "Oslo"}}
    assert set(run["output"]["metadata"]) == {"home.city"}
    endless = {"schema": {**schema(a={"$ref": "#/$defs/A"}), "$defs": {"A": {"$ref": "#/$defs/A"}}}}
    assert helpers.run(client, "/extract_runs", file=file, config=endless)["status"] == "PROCESSED"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "Item,Unit price,Note\nbolt,1.50,\nnut,0.25,x\n"),
        ("a.md", "Header: y\n\n| Item | Unit price |\n|---|---|\n| bolt | 1.50 |\n| nut | 0.25 |\n"),
        ("a.html", "<table><tr><th>Item<th>Unit price</tr><tr><td>bolt</td><td>1.50</td></tr>"
         "<tr><td>nut</td><td>0.25</td></tr></table>"),
    ],
)  # fmt: skip
def test_tables_give_arrays_of_objects(extract, name, text):
    lines = {
        "type": "array",
        "items": {"type": "object", "properties": {"item": TEXT, "unit_price": NUMBER, "q": TEXT}},
    }
    run = extract(text, name, lines=lines)
    assert run["output"]["value"] == {
        "lines": [{"item": "bolt", "unit_price": 1.5, "q": None}, {"item": "nut", "unit_price": 0.25, "q": None}]
    }
    assert run["output"]["metadata"]["lines[1].item"]["citations"][0]["referenceText"] == "nut"


def test_without_a_schema_one_is_made(extract):
    run = extract("Invoice number: 881\nTotal: 40.00\nfree text", "a.txt")
    assert run["output"]["value"] == {"invoice_number": "881", "total": "40.00"}
    assert set(run["config"]["schema"]["properties"]) == {"invoice_number", "total"}
    assert extract("free text", "a.txt")["failureReason"] == "SCHEMA_GENERATION_FAILED"


def test_citations_can_be_switched_off(client, local, helpers):
    config = {"schema": schema(a=TEXT), "advancedOptions": {"citationsEnabled": False}}
    run = helpers.run(client, "/extract_runs", file={"id": local.add_file("a.txt", b"A: 1")}, config=config)
    assert "citations" not in run["output"]["metadata"]["a"]


def test_text_inputs(client, helpers):
    run = helpers.run(client, "/extract_runs", file={"text": "Total: 5", "name": "mail.txt"})
    assert run["output"]["value"] == {"total": "5"}
    assert (run["file"]["name"], run["file"]["type"]) == ("mail.txt", "TXT")
    client.delete(f"/extract_runs/{run['id']}")
    assert client.get(f"/files/{run['file']['id']}").status_code == 404


def test_packages(client, local, helpers):
    ids = [local.add_file(f"{n}.txt", text.encode()) for n, text in enumerate(["Name: Ada", "City: London"])]
    package = {"files": [{"id": file_id} for file_id in ids]}
    run = helpers.run(client, "/extract_runs", package=package, config={"schema": schema(name=TEXT, city=TEXT)})
    assert run["output"]["value"] == {"name": "Ada", "city": "London"}
    assert run["output"]["metadata"]["city"]["citations"][0]["fileId"] == ids[1]
    assert run["file"] is None
    assert [file["id"] for file in run["files"]] == ids
    assert run["usage"]["credits"] == 6
    [summary] = client.get("/extract_runs", params={"fileNameContains": "1.TXT"}).json()["data"]
    assert [file["id"] for file in summary["files"]] == ids
    assert set(summary) == SUMMARY_KEYS


def test_declared_extractors(client, local, helpers):
    config = {"schema": schema(total=NUMBER), "extractionRules": "none"}
    extractor_id = local.add_extractor("Invoices", config, id="ex_prod")
    assert extractor_id == "ex_prod"
    file = {"id": local.add_file("a.txt", b"Total: 5\nCity: Oslo")}
    run = helpers.run(client, "/extract_runs", file=file, extractor={"id": "ex_prod", "version": "latest"})
    assert run["output"]["value"] == {"total": 5}
    assert run["config"]["extractionRules"] == "none"
    extractor = run["extractor"]
    assert (extractor["object"], extractor["id"], extractor["name"]) == ("extractor", "ex_prod", "Invoices")
    assert run["extractorVersion"]["extractorId"] == "ex_prod"
    override = {"id": "ex_prod", "version": "1.0", "overrideConfig": {"schema": schema(city=TEXT)}}
    other = helpers.run(client, "/extract_runs", file=file, extractor=override)
    assert other["output"]["value"] == {"city": "Oslo"}

    def listed(**query):
        return {item["id"] for item in client.get("/extract_runs", params=query).json()["data"]}

    assert listed(extractorId="ex_prod") == {run["id"], other["id"]}
    assert listed(extractorId="ex_other") == set()
    with pytest.raises(ValueError, match="schema"):
        local.add_extractor("bad", {"schema": []})
    with pytest.raises(ValueError, match="id"):
        local.add_extractor("bad", config, id="../x")


def test_extractors_can_be_declared_over_http(client, helpers):
    body = {"name": "Invoices", "config": {"schema": schema(total=NUMBER)}}
    extractor_id = client.post("/_local/extractors", json=body).json()["id"]
    assert extractor_id.startswith("ex_")
    run = helpers.run(client, "/extract_runs", file={"text": "Total: 5"}, extractor={"id": extractor_id})
    assert run["output"]["value"] == {"total": 5}
    for bad in ({}, {"name": "x"}, {"name": "x", "config": []}, {**body, "id": "a/b"}, {**body, "kind": "x"}):
        assert client.post("/_local/extractors", json=bad).status_code == 400


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "exactly one of file, package"),
        ({"file": {"text": "x"}, "package": {"files": []}}, "exactly one of file, package"),
        ({"file": {"text": ""}}, "file.text"),
        ({"file": {"text": "x", "url": "https://a.b/c"}}, "file.url, file.id, file.text"),
        ({"package": {"files": {}}}, "package.files"),
        ({"package": {"files": []}}, "1 to 50"),
        ({"package": {"files": [{"text": "x"}]}}, "package.files[0]"),
        ({"package": {"files": [{"url": "https://a.b/c"}, {"url": "https://a.b/c"}]}}, "twice"),
        ({"file": {"text": "x"}, "extractor": {"id": "ex_a"}, "config": {}}, "exactly one of extractor, config"),
        ({"file": {"text": "x"}, "extractor": "ex_a"}, "extractor must be an object"),
        ({"file": {"text": "x"}, "extractor": {}}, "extractor.id"),
        ({"file": {"text": "x"}, "config": []}, "config"),
        ({"file": {"text": "x"}, "config": {"schema": {"type": "array"}}}, "config.schema.type"),
        ({"file": {"text": "x"}, "config": {"schema": {"type": "object"}}}, "config.schema.properties"),
        ({"file": {"text": "x"}, "config": {"parseConfig": {"target": "x"}}}, "target"),
        ({"file": {"text": "x"}, "priority": 0}, "priority"),
        ({"file": {"text": "x"}, "priority": 101}, "priority"),
        ({"file": {"text": "x"}, "priority": True}, "priority"),
        ({"file": {"text": "x"}, "metadata": "x"}, "metadata"),
        ({"file": {"text": "x"}, "templateId": "x"}, "templateId"),
    ],
)
def test_bad_bodies_are_refused_naming_the_field(client, local, body, says):
    response = client.post("/extract_runs", json=body)
    assert response.status_code == 400
    assert says in response.json()["message"]
    assert local.runs_created == 0


def test_unknown_extractors_are_not_found_with_a_hint(client, local):
    body = {"file": {"text": "x"}, "extractor": {"id": "ex_none"}}
    response = client.post("/extract_runs", json=body)
    assert response.status_code == 404
    assert "add_extractor" in response.json()["message"]
    local.add_extractor("a", {"schema": schema(a=TEXT)}, id="ex_a")
    response = client.post("/extract_runs", json={"file": {"text": "x"}, "extractor": {"id": "ex_a", "version": "9"}})
    assert response.status_code == 404


def test_failures_have_the_reasons_of_the_kind(client, local, extract, helpers):
    run = extract(b"\x89PNG\r\n\x1a\nxx", "a.png")
    assert run["failureReason"] == "FAILED_TO_PROCESS_FILE"
    assert "images" in run["failureMessage"]
    local.inject("fail", reason="PARSING_ERROR")
    assert extract("x", "a.txt")["failureReason"] == "PARSING_ERROR"


def test_priority_and_metadata(client, local):
    body = {"file": {"text": "Total: 5"}, "priority": 1, "metadata": {"dag_id": "d"}}
    created = client.post("/extract_runs", json=body).json()
    assert created["metadata"] == {"dag_id": "d"}
    assert client.post("/extract", json=body).status_code == 400
    sync = client.post("/extract", json={"file": {"text": "Total: 5"}, "metadata": {"a": 1}})
    assert sync.json()["output"]["value"] == {"total": "5"}
    assert sync.json()["metadata"] == {"a": 1}
    failed = client.post("/extract", json={"file": {"text": "no labels"}})
    assert (failed.status_code, failed.json()["code"]) == (422, "SCHEMA_GENERATION_FAILED")


def test_cancel_ends_a_run(start):
    _, client = start(processing_time=600)
    run_id = client.post("/extract_runs", json={"file": {"text": "Total: 5"}}).json()["id"]
    cancelled = client.post(f"/extract_runs/{run_id}/cancel", json={}).json()
    assert (cancelled["status"], cancelled["failureReason"], cancelled["output"]) == ("CANCELLED", None, None)
    assert client.get("/extract_runs", params={"status": "CANCELLED"}).json()["data"][0]["id"] == run_id
    again = client.post(f"/extract_runs/{run_id}/cancel")
    assert (again.status_code, again.json()["code"]) == (400, "INVALID_REQUEST")
    assert "terminal" in again.json()["message"]


def test_a_cancelled_sync_run_is_an_error(start, helpers):
    service, client = start(processing_time=600)
    with ThreadPoolExecutor(1) as pool, helpers.api_client(service) as other:
        answer = pool.submit(lambda: other.post("/extract", json={"file": {"text": "a: b"}}))
        [run] = helpers.poll(lambda: client.get("/extract_runs").json()["data"])
        client.post(f"/extract_runs/{run['id']}/cancel")
        assert (answer.result().status_code, answer.result().json()["code"]) == (422, "ABORTED")


def test_work_that_is_cancelled_halfway_costs_nothing(local, client, helpers, mocker):
    begun, go_on = threading.Event(), threading.Event()
    read = extract_runs.read_document

    def slow(*args):
        begun.set()
        assert go_on.wait(10)
        return read(*args)

    mocker.patch.object(extract_runs, "read_document", slow)
    run_id = client.post("/extract_runs", json={"file": {"text": "Total: 5"}}).json()["id"]
    assert begun.wait(10)
    assert client.post(f"/extract_runs/{run_id}/cancel").json()["status"] == "CANCELLED"
    go_on.set()
    mocker.stopall()
    helpers.run(client, "/extract_runs", file={"text": "Total: 5"})
    assert client.get(f"/extract_runs/{run_id}").json()["status"] == "CANCELLED"
    assert local.credits_used == 3
