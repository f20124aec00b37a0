"""
The vendor's own SDK as a second opinion about every kind of run: for the same call its request equals ours, and of the
same answer it reads the same facts.
"""

from __future__ import annotations

import re

import httpx
import pytest
from extend_ai import Extend

from extend_provider.client import calls
from extend_provider.kinds import RUN_KINDS
from extend_provider.run_models import run_model
from tests.client.test_official_sdk import FILE_SUMMARY, Recorder, relevant

KEY = "sk_test_0123456789"
WORKSPACE = "ws_1"
URL_FILE = {"url": "https://bucket.example/a.pdf?X-Amz-Signature=a%2Fb", "name": "a.pdf"}
METADATA = {"airflow": {"dag_id": "d", "map_index": -1}, "extend:usage_tags": ["airflow"]}
BATCH_INPUTS = [{"file": {"id": "file_1"}, "metadata": {"row": 1}}, {"file": {"url": "https://x.example/b.pdf"}}]

# Create bodies, with the names of the wire; the SDK takes their first level in its own spelling.
BODIES = {
    "parse": [
        {"file": {"id": "file_1"}},
        {"file": URL_FILE, "config": {"target": "markdown", "engine": "parse_light"}, "metadata": METADATA},
    ],
    "extract": [
        {"file": {"id": "file_1"}},
        {"file": {"text": "Total: 4"}, "extractor": {"id": "ex_1", "version": "1.0"}, "priority": 7},
        {
            "package": {"files": [{"id": "file_1"}, URL_FILE]},
            "config": {"schema": {"type": "object", "properties": {"total": {"type": ["number", "null"]}}}},
            "metadata": METADATA,
        },
    ],
    "classify": [
        {"file": {"text": "An invoice"}, "classifier": {"id": "cl_1"}},
        {
            "file": URL_FILE,
            "config": {"classifications": [{"id": "a", "type": "invoice", "description": "An invoice"}]},
            "priority": 1,
            "metadata": METADATA,
        },
    ],
    "split": [
        {"file": {"id": "file_1"}, "splitter": {"id": "spl_1", "version": "draft"}},
        {
            "file": URL_FILE,
            "config": {"splitClassifications": [{"id": "a", "type": "invoice", "description": "An invoice"}]},
            "metadata": METADATA,
        },
    ],
    "workflow": [
        {"workflow": {"id": "workflow_1"}, "file": {"id": "file_1"}},
        {
            "workflow": {"id": "workflow_1", "version": "3"},
            "package": {"files": [{"id": "file_1"}, URL_FILE]},
            "outputs": [{"processorId": "ex_1", "output": {"value": {"a": 1}, "metadata": {}}}],
            "secrets": {"token": "abc"},
            "priority": 90,
            "metadata": METADATA,
        },
    ],
    "form_detection": [
        {"file": {"id": "file_1"}},
        {"file": URL_FILE, "config": {"instructions": "Only page 1", "advancedOptions": {"nativeFieldsOnly": True}}},
    ],
}
BATCHES = {
    "parse": {"inputs": BATCH_INPUTS, "config": {"target": "markdown"}, "priority": 3},
    "extract": {"inputs": BATCH_INPUTS, "extractor": {"id": "ex_1"}, "priority": 3},
    "classify": {"inputs": BATCH_INPUTS, "classifier": {"id": "cl_1"}},
    "split": {"inputs": BATCH_INPUTS, "splitter": {"id": "spl_1"}},
    "workflow": {"inputs": [{**BATCH_INPUTS[0], "secrets": {"a": "b"}}], "workflow": {"id": "workflow_1"}},
}
FILTERS = {"status": "PROCESSED", "batchId": "bpr_1", "fileNameContains": "a b/ü&=+", "nextPageToken": "b3:/PT0="}
SORTING = {"sortBy": "createdAt", "sortDir": "desc", "maxPageSize": 100}
SOURCE = {"source": "API", "sourceId": "src_1"}
MORE_FILTERS = {
    "parse": {**SOURCE, "maxPageSize": 100},
    "extract": {"extractorId": "ex_1", **SOURCE, **SORTING},
    "classify": {"classifierId": "cl_1", **SOURCE, **SORTING},
    "split": {"splitterId": "spl_1", **SOURCE, **SORTING},
    "workflow": {"workflowId": "workflow_1", **SORTING},
}
CANCELLABLE = [name for name, kind in RUN_KINDS.items() if kind.cancellable]
SYNC = [name for name, kind in RUN_KINDS.items() if kind.sync_path and name in BODIES]


def snake(name):
    return re.sub(r"([A-Z])", lambda found: f"_{found[1].lower()}", name)


