"""
The vendor's own SDK as a second opinion: for the same call its request equals ours, and of the same answer it reads
the same facts.
"""

from __future__ import annotations

import io
import json

import httpx
import pytest
from extend_ai import Extend
from extend_ai.core.api_error import ApiError
from extend_ai.types import EditRun as TheirRun
from extend_ai.types import File as TheirFile

from extend_provider.exceptions import ExtendApiError
from extend_provider.models import EditRun, File, Page

KEY = "sk_test_0123456789"
WORKSPACE = "ws_1"
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 100
OPTIONS = ("tableParsingEnabled", "flattenPdf", "radioEnumsEnabled", "nativeFieldsOnly", "conditionalGenerationEnabled")
SCHEMA = {
    "type": "object",
    "properties": {
        "legal_name": {
            "type": ["string", "null"],
            "description": "Name as shown on the tax return",
            "extend_edit:field_type": "text",
            "extend_edit:page_index": 0,
            "extend_edit:bbox": {"left": 118.0, "top": 204.5, "right": 982.0, "bottom": 236.0},
            "extend_edit:text_edit_options": {
                "fontSize": 10,
                "color": [0, 0, 0],
                "opacity": 0.5,
                "combing": True,
                "maxLength": 9,
                "multiLine": True,
            },
            "extend_edit:value": "Northwind Trading LLC — Zürich",
        },
        "tax_class": {
            "enum": ["individual", "c_corp", "llc"],
            "extend:descriptions": ["One person", "Corporation", "LLC"],
            "extend_edit:field_type": "radio",
            "extend_edit:page_index": 0,
            "extend_edit:bboxes": [
                {"left": 120, "top": 300, "right": 134, "bottom": 314},
                {"left": 260, "top": 300, "right": 274, "bottom": 314},
            ],
            "extend_edit:source_acroform": {
                "fieldName": "topmostSubform[0].c1_1",
                "fieldType": "radio",
                "optionMap": [{"schemaValue": "llc", "exportValue": "3", "displayValue": "LLC"}],
            },
            "extend_edit:value": "llc",
        },
        "signature": {
            "type": "object",
            "extend_edit:field_type": "signature",
            "extend_edit:image": {"image_url": "https://assets.example.net/sign/77.png"},
        },
        "children": {
            "type": "array",
            "maxItems": 4,
            "items": {
                "type": "object",
                "properties": {"name": {"type": ["string", "null"], "extend_edit:column_width": 60}},
                "required": ["name"],
            },
            "extend_edit:field_type": "table",
            "extend_edit:row_heights": [0.25, 0.25, 0.5],
            "extend_edit:value": [{"name": "Max"}],
        },
        "agreed": {"type": ["boolean", "null"], "extend_edit:field_type": "checkbox", "extend_edit:value": True},
    },
    "required": ["legal_name"],
    "additionalProperties": False,
    "dependentRequired": {"tax_class": ["legal_name"]},
    "allOf": [
        {
            "if": {"properties": {"tax_class": {"const": "llc"}}, "required": ["tax_class"]},
            "then": {"required": ["legal_name"]},
        }
    ],
}


class Recorder:
    """A service that remembers the request, and gives an answer that fits each of them."""

    def __init__(self):
        self.requests = []

    def __call__(self, request):
        request.read()
        self.requests.append(request)
        anything = {
            "object": "edit_run",
            "id": request.url.path.rpartition("/")[2],
            "status": "PROCESSING",
            "name": "w9.pdf",
            "data": [],
        }
        return httpx.Response(200, json=anything)


@pytest.fixture
def sdk():
    """The vendor's client and the requests that it sends."""
    recorder = Recorder()
    with httpx.Client(transport=httpx.MockTransport(recorder)) as http:
        yield Extend(token=KEY, httpx_client=http), recorder.requests


