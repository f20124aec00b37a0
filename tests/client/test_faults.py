"""Against the real local service: every fault and every failure reason is one typed error with a hint, or is mended."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NumberObject, TextStringObject

from extend_provider import exceptions
from extend_provider.client import Wait
from extend_provider.exceptions import (
    ExtendAuthenticationError,
    ExtendCreditsError,
    ExtendInvalidRequestError,
    ExtendNoOutputError,
    ExtendNotFoundError,
    ExtendOutcomeUnknownError,
    ExtendPermissionError,
    ExtendRunFailedError,
    ExtendRunTimeoutError,
    ExtendUnknownStatusError,
)
from extend_provider.failure_reasons import FAILURE_REASONS
from extend_provider.kinds import EDIT
from extend_provider.local import LocalService
from extend_provider.local.faults import FAULTS
from extend_provider.results import result_of

VALUE = "Northwind Trading LLC"
CONFIG = {
    "schema": {
        "type": "object",
        "properties": {
            "legal_name": {
                "type": ["string", "null"],
                "extend_edit:field_type": "text",
                "extend_edit:value": VALUE,
            }
        },
    },
    "advancedOptions": {"flattenPdf": False},
}
MAX_FILE_SIZE = 300_000


def make_pdf(*fields, password=None):
    """One page with text fields."""
    writer = PdfWriter()
    page = writer.add_blank_page(width=612, height=792)
    widgets = ArrayObject()
    for index, name in enumerate(fields):
        rectangle = ArrayObject([NumberObject(n) for n in (100, 680 - 40 * index, 400, 700 - 40 * index)])
        entries = {"/Type": "/Annot", "/Subtype": "/Widget", "/FT": "/Tx"}
        widget = DictionaryObject({NameObject(key): NameObject(value) for key, value in entries.items()})
        widget[NameObject("/T")] = TextStringObject(name)
        widget[NameObject("/DA")] = TextStringObject("/Helv 10 Tf 0 g")
        widget[NameObject("/Rect")] = rectangle
        widgets.append(writer._add_object(widget))
    if fields:
        page[NameObject("/Annots")] = widgets
        writer._root_object[NameObject("/AcroForm")] = DictionaryObject({NameObject("/Fields"): widgets})
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


FORM = make_pdf("legal_name", "city")


@pytest.fixture(scope="module")
def running():
    with LocalService(max_file_size=MAX_FILE_SIZE) as service:
        yield service


@pytest.fixture
def service(running):
    """The local service as new; starting one for each of these tests would take longer than the tests."""
    running.reset()
    return running


def wait_for(shell, run_id, seconds=3600.0):
    """Seconds of the clock that stands still while nobody pauses."""
    deadline = shell.world.utcnow() + timedelta(seconds=seconds)
    return shell.wait_for_run(Wait(kind=EDIT, run_id=run_id, deadline=deadline))


def fill_form(shell, data=FORM, *, config=CONFIG, name="w9.pdf", password=None):
    """The whole job: upload, create, wait, judge, download."""
    file = shell.upload_file(io.BytesIO(data), name, password=password)
    run = shell.create_edit_run(file={"id": file.id}, config=config)
    result = result_of(EDIT, wait_for(shell, run.id))
    return result, shell.read(result["output_file_ids"][0])


def filled(pdf):
    return PdfReader(io.BytesIO(pdf)).get_form_text_fields()["legal_name"]


def test_without_a_fault(connect_to, extend_local):
    """Through the fixture that users' own tests take."""
    result, pdf = fill_form(connect_to(extend_local))

    assert filled(pdf) == VALUE
    assert result["filled_fields"] == ["legal_name"]
    assert (result["status"], result["credits"], result["page_count"]) == ("PROCESSED", 2, 1)
    assert extend_local.runs_created == 1


# -- mended ------------------------------------------------------------------------------------------------------------

READ = {"method": "GET", "path": "/edit_runs/*"}
CREATE = {"method": "POST", "path": "/edit_runs"}
UPLOAD = {"method": "POST", "path": "/files/upload"}
LOCATE = {"method": "GET", "path": "/files/*"}
STORAGE = {"method": "GET", "path": "/_files/*"}