def theirs_in(value):
    """Our body as the SDK wants it: its own spelling where it has parameters, ours where it passes things on."""
    free = {"schema", "metadata", "secrets", "value"}
    if isinstance(value, dict):
        return {snake(key): item if key in free else theirs_in(item) for key, item in value.items()}
    return [theirs_in(item) for item in value] if isinstance(value, list) else value


@pytest.fixture
def sdk():
    """The vendor's client and the requests that it sends."""
    recorder = Recorder()
    with httpx.Client(transport=httpx.MockTransport(recorder)) as http:
        yield Extend(token=KEY, httpx_client=http), recorder.requests


def resource(client, kind):
    return getattr(client, f"{kind}_runs")


def assert_same(shell, their_requests):
    [mine], [their] = shell.requests, their_requests
    assert relevant(mine) == relevant(their)


EACH_BODY = [pytest.param(kind, body, id=f"{kind}-{n}") for kind, all_ in BODIES.items() for n, body in enumerate(all_)]


@pytest.mark.parametrize(("kind", "body"), EACH_BODY)
def test_create_is_the_same_request(connect, sdk, kind, body):
    shell, (client, their_requests) = connect(Recorder()), sdk
    shell.create_run(kind, body)
    resource(client, kind).create(**theirs_in(body))
    assert_same(shell, their_requests)


@pytest.mark.parametrize("kind", SYNC)
def test_the_waiting_endpoint_is_the_same_request(connect, sdk, kind):
    shell, (client, their_requests) = connect(Recorder()), sdk
    body = {name: value for name, value in BODIES[kind][-1].items() if name != "priority"}
    shell.run_sync(kind, body)
    getattr(client, RUN_KINDS[kind].sync_path[1:])(**theirs_in(body))
    assert_same(shell, their_requests)


def test_the_waiting_endpoint_for_edit_is_the_same_request(connect, sdk):
    shell, (client, their_requests) = connect(Recorder()), sdk
    shell.run_sync("edit", {"templateId": "edt_1", "config": {"instructions": "x"}})
    client.edit(template_id="edt_1", config={"instructions": "x"})
    assert_same(shell, their_requests)


@pytest.mark.parametrize("kind", BODIES)
@pytest.mark.parametrize("whole", [False, True])
def test_get_is_the_same_request(connect, sdk, kind, whole):
    shell, (client, their_requests) = connect(Recorder(), workspace_id=WORKSPACE), sdk
    shell.get_run("any_1", kind, whole=whole)
    extra = {"response_type": "json" if whole else "url"} if kind == "parse" else {}
    resource(client, kind).retrieve("any_1", extend_workspace_id=WORKSPACE, **extra)
    assert_same(shell, their_requests)
    assert shell.requests[0].headers["x-extend-workspace-id"] == WORKSPACE


@pytest.mark.parametrize("kind", MORE_FILTERS)
def test_list_is_the_same_request(connect, sdk, kind):
    shell, (client, their_requests) = connect(Recorder()), sdk
    filters = {**FILTERS, **MORE_FILTERS[kind]}
    list(shell.iterate("list_runs", kind, **filters))
    resource(client, kind).list(**{snake(name): value for name, value in filters.items()})
    assert_same(shell, their_requests)


@pytest.mark.parametrize("kind", CANCELLABLE)
def test_cancel_and_delete_are_the_same_request(connect, sdk, kind):
    for ours, theirs in (("cancel_run", "cancel"), ("delete_run", "delete")):
        shell, (client, their_requests) = connect(Recorder()), sdk
        their_requests.clear()
        getattr(shell, ours)("any_1", kind)
        getattr(resource(client, kind), theirs)("any_1")
        assert_same(shell, their_requests)


@pytest.mark.parametrize("kind", BATCHES)
def test_a_batch_is_the_same_request(connect, sdk, kind):
    answer = {"batchId": "batch_1"} if kind == "workflow" else BATCH
    shell, (client, their_requests) = connect(httpx.Response(200, json=answer)), sdk
    batch = shell.create_batch(kind, BATCHES[kind])
    resource(client, kind).create_batch(**theirs_in(BATCHES[kind]))
    assert_same(shell, their_requests)
    assert batch.id == ("batch_1" if kind == "workflow" else "bpr_Nc4Xe8")


def test_looking_at_a_batch_is_the_same_request(connect, sdk):
    shell, (client, their_requests) = connect(httpx.Response(200, json=BATCH)), sdk
    batch = shell.get_batch("bpr_Nc4Xe8")
    client.batch_runs.get("bpr_Nc4Xe8")
    assert_same(shell, their_requests)
    assert (batch.status, batch.run_count) == ("PENDING", 250)