def relevant(request):
    headers = request.headers
    kind = headers.get("content-type", "").partition(";")[0]
    return {
        "method": request.method,
        "url": f"{request.url.scheme}://{request.url.host}{request.url.path}",
        "query": sorted(request.url.params.multi_items()),
        "authorization": headers["authorization"],
        "x-extend-api-version": headers["x-extend-api-version"],
        "content-type": kind if request.content else None,
        "json": json.loads(request.content) if kind == "application/json" and request.content else None,
    }


def snake(name):
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


ADVANCED = dict.fromkeys(OPTIONS, True)
FULL_CONFIG = {
    "engineVersion": "latest",
    "schema": SCHEMA,
    "instructions": "Legal name is Northwind Trading LLC.",
    "schemaGenerationInstructions": "Ignore page 2.",
    "advancedOptions": ADVANCED,
}
# The SDK's own spelling of the same config; inside the schema it takes the names of the wire.
THEIR_FULL_CONFIG = {
    "engine_version": "latest",
    "schema": SCHEMA,
    "instructions": "Legal name is Northwind Trading LLC.",
    "schema_generation_instructions": "Ignore page 2.",
    "advanced_options": {snake(name): True for name in OPTIONS},
}
URL_FILE = {
    "url": "https://bucket.example/w9.pdf?X-Amz-Signature=a%2Fb",
    "name": "af-1.pdf",
    "settings": {"password": "pässword"},
}
FILTERS = {
    "fileNameContains": "a b/ü&=+",
    "sortBy": "updatedAt",
    "sortDir": "desc",
    "nextPageToken": "b3BhcXVl:c2lnbmF0dXJl/PT0=",
    "maxPageSize": 100,
}
SORTED = {name: value for name, value in FILTERS.items() if name != "fileNameContains"}

# What our client is asked, and the same call for theirs, with the workspace where the SDK has a parameter for it: on
# creates it has none, although organization-scoped keys need the header there too.
CALLS = {
    "create by url": (
        lambda ours: ours.create_edit_run(file=URL_FILE, config=FULL_CONFIG),
        lambda theirs, _: theirs.edit_runs.create(file=URL_FILE, config=THEIR_FULL_CONFIG),
    ),
    "create by id": (
        lambda ours: ours.create_edit_run(file={"id": "file_1"}),
        lambda theirs, _: theirs.edit_runs.create(file={"id": "file_1"}),
    ),
    "create by template": (
        lambda ours: ours.create_edit_run(template_id="edt_1", config={"instructions": "x"}),
        lambda theirs, _: theirs.edit_runs.create(template_id="edt_1", config={"instructions": "x"}),
    ),
    "create with an empty config": (
        lambda ours: ours.create_edit_run(template_id="edt_1", config={}),
        lambda theirs, _: theirs.edit_runs.create(template_id="edt_1", config={}),
    ),
    "get": (
        lambda ours: ours.get_run("edr_h4Lk9PzQ2wNc7RtY"),
        lambda theirs, ws: theirs.edit_runs.retrieve("edr_h4Lk9PzQ2wNc7RtY", extend_workspace_id=ws),
    ),
    "list": (
        lambda ours: list(ours.iterate("list_runs")),
        lambda theirs, ws: theirs.edit_runs.list(extend_workspace_id=ws),
    ),
    "list with all filters": (
        lambda ours: list(ours.iterate("list_runs", status="PROCESSED", source="API", **FILTERS)),
        lambda theirs, ws: theirs.edit_runs.list(
            status="PROCESSED", source="API", extend_workspace_id=ws, **{snake(k): v for k, v in FILTERS.items()}
        ),
    ),
    "delete": (
        lambda ours: ours.delete_run("edr_1"),
        lambda theirs, ws: theirs.edit_runs.delete("edr_1", extend_workspace_id=ws),
    ),
    "get file": (
        lambda ours: ours.get_file("file_1"),
        lambda theirs, ws: theirs.files.retrieve("file_1", extend_workspace_id=ws),
    ),
    "list files": (
        lambda ours: list(ours.iterate("list_files", nameContains="a b", sortDir="asc", maxPageSize=5)),
        lambda theirs, ws: theirs.files.list(
            name_contains="a b", sort_dir="asc", max_page_size=5, extend_workspace_id=ws
        ),
    ),
    "get template": (
        lambda ours: ours.get_edit_template("edt_1"),
        lambda theirs, ws: theirs.edit_templates.retrieve("edt_1", extend_workspace_id=ws),
    ),
    "list templates": (
        lambda ours: list(ours.iterate("list_edit_templates", nameContains="W-9 ü", **SORTED)),
        lambda theirs, ws: theirs.edit_templates.list(
            name_contains="W-9 ü", extend_workspace_id=ws, **{snake(k): v for k, v in SORTED.items()}
        ),
    ),
    "delete file": (
        lambda ours: ours.delete_file("file_1"),
        lambda theirs, ws: theirs.files.delete("file_1", extend_workspace_id=ws),
    ),
}


