from __future__ import annotations

import httpx
import pytest

RUN_KEYS = {
    *("object", "id", "batchId", "file", "status", "failureReason", "failureMessage", "metadata", "output"),
    *("outputUrl", "metrics", "config", "usage"),
}
SUMMARY_KEYS = RUN_KEYS - {"output", "outputUrl", "config"} | {"createdAt", "updatedAt"}


@pytest.fixture
def parse(client, local, helpers):
    """Parse bytes; the finished run."""

    def run(data, name="invoice.pdf", **body):
        return helpers.run(client, "/parse_runs", file={"id": local.add_file(name, data)}, **body)

    return run


@pytest.fixture
def invoice(helpers):
    return helpers.make_pages(
        [("Invoice", 72, 50, 24), "Invoice number: 881", "Total: 40.00 EUR", ("Thank you", 72, 300)], ["Page two"]
    )


def contents(run):
    return [chunk["content"] for chunk in run["output"]["chunks"]]


def test_create_answers_processing_at_once(start, helpers, invoice):
    service, client = start(processing_time=600)
    run = client.post("/parse_runs", json={"file": {"id": service.add_file("a.pdf", invoice)}}).json()
    assert set(run) == RUN_KEYS
    assert (run["object"], run["status"], run["id"][:3]) == ("parse_run", "PROCESSING", "pr_")
    assert [run[key] for key in ("batchId", "failureReason", "metadata", "output", "outputUrl", "usage")] == [None] * 6


def test_text_is_chunked_by_page(parse, invoice):
    run = parse(invoice)
    assert set(run) == RUN_KEYS
    assert run["status"] == "PROCESSED"
    assert contents(run) == [
        "# Invoice\n\nInvoice number: 881\nTotal: 40.00 EUR\n\nThank you",
        "Page two",
    ]
    assert [chunk["metadata"]["pageRange"] for chunk in run["output"]["chunks"]] == [
        {"start": 1, "end": 1},
        {"start": 2, "end": 2},
    ]
    assert {chunk["type"] for chunk in run["output"]["chunks"]} == {"page"}
    assert run["metrics"]["pageCount"] == 2
    assert run["usage"]["credits"] == 4
    assert run["usage"]["breakdown"][0]["charges"] == [
        {"product": "parse", "unit": "page", "quantity": 2, "credits": 4}
    ]


def test_blocks_have_places(parse, invoice):
    heading, text, last = parse(invoice)["output"]["chunks"][0]["blocks"]
    assert [block["type"] for block in (heading, text, last)] == ["heading", "text", "text"]
    assert heading["metadata"] == {"page": {"number": 1, "width": 612, "height": 792}}
    box = heading["boundingBox"]
    assert box["left"] == pytest.approx(74, abs=3)
    assert box["top"] == pytest.approx(56, abs=8)
    assert box["right"] == pytest.approx(72 + 80, abs=15)
    assert box["bottom"] == pytest.approx(74, abs=4)
    assert heading["polygon"][0] == {"x": box["left"], "y": box["top"]}
    assert heading["polygon"][2] == {"x": box["right"], "y": box["bottom"]}
    assert box["bottom"] < text["boundingBox"]["top"] < last["boundingBox"]["top"]


def test_equal_documents_give_equal_output(parse, invoice):
    assert parse(invoice)["output"] == parse(invoice)["output"]


def test_parts_of_a_line_that_are_far_apart_stay_on_one_line_in_order(parse, helpers):
    data = helpers.make_pages([("881", 300, 100), ("Invoice number", 72, 100), ("below", 72, 114)])
    assert contents(parse(data)) == ["Invoice number 881\nbelow"]
    spatial = contents(parse(data, config={"target": "spatial"}))[0].splitlines()
    assert spatial[0].index("Invoice number") == round(72 / 612 * 110)
    assert spatial[0].index("881") == round(300 / 612 * 110)
    assert spatial[1].strip() == "below"


def test_chunking_by_document_and_section(parse, helpers):
    data = helpers.make_pages(
        [("One", 72, 50, 24), "first", ("Two", 72, 160, 24), ("second", 72, 200)], [("more", 72, 72)]
    )
    whole = parse(data, config={"chunkingStrategy": {"type": "document"}})["output"]["chunks"]
    assert [(chunk["type"], chunk["metadata"]["pageRange"]) for chunk in whole] == [
        ("document", {"start": 1, "end": 2})
    ]
    sections = parse(data, config={"chunkingStrategy": {"type": "section"}})["output"]["chunks"]
    assert [chunk["content"] for chunk in sections] == ["# One\n\nfirst", "# Two\n\nsecond\n\nmore"]
    assert sections[1]["metadata"]["pageRange"] == {"start": 1, "end": 2}