# -- answers -----------------------------------------------------------------------------------------------------------

BATCH = {
    "object": "batch_run",
    "id": "bpr_Nc4Xe8",
    "status": "PENDING",
    "runCount": 250,
    "createdAt": "2026-11-20T10:00:00Z",
}
USAGE = {"credits": 3, "totalCredits": 5}
DATES = {"createdAt": "2026-11-20T09:00:03Z", "updatedAt": "2026-11-20T09:00:11Z"}
FRAME = {
    "status": "PROCESSED",
    "failureReason": None,
    "failureMessage": None,
    "metadata": METADATA,
    "file": FILE_SUMMARY,
    "usage": USAGE,
}
REVIEWABLE = {
    **FRAME,
    **DATES,
    "initialOutput": None,
    "reviewedOutput": None,
    "reviewed": False,
    "edited": False,
    "config": {},
    "parseRunId": "pr_0sGmE7yUwLh4",
    "dashboardUrl": "https://dashboard.extend.ai/runs/1",
}
CHUNK = {
    "object": "chunk",
    "type": "page",
    "content": "# Invoice 881\n\nTotal: 40.00 EUR",
    "metadata": {"pageRange": {"start": 1, "end": 1}, "minOcrConfidence": 0.94, "avgOcrConfidence": 0.98},
    "blocks": [],
}
SPLITS = [
    {
        "id": "s1",
        "classificationId": "a",
        "type": "invoice",
        "identifier": "881",
        "observation": "The first page says 881",
        "startPage": 1,
        "endPage": 2,
        "fileId": "file_s1",
        "name": "881.pdf",
    }
]
CLASSIFICATION = {"id": "a", "type": "invoice", "confidence": 0.93, "insights": [{"type": "reasoning", "content": "x"}]}
EXTRACTED = {"value": {"invoice_number": "881", "total": 40.0}, "metadata": {}}
EXTRACT = {
    **REVIEWABLE,
    "object": "extract_run",
    "id": "exr_1",
    "output": EXTRACTED,
    "edits": None,
    "extractor": None,
    "extractorVersion": None,
    "files": None,
}
SPLIT = {
    **REVIEWABLE,
    "object": "split_run",
    "id": "splr_1",
    "output": {"splits": SPLITS},
    "splitter": None,
    "splitterVersion": None,
}
NO_STEP = {"object": "step", "id": "s", "name": "S"}
STEP = {"object": "workflow_step_run", "workflowRunId": "workflow_run_1", "status": "PROCESSED", "files": []}
ANSWERS = {
    "parse": {
        **FRAME,
        "object": "parse_run",
        "id": "pr_1",
        "batchId": None,
        "output": {"chunks": [CHUNK]},
        "outputUrl": None,
        "metrics": {"processingTimeMs": 2950, "pageCount": 6},
        "config": {"target": "markdown"},
    },
    "extract": EXTRACT,
    "classify": {
        **REVIEWABLE,
        "object": "classify_run",
        "id": "clr_1",
        "output": CLASSIFICATION,
        "classifier": None,
        "classifierVersion": None,
    },
    "split": SPLIT,
    "workflow": {
        "object": "workflow_run",
        "id": "workflow_run_1",
        "workflow": {"object": "workflow", "id": "workflow_1", "name": "W", **DATES},
        "workflowVersion": {
            "object": "workflow_version",
            "id": "workflow_version_1",
            "version": "3",
            "name": None,
            "createdAt": DATES["createdAt"],
        },
        "dashboardUrl": "https://dashboard.extend.ai/runs/1",
        "status": "NEEDS_REVIEW",
        "metadata": METADATA,
        "batchId": None,
        "files": [FILE_SUMMARY],
        "failureReason": None,
        "failureMessage": None,
        "initialRunAt": DATES["createdAt"],
        "startTime": DATES["createdAt"],
        "endTime": None,
        "reviewed": False,
        "reviewedByUser": None,
        "reviewedAt": None,
        "rejectionNote": None,
        "stepRuns": [
            {**STEP, "id": "1", "stepType": "EXTRACT", "step": {**NO_STEP, "type": "EXTRACT"},
             "result": {"extractRun": EXTRACT}},
            {**STEP, "id": "2", "stepType": "SPLIT", "step": {**NO_STEP, "type": "SPLIT"},
             "result": {"splitRun": SPLIT}},
            {**STEP, "id": "3", "stepType": "ROUTER", "step": {**NO_STEP, "type": "ROUTER"},
             "result": None},
        ],
        "usage": USAGE,
    },
    "form_detection": {
        **{name: value for name, value in FRAME.items() if name != "metadata"},
        "object": "form_detection_run",
        "id": "sgr_1",
        "config": {"engineVersion": "1.0.0"},
        "output": {
            "schema": {"type": "object", "properties": {"name": {"type": ["string", "null"]}}},
            "annotatedSchema": None,
            "mappingResult": None,
        },
        "metrics": {
            "processingTimeMs": 1, "pageCount": 6, "fieldCount": 1, "fieldsDetectedCount": 1,
            "fieldsAnnotatedCount": 1, "fieldDetectionTimeMs": 1, "fieldAnnotationTimeMs": 1,
        },
    },
}  # fmt: skip
FACTS = {
    "parse": {},
    "extract": {"extracted_fields": ["invoice_number", "total"]},
    "classify": {"classification": "invoice", "confidence": 0.93},
    "split": {"splits": [{"type": "invoice", "start_page": 1, "end_page": 2, "file_id": "file_s1"}]},
    "workflow": {
        "steps": [
            {"type": "EXTRACT", "status": "PROCESSED", "run_id": "exr_1"},
            {"type": "SPLIT", "status": "PROCESSED", "run_id": "splr_1"},
            {"type": "ROUTER", "status": "PROCESSED", "run_id": None},
        ]
    },
    "form_detection": {"schema": {"type": "object", "properties": {"name": {"type": ["string", "null"]}}}},
}
PATHS = (
    "id", "status", "failure_reason", "failure_message", "metadata", "dashboard_url", "file.id", "file.name",
    "file.metadata.page_count", "usage.credits", "metrics.page_count", "created_at", "updated_at", "batch_id",
)  # fmt: skip


