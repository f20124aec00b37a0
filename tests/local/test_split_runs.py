from __future__ import annotations

import io

import httpx
import pytest
from pypdf import PdfReader

CLASSES = [
    {"id": "invoice", "type": "Invoice", "description": "A bill. Keywords: invoice"},
    {"id": "contract", "type": "Contract", "description": "Keywords: agreement; party"},
    {"id": "other", "type": "other", "description": "The rest"},
]
PAGES = [["INVOICE 1"], ["Invoice, continued"], ["no keyword here"], ["Agreement"], ["Invoice 2"]]


@pytest.fixture
def split(client, local, helpers):
    def run(pages, classes=CLASSES, **options):
        file = {"id": local.add_file("packet.pdf", helpers.make_pages(*pages))}
        config = {"splitClassifications": classes, "advancedOptions": options}
        return helpers.run(client, "/split_runs", file=file, config=config)

    return run


def ranges(run):
    return [(item["classificationId"], item["startPage"], item["endPage"]) for item in run["output"]["splits"]]


def test_neighbouring_pages_of_a_class_are_one_split(split):
    run = split(PAGES)
    assert ranges(run) == [("invoice", 1, 3), ("contract", 4, 4), ("invoice", 5, 5)]
    assert set(run["output"]) == {"splits"}
    assert all(
        set(item)
        == {
            *("id", "classificationId", "type", "identifier", "observation", "startPage", "endPage", "fileId", "name"),
        }
        for item in run["output"]["splits"]
    )
    assert [item["type"] for item in run["output"]["splits"]] == ["Invoice", "Contract", "Invoice"]
    assert [item["identifier"] for item in run["output"]["splits"]] == ["invoice_1", "contract_1", "invoice_2"]
    assert "no model" in run["output"]["splits"][0]["observation"]
    assert run["usage"]["credits"] == 5


def test_each_split_is_a_file(client, split):
    run = split(PAGES)
    first = run["output"]["splits"][0]
    file = client.get(f"/files/{first['fileId']}").json()
    assert (file["name"], file["type"]) == ("packet-invoice-1-3.pdf", "PDF")
    assert file["parentFileId"] == run["file"]["id"]
    assert file["metadata"] == {
        "pageCount": 3,
        "parentSplit": {"id": first["id"], "type": "Invoice", "identifier": "invoice_1", "startPage": 1, "endPage": 3},
    }
    texts = [page.extract_text() for page in PdfReader(io.BytesIO(httpx.get(file["presignedUrl"]).content)).pages]
    assert texts == ["INVOICE 1", "Invoice, continued", "no keyword here"]


def test_splits_can_be_worked_on(client, split, helpers):
    file_id = split(PAGES)["output"]["splits"][1]["fileId"]
    run = helpers.run(client, "/parse_runs", file={"id": file_id})
    assert run["output"]["chunks"][0]["content"] == "Agreement"


def test_form_values_survive_splitting(client, local, helpers):
    data = helpers.make_form(pages=2)
    config = {**helpers.value_config("Invoice"), "advancedOptions": {"flattenPdf": False}}
    edited = helpers.run(client, "/edit_runs", file={"id": local.add_file("a.pdf", data)}, config=config)
    file = {"id": edited["output"]["editedFile"]["id"]}
    run = helpers.run(client, "/split_runs", file=file, config={"splitClassifications": CLASSES})
    assert ranges(run) == [("invoice", 1, 2)]
    part = {"id": run["output"]["splits"][0]["fileId"]}
    schema = {"type": "object", "properties": {"legal_name": {"type": "string"}}}
    extracted = helpers.run(client, "/extract_runs", file=part, config={"schema": schema})
    assert extracted["output"]["value"] == {"legal_name": "Invoice"}


def test_identifiers_tell_documents_of_one_class_apart(split):
    classes = [{**CLASSES[0], "identifierKey": "Extract the invoice number from the header"}, *CLASSES[1:]]
    pages = [["Invoice number: 881"], ["Invoice, more"], ["Invoice number: 881"], ["Invoice Number: 882"]]
    run = split(pages, classes)
    assert ranges(run) == [("invoice", 1, 3), ("invoice", 4, 4)]
    assert [item["identifier"] for item in run["output"]["splits"]] == ["881", "882"]


def test_pages_before_any_keyword_are_other(split):
    assert ranges(split([["cover"], ["Agreement"]])) == [("other", 1, 1), ("contract", 2, 2)]
    assert ranges(split([["cover"], ["Agreement"]], CLASSES[:2])) == [("invoice", 1, 1), ("contract", 2, 2)]


def test_pages_can_be_chosen(split):
    run = split(PAGES, pageRanges=[{"start": 1, "end": 1}, {"start": 3, "end": 4}])
    assert ranges(run) == [("invoice", 1, 1), ("other", 3, 3), ("contract", 4, 4)]


def test_deleting_a_run_deletes_its_splits(client, split):
    run = split(PAGES)
    client.delete(f"/split_runs/{run['id']}")
    for item in run["output"]["splits"]:
        assert client.get(f"/files/{item['fileId']}").status_code == 404
    assert client.get(f"/files/{run['file']['id']}").status_code == 200


def test_declared_splitters_and_sync(client, local, helpers):
    splitter = {"id": local.add_splitter("Packets", {"splitClassifications": CLASSES})}
    body = {"file": {"id": local.add_file("a.pdf", helpers.make_pages(*PAGES))}, "splitter": splitter}
    run = client.post("/split", json=body).json()
    assert len(run["output"]["splits"]) == 3
    assert run["splitterVersion"]["splitterId"] == splitter["id"]
    assert client.get("/split_runs", params={"splitterId": splitter["id"]}).json()["data"][0]["id"] == run["id"]


def test_only_pdfs_can_be_split(client, local, helpers):
    config = {"splitClassifications": CLASSES}
    run = helpers.run(client, "/split_runs", file={"id": local.add_file("a.txt", b"x")}, config=config)
    assert run["failureReason"] == "FAILED_TO_PROCESS_FILE"
    assert client.post("/split_runs", json={"file": {"text": "x"}, "config": config}).status_code == 400