def test_chunks_have_limits(parse, helpers):
    data = helpers.make_pages(*[[(f"page {n} " + "x" * 20, 72, 72), (f"more {n}", 72, 200)] for n in (1, 2, 3)])
    options = {"type": "page", "options": {"minCharacters": 40}}
    joined = parse(data, config={"chunkingStrategy": options})["output"]["chunks"]
    assert [chunk["metadata"]["pageRange"] for chunk in joined] == [{"start": 1, "end": 2}, {"start": 3, "end": 3}]
    options = {"type": "document", "options": {"maxCharacters": 30}}
    cut = parse(data, config={"chunkingStrategy": options})
    assert len(contents(cut)) == 6
    assert all(len(text) <= 30 for text in contents(cut))


def test_pages_can_be_chosen(parse, helpers):
    data = helpers.make_pages(*[[f"page {n}"] for n in range(1, 6)])
    ranges = {"pageRanges": [{"start": 2, "end": 2}, {"start": 4, "end": 9}]}
    run = parse(data, config={"advancedOptions": ranges})
    assert contents(run) == ["page 2", "page 4", "page 5"]
    assert run["metrics"]["pageCount"] == 3


def test_the_config_is_echoed_with_defaults(parse, invoice):
    config = parse(invoice, config={"blockOptions": {"tables": {"enabled": True}}, "somethingNew": 1})["config"]
    assert config == {
        "target": "markdown",
        "engine": "parse_performance",
        "engineVersion": "latest",
        "chunkingStrategy": {"type": "page"},
        "blockOptions": {"tables": {"enabled": True}},
        "advancedOptions": {},
        "somethingNew": 1,
    }


@pytest.mark.parametrize("flatten", [True, False])
def test_what_an_edit_run_filled_is_in_the_text(client, local, helpers, form, flatten):
    config = {**helpers.value_config("Ada Lovelace"), "advancedOptions": {"flattenPdf": flatten}}
    edited = helpers.run(client, "/edit_runs", file={"id": local.add_file("form.pdf", form)}, config=config)
    run = helpers.run(client, "/parse_runs", file={"id": edited["output"]["editedFile"]["id"]})
    assert contents(run) == ["Ada Lovelace" if flatten else "legal_name: Ada Lovelace"]
    [block] = run["output"]["chunks"][0]["blocks"]
    assert block["type"] == ("text" if flatten else "key_value")
    assert 100 <= block["boundingBox"]["left"] <= 110
    assert 92 <= block["boundingBox"]["top"] <= 105


@pytest.mark.parametrize(
    ("name", "data", "media_type", "expected", "types"),
    [
        ("a.txt", "One\ntwo\n\nthree", "text/plain", "One\ntwo\n\nthree", ["text", "text"]),
        ("a.md", "# One\ntwo\n\n| a | b |\n|---|---|\n| 1 | 2 |\n", "text/plain",
         "# One\n\ntwo\n\n| a | b |\n| --- | --- |\n| 1 | 2 |", ["heading", "text", "table"]),
        ("a.csv", "a;b\n1;x|y\n2", "text/csv", "| a | b |\n| --- | --- |\n| 1 | x\\|y |\n| 2 |  |", ["table"]),
        ("a.html", "<head><title>no</title></head><h1>One</h1><p>two <b>bold</b><br>three</p><script>no()</script>"
         "<table><tr><th>a</th></tr><tr><td>1</td></tr></table>tail", "text/html",
         "# One\n\ntwo bold\nthree\n\n| a |\n| --- |\n| 1 |\n\ntail", ["heading", "text", "table", "text"]),
        ("a.xml", "<a>b</a>", "application/xml", "<a>b</a>", ["text"]),
    ],
)  # fmt: skip
def test_other_text_formats(parse, name, data, media_type, expected, types):
    run = parse(data.encode(), name)
    assert contents(run) == [expected]
    [chunk] = run["output"]["chunks"]
    assert [block["type"] for block in chunk["blocks"]] == types
    assert chunk["blocks"][0]["polygon"] == []
    assert run["output"]["metadata"] == {"originalMimeType": media_type, "finalMimeType": media_type, "pages": []}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_text_encodings(parse, encoding):
    assert contents(parse("Zürich, café".encode(encoding), "a.txt")) == ["Zürich, café"]