MENDED = [
    ("slow", {**READ, "seconds": 0.02}),
    ("slow", {**CREATE, "seconds": 0.02}),
    *[
        ("rate_limit", {**where, "retry_after": retry_after, "times": 2})
        for where in (CREATE, UPLOAD, READ, LOCATE)
        for retry_after in (None, 0, 3, "date")
    ],
    *[
        ("server_error", {**where, **options, "times": 2})
        for where in (READ, LOCATE)
        for options in (
            {},
            {"status": 502, "html": True},
            {"status": 503, "retry_after": 20},
            {"status": 503, "retry_after": "date"},
            {"nested": True},
        )
    ],
    ("server_error", {**STORAGE, "status": 503}),
    *[("not_json", where) for where in (READ, LOCATE)],
    *[("cut_before", {**where, "reset": reset}) for where in (READ, LOCATE, STORAGE) for reset in (True, False)],
    *[
        ("cut_after", {**where, "where": part, "reset": reset})
        for where in (READ, LOCATE)
        for part in ("start", "body")
        for reset in (True, False)
    ],
    *[("truncated", where) for where in (READ, LOCATE)],
    *[("download_cut", {"after": after, "reset": reset}) for after in (0, 1, 700) for reset in (True, False)],
    ("download_cut", {"times": 3, "after": 300}),
    ("unknown_status", {"times": 3}),
    ("expired", LOCATE),
    ("expired", {**LOCATE, "times": 3}),
    ("usage_null", {}),
    ("no_filled_values", {}),
]


def name_of(case):
    fault, options = case[:2]
    return "-".join([fault, *(str(value) for value in options.values())])


@pytest.mark.parametrize("case", MENDED, ids=name_of)
def test_what_passes_is_mended_and_paid_once(connect_to, service, case):
    fault, options = case
    service.inject(fault, **options)
    shell = connect_to(service)

    result, pdf = fill_form(shell)

    assert filled(pdf) == VALUE
    assert service.runs_created == 1
    assert len([request for request in service.requests if request.path == "/edit_runs"]) == 1 + _refused(
        fault, options
    )
    assert result["credits"] == (None if fault == "usage_null" else 2)
    assert result["filled_fields"] == ([] if fault == "no_filled_values" else ["legal_name"])


def _refused(fault, options):
    return options["times"] if fault == "rate_limit" and options.items() >= CREATE.items() else 0


@pytest.mark.parametrize(
    ("fault", "options"),
    [
        ("server_error", {}),
        ("cut_before", {}),
        ("cut_after", {}),
        ("cut_after", {"where": "body"}),
        ("truncated", {}),
        ("rate_limit", {"retry_after": 3}),
    ],
)
def test_deleting_is_mended(connect_to, service, fault, options):
    shell = connect_to(service)
    file = shell.upload_file(io.BytesIO(FORM), "w9.pdf")
    run = shell.create_edit_run(file={"id": file.id}, config=CONFIG)
    wait_for(shell, run.id)
    service.inject(fault, method="DELETE", times=2, **options)

    assert shell.delete_run(run.id) is True
    assert shell.delete_run(run.id, missing_ok=True) is False
    with pytest.raises(ExtendNotFoundError):
        shell.get_run(run.id)


# -- one typed error ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "cls", "status"),
    [
        ("unauthorized", ExtendAuthenticationError, 401),
        ("credits", ExtendCreditsError, 402),
        ("permission", ExtendPermissionError, 403),
    ],
)
@pytest.mark.parametrize("where", [UPLOAD, CREATE, READ, LOCATE], ids=lambda where: where["path"])
def test_a_refusal_is_one_typed_error_wherever_it_strikes(connect_to, service, fault, cls, status, where):
    service.inject(fault, **where)

    with pytest.raises(cls) as caught:
        fill_form(connect_to(service))

    assert type(caught.value) is cls
    assert caught.value.status_code == status
    assert caught.value.request_id
    assert caught.value.code
    assert caught.value.hint
    assert service.runs_created == (0 if where in (UPLOAD, CREATE) else 1)


