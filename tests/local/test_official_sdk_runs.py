"""The vendor's own client, and every kind of run: create, poll, list, cancel, delete, and wait in one call."""

from __future__ import annotations

import httpx
import pytest
from extend_ai import Extend
from extend_ai.errors import BadRequestError, NotFoundError, UnprocessableEntityError
from extend_ai.wrapper.polling import PollingOptions

FAST = PollingOptions(fast_poll_interval_ms=20, max_wait_ms=15_000)
SCHEMA = {"type": "object", "properties": {"total": {"type": ["number", "null"]}}}
CLASSES = [
    {"id": "invoice", "type": "Invoice", "description": "Keywords: invoice"},
    {"id": "other", "type": "other", "description": "The rest"},
]
STEPS = [{"type": "PARSE"}, {"type": "EXTRACT", "config": {"extractorConfig": {"schema": SCHEMA}}}]


def sdk_of(service, http):
    return Extend(token=service.api_key, base_url=service.base_url, httpx_client=http)


@pytest.fixture
def sdk(local):
    with httpx.Client() as http:
        yield sdk_of(local, http)


@pytest.fixture
def slow(start):
    """A client whose runs do not end."""
    service, _ = start(processing_time=600)
    with httpx.Client() as http:
        yield service, sdk_of(service, http)


@pytest.fixture
def packet(sdk, helpers):
    data = helpers.make_pages(["Invoice", "Total: 5"], ["Invoice, page 2"])
    return {"id": sdk.files.upload(file=("packet.pdf", data)).id}


def arguments(kind, file, service):
    """What a create of this kind takes."""
    return {
        "parse": lambda: {"file": file},
        "extract": lambda: {"file": file, "config": {"schema": SCHEMA}},
        "classify": lambda: {"file": file, "config": {"classifications": CLASSES}},
        "split": lambda: {"file": file, "config": {"split_classifications": CLASSES}},
        "workflow": lambda: {"file": file, "workflow": {"id": service.add_workflow("w", STEPS)}},
    }[kind]()


KINDS = ("parse", "extract", "classify", "split", "workflow")


@pytest.mark.parametrize("kind", KINDS)
def test_create_poll_list_and_delete(sdk, local, packet, kind):
    client = getattr(sdk, f"{kind}_runs")
    metadata = {"dag_id": "d"}
    run = client.create_and_poll(**arguments(kind, packet, local), metadata=metadata, polling_options=FAST)
    assert run.status == "PROCESSED"
    assert run.metadata == metadata
    assert run.usage.credits > 0
    assert client.retrieve(run.id).status == "PROCESSED"
    [summary] = client.list(status="PROCESSED", file_name_contains="PACKET").data
    assert summary.id == run.id
    assert summary.created_at <= summary.updated_at
    assert client.list(file_name_contains="nothing").data == []
    assert client.delete(run.id).id == run.id
    with pytest.raises(NotFoundError):
        client.retrieve(run.id)


def test_what_parsing_gives(sdk, packet):
    run = sdk.parse_runs.create_and_poll(file=packet, polling_options=FAST)
    chunk = run.output.chunks[0]
    assert chunk.content == "Invoice\nTotal: 5"
    assert (chunk.type, chunk.metadata.page_range.start) == ("page", 1)
    assert (chunk.blocks[0].type, chunk.blocks[0].details.type) == ("text", "text_details")
    assert chunk.blocks[0].metadata.page.width == 612
    assert chunk.blocks[0].bounding_box.left < chunk.blocks[0].bounding_box.right
    assert run.output.metadata.pages[1].original_page_height == 792
    assert run.metrics.page_count == 2
    assert run.config.chunking_strategy.type == "page"
    by_url = sdk.parse_runs.retrieve(run.id, response_type="url")
    assert by_url.output is None
    assert httpx.get(by_url.output_url).json()["chunks"][0]["content"] == chunk.content


def test_what_extracting_gives(sdk, packet):
    run = sdk.extract_runs.create_and_poll(file=packet, config={"schema": SCHEMA}, polling_options=FAST)
    assert run.output.value == {"total": 5}
    assert run.output.metadata["total"].citations[0].page.number == 1
    assert run.file.name == "packet.pdf"
    text = sdk.extract_runs.create_and_poll(file={"text": "Total: 6"}, config={"schema": SCHEMA}, polling_options=FAST)
    assert text.output.value == {"total": 6}
    package = {"files": [packet, {"id": text.file.id}]}
    both = sdk.extract_runs.create_and_poll(package=package, config={"schema": SCHEMA}, polling_options=FAST)
    assert [file.id for file in both.files] == [packet["id"], text.file.id]


def test_what_classifying_and_splitting_give(sdk, packet):
    run = sdk.classify_runs.create_and_poll(file=packet, config={"classifications": CLASSES}, polling_options=FAST)
    assert (run.output.id, run.output.confidence) == ("invoice", 1)
    assert run.output.insights[0].type == "reasoning"
    run = sdk.split_runs.create_and_poll(file=packet, config={"split_classifications": CLASSES}, polling_options=FAST)
    [split] = run.output.splits
    assert (split.classification_id, split.start_page, split.end_page) == ("invoice", 1, 2)
    part = sdk.files.retrieve(split.file_id)
    assert part.parent_file_id == packet["id"]
    assert (part.metadata.parent_split.id, part.metadata.page_count) == (split.id, 2)