def follow(thing, path):
    for name in path.split("."):
        thing = getattr(thing, name, None)
    # The SDK turns a status that it does not know into a member of its own.
    return getattr(thing, "value", thing)


def facts(run):
    return {path: follow(run, path) for path in PATHS}


def their_answer(body, call):
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=body))
    with httpx.Client(transport=transport) as http:
        return call(Extend(token=KEY, httpx_client=http))


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_run_is_read_alike(connect, kind):
    body = ANSWERS[kind]
    theirs = their_answer(body, lambda client: resource(client, kind).retrieve(body["id"]))
    ours = connect(httpx.Response(200, json=body)).get_run(body["id"], kind)
    assert type(ours) is run_model(RUN_KINDS[kind])
    assert facts(ours) == facts(theirs)
    assert ours.facts == FACTS[kind]
    assert ours.page_count == 6
    assert ours.output_file_ids == (["file_s1"] if kind in {"split", "workflow"} else [])


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("status", ["PROCESSING", "FAILED", "A_STATUS_OF_TOMORROW"])
def test_a_run_without_a_result_is_read_alike(connect, kind, status):
    empty = {"output": None, "usage": None, "metrics": None, "outputUrl": None, "file": FILE_SUMMARY, "stepRuns": []}
    changed = {name: value for name, value in empty.items() if name in ANSWERS[kind]}
    body = {**ANSWERS[kind], **changed, "status": status, "failureReason": "TOMORROWS", "failureMessage": "No."}
    theirs = their_answer(body, lambda client: resource(client, kind).retrieve(body["id"]))
    ours = connect(httpx.Response(200, json=body)).get_run(body["id"], kind)
    assert facts(ours) == facts(theirs)
    assert ours.output_file_ids == []
    assert all(not value for value in ours.facts.values())


@pytest.mark.parametrize("kind", MORE_FILTERS)
def test_a_list_is_read_alike(connect, kind):
    item = {name: value for name, value in ANSWERS[kind].items() if name not in {"output", "config", "stepRuns"}}
    if kind == "workflow":
        item.pop("metadata")
    page = {"object": "list", "data": [{**item, **DATES}, {**item, **DATES, "id": "x_2"}], "nextPageToken": None}
    theirs = their_answer(page, lambda client: resource(client, kind).list())
    ours = list(connect(httpx.Response(200, json=page)).iterate("list_runs", kind))
    assert [facts(run) for run in ours] == [facts(run) for run in theirs.data]


def test_every_kind_is_compared():
    assert set(ANSWERS) | {"edit"} == set(RUN_KINDS)
    assert set(BODIES) == set(ANSWERS) == set(FACTS)
    assert set(MORE_FILTERS) | {"edit"} == {name for name, kind in RUN_KINDS.items() if kind.listed}
    assert set(BATCHES) == {name for name, kind in RUN_KINDS.items() if kind.batch_is_run is not None}
    assert calls.run_model is run_model