@pytest.mark.parametrize(
    ("fault", "options", "runs_created"),
    [
        ("error_after_create", {}, 1),
        ("cut_after", {**CREATE}, 1),
        ("cut_after", {**CREATE, "reset": True}, 1),
        ("cut_after", {**CREATE, "where": "body"}, 1),
        ("cut_after", {**CREATE, "where": "body", "reset": True}, 1),
        ("truncated", {**CREATE}, 1),
        ("server_error", {**CREATE}, 0),
        ("server_error", {**CREATE, "status": 502, "html": True}, 0),
        ("server_error", {**CREATE, "status": 503, "retry_after": 2}, 0),
        ("cut_before", {**CREATE}, 0),
        ("cut_before", {**CREATE, "reset": True}, 0),
        ("not_json", {**CREATE}, 0),
    ],
)
def test_an_unknown_outcome_is_said_and_nothing_is_sent_again(connect_to, service, fault, options, runs_created):
    service.inject(fault, **options)

    with pytest.raises(ExtendOutcomeUnknownError) as caught:
        fill_form(connect_to(service))

    assert service.runs_created == runs_created
    assert len([request for request in service.requests if request.path == "/edit_runs"]) == 1
    assert caught.value.hint
    assert VALUE not in str(caught.value)


def test_a_create_that_is_too_slow_has_an_unknown_outcome(connect_to, service):
    service.inject("slow", **CREATE, seconds=0.3)

    with pytest.raises(ExtendOutcomeUnknownError, match="did not come in time"):
        fill_form(connect_to(service, read_timeout=0.1))

    assert service.runs_created <= 1


def test_a_list_that_older_services_lack(connect_to, service):
    service.inject("list_missing")

    with pytest.raises(ExtendNotFoundError, match="cannot list edit runs") as caught:
        next(connect_to(service).iterate("list_runs"))

    assert caught.value.hint


def test_a_list_that_lags_says_less_than_a_look_at_the_run(connect_to, service):
    service.inject("list_lags", times=None, seconds=600)
    shell = connect_to(service)

    result, _ = fill_form(shell)

    assert [run.id for run in shell.iterate("list_runs")] == []
    assert shell.get_run(result["run_id"]).status == "PROCESSED"
    service.clear_faults()
    assert [(run.id, run.status) for run in shell.iterate("list_runs")] == [(result["run_id"], "PROCESSED")]


def test_a_run_without_a_file(connect_to, service):
    service.inject("processed_without_file")

    with pytest.raises(ExtendNoOutputError) as caught:
        fill_form(connect_to(service))

    assert (caught.value.status, caught.value.kind) == ("PROCESSED", "edit")
    assert caught.value.run_id
    assert caught.value.hint
    assert service.runs_created == 1


def test_a_status_that_stays_unknown(connect_to, service):
    service.inject("unknown_status", times=None)
    shell = connect_to(service)
    file = shell.upload_file(io.BytesIO(FORM), "w9.pdf")
    run = shell.create_edit_run(file={"id": file.id}, config=CONFIG)

    with pytest.raises(ExtendUnknownStatusError, match="QUEUED_FOR_GPU") as caught:
        wait_for(shell, run.id, seconds=60)

    assert caught.value.hint
    assert service.runs_created == 1


@pytest.mark.extend_local(processing_time=600)
def test_a_run_that_takes_too_long(connect_to, extend_local):
    shell = connect_to(extend_local)
    file = shell.upload_file(io.BytesIO(FORM), "w9.pdf")
    run = shell.create_edit_run(file={"id": file.id}, config=CONFIG)

    with pytest.raises(ExtendRunTimeoutError) as caught:
        wait_for(shell, run.id, seconds=20)

    assert caught.value.status == "PROCESSING"
    assert caught.value.hint
    extend_local.finish_run(run.id)
    assert wait_for(shell, run.id).status == "PROCESSED"


def test_a_run_that_is_deleted_while_somebody_waits(connect_to, service):
    shell = connect_to(service)
    file = shell.upload_file(io.BytesIO(FORM), "w9.pdf")
    run = shell.create_edit_run(file={"id": file.id}, config=CONFIG)
    shell.delete_run(run.id)

    with pytest.raises(ExtendNotFoundError, match=run.id) as caught:
        wait_for(shell, run.id)

    assert caught.value.hint


