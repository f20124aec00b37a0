"""The vendor's own client must get along with the local service."""

from __future__ import annotations

import httpx
import pytest
from extend_ai import AsyncExtend, Extend
from extend_ai.errors import BadRequestError, NotFoundError, PaymentRequiredError, UnauthorizedError
from extend_ai.wrapper.polling import PollingOptions

FAST = PollingOptions(fast_poll_interval_ms=20, max_wait_ms=15_000)


@pytest.fixture
def sdk(local):
    with httpx.Client() as http:
        yield Extend(token=local.api_key, base_url=local.base_url, httpx_client=http)


def test_edit_runs(sdk, form, helpers):
    file = sdk.files.upload(file=("form.pdf", form))
    run = sdk.edit_runs.create_and_poll(file={"id": file.id}, config=helpers.value_config("Ada"), polling_options=FAST)
    assert run.status == "PROCESSED"
    assert run.file.name == "form.pdf"
    assert run.output.filled_values == {"legal_name": "Ada"}
    assert run.metrics.page_count == 1
    assert run.usage.credits == 2
    assert run.usage.breakdown[0].charges[0].quantity == 1
    assert run.config.advanced_options.flatten_pdf is True
    assert httpx.get(run.output.edited_file.presigned_url).content.startswith(b"%PDF")
    assert sdk.edit_runs.retrieve(run.id).output.edited_file.id == run.output.edited_file.id
    assert sdk.edit_runs.delete(run.id).id == run.id
    with pytest.raises(NotFoundError):
        sdk.edit_runs.retrieve(run.id)


def test_failed_runs(sdk):
    file = sdk.files.upload(file=("notes.txt", b"text"))
    run = sdk.edit_runs.create_and_poll(file={"id": file.id}, polling_options=FAST)
    assert (run.status, run.failure_reason) == ("FAILED", "FILE_TYPE_NOT_SUPPORTED")
    assert run.failure_message
    assert run.output is run.metrics is run.usage is None


def test_sync_edit(sdk, form, helpers):
    file = sdk.files.upload(file=("form.pdf", form))
    assert sdk.edit(file={"id": file.id}, config=helpers.value_config()).status == "PROCESSED"


def test_lists(sdk, form):
    file = sdk.files.upload(file=("form.pdf", form))
    runs = [sdk.edit_runs.create(file={"id": file.id}).id for _ in range(3)]
    page = sdk.edit_runs.list(max_page_size=2, sort_by="createdAt", sort_dir="asc")
    assert [run.id for run in page.data] == runs[:2]
    assert page.data[0].created_at <= page.data[0].updated_at
    rest = sdk.edit_runs.list(
        max_page_size=2, sort_by="createdAt", sort_dir="asc", next_page_token=page.next_page_token
    )
    assert [run.id for run in rest.data] == runs[2:]
    assert rest.next_page_token is None
    assert sdk.edit_runs.list(status="PROCESSED", source="API", file_name_contains="nope").data == []


def test_files(sdk, form, helpers):
    locked = helpers.make_form(pages=2, password="opensesame")
    file = sdk.files.upload(file=("locked.pdf", locked), password="opensesame")
    assert (file.name, file.type, file.metadata.page_count) == ("locked.pdf", "PDF", 2)
    assert file.presigned_url is None
    assert httpx.get(sdk.files.retrieve(file.id).presigned_url).content == locked
    assert [item.id for item in sdk.files.list(name_contains="lock").data] == [file.id]
    assert sdk.files.delete(file.id).id == file.id
    assert sdk.files.list().data == []


def test_templates(sdk, local, form, helpers):
    template_id = local.add_template("W-9", form, helpers.value_config("Ada"))
    assert [item.name for item in sdk.edit_templates.list().data] == ["W-9"]
    template = sdk.edit_templates.retrieve(template_id)
    assert template.file.name == "W-9.pdf"
    run = sdk.edit_runs.create_and_poll(template_id=template_id, polling_options=FAST)
    assert run.output.filled_values == {"legal_name": "Ada"}


def test_errors(sdk, local):
    with pytest.raises(BadRequestError) as bad:
        sdk.edit_runs.create(file={"id": ""})
    assert bad.value.body["code"] == "INVALID_REQUEST"
    with pytest.raises(UnauthorizedError):
        Extend(
            token="wrong", base_url=local.base_url, httpx_client=sdk._client_wrapper.httpx_client.httpx_client
        ).files.list()
    local.inject("credits")
    with pytest.raises(PaymentRequiredError) as unpaid:
        sdk.files.list()
    assert unpaid.value.body.code == "USAGE_BLOCKED"


def test_retries_survive_faults(sdk, local):
    local.inject("rate_limit", retry_after=None)
    local.inject("server_error", status=503, retry_after=0.01)
    assert sdk.files.list().data == []
    assert [record.status for record in local.requests] == [429, 503, 200]


async def test_the_asynchronous_client(local, form, helpers):
    async with httpx.AsyncClient() as http:
        sdk = AsyncExtend(token=local.api_key, base_url=local.base_url, httpx_client=http)
        file = await sdk.files.upload(file=("form.pdf", form))
        run = await sdk.edit_runs.create_and_poll(
            file={"id": file.id}, config=helpers.value_config("Ada"), polling_options=FAST
        )
        assert run.output.filled_values == {"legal_name": "Ada"}