def test_declared_processors(sdk, local, packet):
    extractor_id = local.add_extractor("Totals", {"schema": SCHEMA})
    run = sdk.extract_runs.create_and_poll(
        file=packet, extractor={"id": extractor_id}, priority=1, polling_options=FAST
    )
    assert (run.extractor.name, run.extractor_version.extractor_id) == ("Totals", extractor_id)
    assert sdk.extract_runs.list(extractor_id=extractor_id).data[0].id == run.id
    classifier_id = local.add_classifier("Kinds", {"classifications": CLASSES})
    run = sdk.classify_runs.create_and_poll(file=packet, classifier={"id": classifier_id}, polling_options=FAST)
    assert run.classifier_version.version == "1.0"
    splitter_id = local.add_splitter("Parts", {"splitClassifications": CLASSES})
    run = sdk.split_runs.create_and_poll(file=packet, splitter={"id": splitter_id}, polling_options=FAST)
    assert run.splitter.id == splitter_id


def test_workflows(sdk, local, packet):
    workflow_id = local.add_workflow("Invoices", [*STEPS, {"type": "HUMAN_REVIEW"}])
    run = sdk.workflow_runs.create_and_poll(workflow={"id": workflow_id}, file=packet, polling_options=FAST)
    assert (run.status, run.reviewed) == ("NEEDS_REVIEW", False)
    assert [step.step_type for step in run.step_runs] == ["PARSE", "EXTRACT"]
    assert run.step_runs[0].result.parse_run.output.chunks
    assert run.step_runs[1].result.extract_run.output.value == {"total": 5}
    assert run.step_runs[1].step.type == "EXTRACT"
    assert run.usage.breakdown[0].object == "parse_run"
    assert sdk.workflow_runs.update(run.id, name="n", metadata={"a": 1}).metadata == {"a": 1}
    local.approve(run.id)
    approved = sdk.workflow_runs.retrieve(run.id)
    assert (approved.status, approved.reviewed_by_user) == ("PROCESSED", "reviewer@example.com")
    assert sdk.workflow_runs.list(workflow_id=workflow_id).data[0].reviewed_at == approved.reviewed_at


@pytest.mark.parametrize("kind", KINDS)
def test_cancel(slow, kind, helpers):
    service, sdk = slow
    client = getattr(sdk, f"{kind}_runs")
    file = {"id": service.add_file("a.pdf", helpers.make_pages(["x"]))}
    run = client.create(**arguments(kind, file, service))
    assert run.status == "PROCESSING"
    cancelled = client.cancel(run.id)
    assert cancelled.status == {"parse": "FAILED", "workflow": "CANCELLING"}.get(kind, "CANCELLED")
    with pytest.raises(BadRequestError) as refused:
        client.cancel(run.id)
    assert "terminal" in refused.value.body["message"]


@pytest.mark.parametrize("kind", ["parse", "extract", "classify", "split"])
def test_waiting_in_one_call(sdk, local, packet, kind):
    run = getattr(sdk, kind)(**arguments(kind, packet, local), metadata={"a": 1})
    assert (run.status, run.metadata) == ("PROCESSED", {"a": 1})
    image = {"id": local.add_file("a.png", b"\x89PNG\r\n\x1a\nxx")}
    with pytest.raises(UnprocessableEntityError) as failed:
        getattr(sdk, kind)(**arguments(kind, image, local))
    assert failed.value.body.code == ("FILE_TYPE_NOT_SUPPORTED" if kind == "parse" else "FAILED_TO_PROCESS_FILE")


def test_parsing_in_one_call_to_a_url(sdk, packet):
    run = sdk.parse(file=packet, response_type="url")
    assert run.output is None
    assert httpx.get(run.output_url).status_code == 200


def test_form_detection(sdk, form, helpers):
    file = {"id": sdk.files.upload(file=("form.pdf", form)).id}
    run = sdk.form_detection_runs.create(file=file)
    run = helpers.poll(lambda: (got := sdk.form_detection_runs.retrieve(run.id)).status == "PROCESSED" and got)
    assert list(run.output.schema_.properties) == ["legal_name", "city"]
    assert run.metrics.field_count == 2
    assert run.config.advanced_options.radio_enums_enabled is True
    assert sdk.detect_form(file=file).status == "PROCESSED"


def test_batches(sdk, local, packet, helpers):
    batch = sdk.parse_runs.create_batch(inputs=[{"file": packet}, {"file": {"text": "x"}, "metadata": {"n": 1}}])
    assert (batch.status, batch.run_count) == ("PENDING", 2)
    helpers.poll(lambda: sdk.batch_runs.get(batch.id).status == "PROCESSED")
    assert {run.status for run in sdk.parse_runs.list(batch_id=batch.id).data} == {"PROCESSED"}
    roles = {
        "extract": ("extractor", local.add_extractor("e", {"schema": SCHEMA})),
        "classify": ("classifier", local.add_classifier("c", {"classifications": CLASSES})),
        "split": ("splitter", local.add_splitter("s", {"splitClassifications": CLASSES})),
    }
    for kind, (role, processor_id) in roles.items():
        client = getattr(sdk, f"{kind}_runs")
        created = client.create_batch(**{role: {"id": processor_id}}, inputs=[{"file": packet}], priority=3)
        helpers.poll(lambda batch_id=created.id: sdk.batch_runs.get(batch_id).status == "PROCESSED")
        assert len(client.list(batch_id=created.id, source="BATCH_PROCESSOR_RUN").data) == 1
    workflow = {"id": local.add_workflow("w", STEPS)}
    created = sdk.workflow_runs.create_batch(workflow=workflow, inputs=[{"file": packet}])
    helpers.poll(lambda: sdk.workflow_runs.list(batch_id=created.batch_id).data[0].status == "PROCESSED")