# -- failure reasons ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", [*FAILURE_REASONS, "A_REASON_OF_TOMORROW"])
def test_every_failure_reason_is_one_typed_error_with_its_remedy(connect_to, service, reason):
    service.inject("fail", reason=reason, message=f"It was about {VALUE}, see https://s.example/a?sig=c0ffee")

    with pytest.raises(ExtendRunFailedError) as caught:
        fill_form(connect_to(service))

    error = caught.value
    assert (error.reason, error.status, error.kind) == (reason, "FAILED", "edit")
    assert reason in str(error)
    assert error.hint
    assert error.run_id
    assert "It was about" in error.failure_message
    assert VALUE not in repr(vars(error))
    assert "c0ffee" not in repr(vars(error))
    assert service.runs_created == 1


DOCUMENTS = {
    "PASSWORD_PROTECTED_FILE": {"data": make_pdf("legal_name", password="open sesame")},
    "CORRUPT_FILE": {"data": FORM[: len(FORM) // 3]},
    "FILE_TYPE_NOT_SUPPORTED": {"data": b"Dear Sir or Madam", "name": "letter.txt"},
    "EMPTY_SCHEMA": {"data": make_pdf(), "config": {"instructions": '{"legal_name": "x"}'}},
}


@pytest.mark.parametrize("reason", DOCUMENTS)
def test_a_bad_document_really_ends_in_its_reason(connect_to, service, reason):
    with pytest.raises(ExtendRunFailedError) as caught:
        fill_form(connect_to(service), **DOCUMENTS[reason])

    assert caught.value.reason == reason
    assert caught.value.hint == FAILURE_REASONS[reason].remedy
    assert caught.value.failure_message


def test_a_locked_pdf_opens_with_its_password(connect_to, service):
    result, _ = fill_form(connect_to(service), make_pdf("legal_name", password="open sesame"), password="open sesame")

    assert result["status"] == "PROCESSED"


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/w9.pdf?sig=c0ffee", "https://forms.invalid/w9.pdf?sig=c0ffee"])
def test_a_url_that_cannot_be_loaded(connect_to, service, url):
    shell = connect_to(service)
    run = shell.create_edit_run(file={"url": url}, config=CONFIG)

    with pytest.raises(ExtendRunFailedError) as caught:
        result_of(EDIT, wait_for(shell, run.id))

    assert caught.value.reason == "UNABLE_TO_DOWNLOAD_FILE"
    assert "c0ffee" not in str(caught.value)


def test_a_file_over_the_limit(connect_to, service):
    shell = connect_to(service)
    large = FORM + b"%" * MAX_FILE_SIZE

    with pytest.raises((ExtendRunFailedError, ExtendInvalidRequestError)) as caught:
        fill_form(shell, large)

    assert "FILE_SIZE_TOO_LARGE" in (caught.value.code, getattr(caught.value, "reason", None))
    assert caught.value.hint


@pytest.mark.extend_local(credits=1)
def test_too_few_credits(connect_to, extend_local):
    with pytest.raises(ExtendRunFailedError) as caught:
        fill_form(connect_to(extend_local))

    assert caught.value.reason == "OUT_OF_CREDITS"
    assert caught.value.hint


@pytest.mark.extend_local(workspace_id="ws_1")
def test_an_organization_scoped_key_without_its_workspace(connect_to, extend_local):
    with pytest.raises((ExtendInvalidRequestError, ExtendPermissionError), match="workspace_id") as caught:
        fill_form(connect_to(extend_local))

    assert caught.value.hint
    assert fill_form(connect_to(extend_local, workspace_id="ws_1"))[0]["status"] == "PROCESSED"


def test_a_wrong_key(connect_to, service):
    with pytest.raises(ExtendAuthenticationError, match="region"):
        fill_form(connect_to(service, api_key="sk_wrong_key_4242"))


# -- completeness ------------------------------------------------------------------------------------------------------


def test_every_fault_of_the_local_service_is_tested_here():
    text = Path(__file__).read_text(encoding="utf-8")

    assert [fault for fault in FAULTS if not re.search(rf'\("{fault}"[,)]', text)] == []


def test_every_failure_reason_has_a_remedy():
    assert all(advice.remedy for advice in FAILURE_REASONS.values())


def test_no_error_of_this_package_is_one_of_python():
    for name in exceptions.__all__:
        assert not issubclass(getattr(exceptions, name), (OSError, ValueError, RuntimeError))