def test_form_feeds_end_pages(parse):
    run = parse(b"one\ftwo", "a.txt")
    assert contents(run) == ["one", "two"]
    assert run["usage"]["credits"] == 4


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.png", b"\x89PNG\r\n\x1a\nxx", "FILE_TYPE_NOT_SUPPORTED"),
        ("a.docx", b"PK\x03\x04", "FILE_TYPE_NOT_SUPPORTED"),
        ("a.rtf", b"{\\rtf1 x}", "FILE_TYPE_NOT_SUPPORTED"),
        ("a.bin", b"\x00\x01", "FILE_TYPE_NOT_SUPPORTED"),
        ("a.csv", b"a,b\n" + b"x" * 200_000, "CORRUPT_FILE"),
        ("a.pdf", b"no pdf", "FILE_TYPE_NOT_SUPPORTED"),
        ("a.pdf", b"%PDF-1.7 broken", "CORRUPT_FILE"),
    ],
)
def test_documents_that_cannot_be_read_fail_with_a_reason(client, local, parse, name, data, reason):
    run = parse(data, name)
    assert (run["status"], run["failureReason"]) == ("FAILED", reason)
    assert run["output"] is run["metrics"] is run["usage"] is None
    sync = client.post("/parse", json={"file": {"id": run["file"]["id"]}})
    assert (sync.status_code, sync.json()["code"]) == (422, reason)


def test_locked_documents_need_their_password(client, helpers):
    locked = helpers.make_form(password="opensesame")

    def failure(password):
        file = client.post("/files/upload", files={"file": ("a.pdf", locked)}, data={"password": password}).json()
        return helpers.run(client, "/parse_runs", file={"id": file["id"]})["failureReason"]

    assert failure("wrong") == "PASSWORD_PROTECTED_FILE"
    assert failure("opensesame") is None


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "file"),
        ({"file": {"text": "hello"}}, "file.url, file.id"),
        ({"priority": 5}, "priority"),
        ({"metadata": []}, "metadata"),
        ({"metadata": {"x": "y" * 10_300}}, "10240"),
        ({"metadata": {"extend:usage_tags": "a"}}, "extend:usage_tags"),
        ({"config": []}, "config"),
        ({"config": {"target": "pdf"}}, "config.target"),
        ({"config": {"engine": "fast"}}, "config.engine"),
        ({"config": {"chunkingStrategy": {"type": "word"}}}, "chunkingStrategy.type"),
        ({"config": {"chunkingStrategy": {"options": {"minCharacters": 0}}}}, "minCharacters"),
        ({"config": {"target": "spatial", "chunkingStrategy": {"type": "document"}}}, "spatial"),
        ({"config": {"advancedOptions": {"pageRanges": [{"start": 3, "end": 1}]}}}, "pageRanges[0]"),
        ({"config": {"advancedOptions": {"pageRanges": {}}}}, "pageRanges"),
        ({"dataRetention": {"mode": "zero"}}, "dataRetention"),
        ({"dataRetention": {"mode": "never"}}, "dataRetention"),
    ],
)
def test_bad_bodies_are_refused_naming_the_field(client, local, body, says):
    file = {} if body == {} or "file" in body else {"file": {"id": local.add_file("a.txt", b"x")}}
    response = client.post("/parse_runs", json={**file, **body})
    assert response.status_code == 400
    assert response.json()["code"] == "INVALID_REQUEST"
    assert says in response.json()["message"]
    assert local.runs_created == 0


def test_a_result_can_be_had_as_a_url(client, parse, invoice):
    inline = parse(invoice)
    url = f"/parse_runs/{inline['id']}"
    run = client.get(url, params={"responseType": "url"}).json()
    assert set(run) == RUN_KEYS
    assert run["output"] is None
    response = httpx.get(run["outputUrl"])
    assert response.headers["content-type"] == "application/json"
    assert response.json() == inline["output"]
    assert client.get(url, params={"responseType": "json"}).json()["output"] == inline["output"]
    assert client.get(url, params={"responseType": "xml"}).status_code == 400
    client.delete(url)
    assert httpx.get(run["outputUrl"]).status_code == 404


def test_presigned_results_expire(client, local, parse, invoice):
    run = parse(invoice)
    local.inject("expired")
    expired = client.get(f"/parse_runs/{run['id']}", params={"responseType": "url"}).json()["outputUrl"]
    assert httpx.get(expired).status_code == 403