@pytest.mark.parametrize("call", CALLS)
def test_the_same_call_is_the_same_request(connect, sdk, call):
    ours, theirs = CALLS[call]
    shell = connect(Recorder())
    client, their_requests = sdk

    ours(shell)
    theirs(client, None)

    [mine], [their] = shell.requests, their_requests
    assert relevant(mine) == relevant(their)


@pytest.mark.parametrize("call", [call for call in CALLS if not call.startswith("create")])
def test_the_workspace_goes_into_the_same_header(connect, sdk, call):
    ours, theirs = CALLS[call]
    shell = connect(Recorder(), workspace_id=WORKSPACE)
    client, their_requests = sdk

    ours(shell)
    theirs(client, WORKSPACE)

    [mine], [their] = shell.requests, their_requests
    assert mine.headers["x-extend-workspace-id"] == their.headers["x-extend-workspace-id"] == WORKSPACE


@pytest.mark.parametrize(
    ("name", "extra", "their_extra"),
    [
        ("w9.pdf", {}, {}),
        ("Ärzte & Söhne.pdf", {}, {}),
        ("locked.pdf", {"password": "pässword"}, {"password": "pässword"}),
        ("letter.docx", {"convert_to_pdf": True}, {"convert_to_pdf": True}),
    ],
)
def test_an_upload_is_the_same_request(connect, sdk, form_parts, name, extra, their_extra):
    shell = connect(Recorder(), workspace_id=WORKSPACE)
    client, their_requests = sdk

    shell.upload_file(io.BytesIO(PDF), name, **extra)
    client.files.upload(file=(name, io.BytesIO(PDF)), extend_workspace_id=WORKSPACE, **their_extra)

    [mine], [their] = shell.requests, their_requests
    assert relevant(mine) == relevant(their)
    assert mine.headers["x-extend-workspace-id"] == their.headers["x-extend-workspace-id"]
    assert form_parts(mine) == form_parts(their)
    assert form_parts(mine)[0] == ("file", name, PDF)


def test_the_schema_travels_untouched(connect):
    shell = connect(Recorder())

    shell.create_edit_run(file={"id": "file_1"}, config=FULL_CONFIG)

    assert json.loads(shell.requests[0].content)["config"] == FULL_CONFIG


# -- answers -----------------------------------------------------------------------------------------------------------