def test_sync_parse(client, local, invoice):
    file = {"id": local.add_file("a.pdf", invoice)}
    run = client.post("/parse", json={"file": file, "metadata": {"a": 1}}).json()
    assert (run["status"], run["metadata"]) == ("PROCESSED", {"a": 1})
    run = client.post("/parse", params={"responseType": "url"}, json={"file": file}).json()
    assert run["output"] is None
    assert httpx.get(run["outputUrl"]).json()["chunks"]


def test_metadata_is_echoed(client, parse, invoice):
    metadata = {"dag_id": "invoices", "n": {"a": [1, None]}, "extend:usage_tags": ["air flow!", "a-b_c9"]}
    run = parse(invoice, metadata=metadata)
    expected = {**metadata, "extend:usage_tags": ["airflow", "a-b_c9"]}
    assert run["metadata"] == expected
    [summary] = client.get("/parse_runs").json()["data"]
    assert summary["metadata"] == expected
    assert set(summary) == SUMMARY_KEYS


def test_the_list_has_filters_and_no_order(client, parse, invoice):
    first, second = parse(invoice, "First.pdf")["id"], parse(b"x", "second.bin")["id"]

    def listed(**query):
        return [item["id"] for item in client.get("/parse_runs", params=query).raise_for_status().json()["data"]]

    assert listed() == listed(sortBy="nonsense", sortDir="asc") == [second, first]
    assert listed(status="FAILED") == [second]
    assert listed(status="PENDING") == []
    assert listed(fileNameContains="first") == [first]
    assert listed(source="API") == [second, first]
    assert listed(source="BATCH_PARSER_RUN") == []
    assert listed(batchId="bpar_none") == []
    assert listed(sourceId="x") == []
    assert client.get("/parse_runs", params={"status": "CANCELLED"}).status_code == 400
    page = client.get("/parse_runs", params={"maxPageSize": 1}).json()
    assert [item["id"] for item in page["data"]] == [second]
    assert listed(maxPageSize=1, nextPageToken=page["nextPageToken"]) == [first]


def test_cancel_ends_a_run(start, invoice):
    service, client = start(processing_time=600)
    run_id = client.post("/parse_runs", json={"file": {"id": service.add_file("a.pdf", invoice)}}).json()["id"]
    cancelled = client.post(f"/parse_runs/{run_id}/cancel").json()
    assert (cancelled["status"], cancelled["failureReason"]) == ("FAILED", "ABORTED")
    assert client.get(f"/parse_runs/{run_id}").json()["status"] == "FAILED"
    again = client.post(f"/parse_runs/{run_id}/cancel")
    assert again.status_code == 400
    assert "terminal" in again.json()["message"]
    assert client.post("/parse_runs/pr_none/cancel").status_code == 404
    assert client.delete(f"/parse_runs/{run_id}").json() == {"id": run_id}
    assert service.credits_used == 0


def test_runs_of_other_kinds_are_not_found(client, parse, invoice):
    run_id = parse(invoice)["id"]
    assert client.get(f"/edit_runs/{run_id}").status_code == 404
    assert client.get("/edit_runs").json()["data"] == []


def test_results_survive_a_restart(start, helpers, tmp_path, invoice):
    service, client = start(data_dir=tmp_path)
    run = helpers.run(client, "/parse_runs", file={"id": service.add_file("a.pdf", invoice)}, metadata={"a": 1})
    service.stop()
    _, client = start(data_dir=tmp_path)
    assert client.get(f"/parse_runs/{run['id']}").json() == run


@pytest.mark.parametrize("fault", ["error_after_create", "cut_after", "list_missing", "unknown_status", "usage_null"])
def test_faults_work_as_for_edit_runs(client, local, helpers, invoice, fault):
    file = {"id": local.add_file("a.pdf", invoice)}
    local.inject(fault, path="/parse_runs*")
    if fault == "usage_null":
        assert helpers.run(client, "/parse_runs", file=file)["usage"] is None
    elif fault == "unknown_status":
        run_id = client.post("/parse_runs", json={"file": file}).json()["id"]
        local.inject(fault)
        assert client.get(f"/parse_runs/{run_id}").json()["status"] == "QUEUED_FOR_GPU"
    elif fault == "list_missing":
        assert client.get("/parse_runs").status_code == 404
    elif fault == "cut_after":
        with pytest.raises(httpx.RemoteProtocolError):
            client.post("/parse_runs", json={"file": file})
        assert local.runs_created == 1
    else:
        assert client.post("/parse_runs", json={"file": file}).status_code == 500
        assert local.runs_created == 1