FILE_SUMMARY = {
    "object": "file",
    "id": "file_2vKq8Wm5XcT1",
    "name": "af-7f3c1d-w9.pdf",
    "type": "PDF",
    "parentFileId": None,
    "metadata": {"pageCount": 6},
    "createdAt": "2026-11-20T08:00:01Z",
    "updatedAt": "2026-11-20T08:00:01.123Z",
}
METRICS = {
    "processingTimeMs": 18422,
    "pageCount": 6,
    "fieldCount": 3,
    "fieldsDetectedCount": 0,
    "fieldsAnnotatedCount": 3,
    "fieldDetectionTimeMs": 0,
    "fieldAnnotationTimeMs": 812,
    "fieldFillingTimeMs": 2310,
}
PROCESSING = {
    "object": "edit_run",
    "id": "edr_h4Lk9PzQ2wNc7RtY",
    "file": FILE_SUMMARY,
    "status": "PROCESSING",
    "failureReason": None,
    "failureMessage": None,
    "config": {"engineVersion": "1.0.0", "instructions": "Tick the LLC box.", "advancedOptions": ADVANCED},
    "output": None,
    "metrics": None,
    "usage": None,
}
PROCESSED = {
    **PROCESSING,
    "status": "PROCESSED",
    "config": {"engineVersion": "1.0.0", "schema": SCHEMA, "advancedOptions": ADVANCED},
    "output": {
        "editedFile": {"id": "file_9rTz4Bn7HsE3", "presignedUrl": "https://storage.example.net/e.pdf?sig=abc"},
        "filledValues": {"legal_name": "Northwind Trading LLC", "tax_class": "llc"},
    },
    "metrics": METRICS,
    "usage": {
        "credits": 12,
        "totalCredits": 12,
        "breakdown": [
            {
                "object": "edit_run",
                "id": "edr_h4Lk9PzQ2wNc7RtY",
                "credits": 12,
                "charges": [{"product": "edit", "unit": "page", "quantity": 6, "credits": 12}],
            }
        ],
    },
}
FAILED = {
    **PROCESSING,
    "status": "FAILED",
    "failureReason": "FILE_TYPE_NOT_SUPPORTED",
    "failureMessage": "Only PDF input can be edited.",
}
MINIMAL = {
    "object": "edit_run",
    "id": "edr_1",
    "file": {"object": "file", "id": "file_1", "name": "scan.docx"},
    "status": "FAILED",
    "failureReason": "A_REASON_OF_TOMORROW",
    "failureMessage": None,
    "config": {},
    "output": None,
    "metrics": None,
    "usage": None,
}
LIST_ITEM = {key: value for key, value in PROCESSED.items() if key not in {"config", "output"}} | {
    "usage": {"credits": 12, "totalCredits": 12},
    "createdAt": "2026-11-20T08:00:02Z",
    "updatedAt": "2026-11-20T08:00:21Z",
}
FILE = {**FILE_SUMMARY, "presignedUrl": "https://storage.example.net/e.pdf?sig=def", "contents": None}
ERROR = {
    "code": "INVALID_REQUEST",
    "message": "Provide exactly one of file, templateId.",
    "retryable": False,
    "requestId": "req_4tWn8sJk2PqL",
    "docUrl": "https://docs.extend.ai/2026-02-09/editing/error-handling",
}


def facts_of_run(run):
    """The same attribute path in both models."""
    paths = [
        "id", "status", "failure_reason", "failure_message", "file.id", "file.name", "file.type", "file.parent_file_id",
        "file.metadata.page_count", "file.created_at", "output.edited_file.id", "output.edited_file.presigned_url",
        "output.filled_values", "metrics.page_count", "metrics.processing_time_ms", "metrics.field_count",
        "metrics.fields_detected_count", "metrics.fields_annotated_count", "usage.credits", "usage.total_credits",
    ]  # fmt: skip
    return {path: follow(run, path) for path in paths}


def follow(thing, path):
    for name in path.split("."):
        thing = getattr(thing, name, None)
    return thing.isoformat() if hasattr(thing, "isoformat") else thing


@pytest.mark.parametrize(
    "body", [PROCESSING, PROCESSED, FAILED, MINIMAL], ids=["processing", "processed", "failed", "new"]
)
def test_a_run_is_read_alike(connect, sdk, body):
    theirs = _their_answer(body, lambda client: client.edit_runs.retrieve(body["id"]))
    shell = connect(body)

    ours = shell.get_run(body["id"])

    assert isinstance(ours, EditRun)
    assert isinstance(theirs, TheirRun)
    assert facts_of_run(ours) == facts_of_run(theirs)
    assert ours.id == body["id"]


def test_a_list_is_read_alike(connect):
    body = {
        "object": "list",
        "data": [LIST_ITEM, {**LIST_ITEM, "id": "edr_2", "file": None}],
        "nextPageToken": "b3:/PT0=",
    }
    theirs = _their_answer(body, lambda client: client.edit_runs.list())
    shell = connect(body, {"object": "list", "data": []})

    ours = list(shell.iterate("list_runs"))

    assert Page.model_validate(body).next_page_token == theirs.next_page_token
    assert shell.requests[1].url.params["nextPageToken"] == theirs.next_page_token
    assert [facts_of_run(run) for run in ours] == [facts_of_run(run) for run in theirs.data]
    assert [(run.created_at, run.updated_at) for run in ours] == [
        (run.created_at, run.updated_at) for run in theirs.data
    ]
    assert ours[0].created_at is not None


def test_templates_are_read_alike(connect):
    item = {
        "object": "edit_template",
        "id": "edt_1",
        "name": "W-9",
        "description": None,
        "file": FILE,
        "createdAt": "2026-03-04T10:15:00Z",
        "updatedAt": "2026-03-05T10:15:00Z",
    }
    whole = {**item, "config": {"schema": SCHEMA, "instructions": "x"}, "schemaConfig": None}
    their_page = _their_answer({"object": "list", "data": [item]}, lambda client: client.edit_templates.list())
    [ours] = connect({"object": "list", "data": [item]}).iterate("list_edit_templates")
    theirs = _their_answer(whole, lambda client: client.edit_templates.retrieve("edt_1"))
    ours_whole = connect(whole).get_edit_template("edt_1")

    for mine, their in ((ours, their_page.data[0]), (ours_whole, theirs)):
        assert (mine.id, mine.name, mine.description, mine.file.id) == (their.id, their.name, None, their.file.id)
        assert (mine.created_at, mine.updated_at) == (their.created_at, their.updated_at)
    assert ours_whole.config["instructions"] == theirs.config.instructions
    assert ours.config is None


def test_a_file_is_read_alike(connect):
    theirs = _their_answer(FILE, lambda client: client.files.retrieve(FILE["id"]))

    ours = connect(FILE).get_file(FILE["id"])

    assert isinstance(ours, File)
    assert isinstance(theirs, TheirFile)
    paths = [
        "id", "name", "type", "presigned_url", "parent_file_id", "metadata.page_count", "created_at", "updated_at"
    ]  # fmt: skip
    assert {path: follow(ours, path) for path in paths} == {path: follow(theirs, path) for path in paths}


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 422])
def test_an_error_is_read_alike(connect, status):
    with pytest.raises(ApiError) as theirs:
        _their_answer(ERROR, lambda client: client.edit_runs.retrieve("edr_1"), status)
    with pytest.raises(ExtendApiError) as caught:
        connect(httpx.Response(status, json=ERROR)).get_run("edr_1")

    ours, their_body = caught.value, theirs.value.body
    their_facts = their_body if isinstance(their_body, dict) else their_body.dict()
    assert ours.status_code == theirs.value.status_code
    assert {
        "code": ours.code,
        "requestId": ours.request_id,
        "docUrl": ours.doc_url,
        "retryable": ours.retryable,
    } == {name: their_facts[name] for name in ("code", "requestId", "docUrl", "retryable")}
    assert their_facts["message"] in ours.message


def _their_answer(body, call, status=200):
    transport = httpx.MockTransport(lambda _: httpx.Response(status, json=body))
    with httpx.Client(transport=transport) as http:
        return call(Extend(token=KEY, httpx_client=http))
