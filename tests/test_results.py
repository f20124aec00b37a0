"""What a finished run means: a result without values, or one typed error."""

from __future__ import annotations

import json

import pytest

from extend_provider.events import read_event, success_event
from extend_provider.exceptions import ExtendNoOutputError, ExtendOutcomeUnknownError, ExtendRunFailedError
from extend_provider.failure_reasons import FAILURE_REASONS
from extend_provider.kinds import EDIT, RUN_KINDS, run_kind
from extend_provider.models import EditRun
from extend_provider.results import describe, result_of
from extend_provider.run_models import run_model

PROCESSED = {
    "id": "edr_1",
    "status": "PROCESSED",
    "output": {
        "editedFile": {"id": "file_9", "presignedUrl": "https://s.example/e.pdf?sig=c0ffee"},
        "filledValues": {"legal_name": "Jane Q. Public", "tax_class": "llc"},
    },
    "metrics": {"pageCount": 6},
    "usage": {"credits": 12},
}


def run(**changes):
    return EditRun.model_validate({**PROCESSED, **changes})


def failed(**changes):
    with pytest.raises(ExtendRunFailedError) as caught:
        result_of(EDIT, run(**{"status": "FAILED", "output": None, "metrics": None, "usage": None, **changes}))
    return caught.value


def test_a_result_has_facts_and_names_but_no_values():
    result = result_of(EDIT, run())

    assert result == {
        "run_id": "edr_1",
        "status": "PROCESSED",
        "output_file_ids": ["file_9"],
        "filled_fields": ["legal_name", "tax_class"],
        "credits": 12,
        "page_count": 6,
    }
    assert "Jane" not in repr(result)
    assert "c0ffee" not in repr(result)
    assert json.loads(json.dumps(result, allow_nan=False)) == result


@pytest.mark.parametrize(("value", "shown"), [(12, 12), (12.0, 12), (2.5, 2.5), (0, 0), (None, None), ("x", None)])
def test_whole_numbers_stay_whole(value, shown):
    result = describe(run(usage={"credits": value}, metrics={"pageCount": value}))

    assert result["credits"] == result["page_count"] == shown
    assert type(result["credits"]) is type(shown)


@pytest.mark.parametrize(
    "details", [{"metrics": None, "usage": None}, {"metrics": {}, "usage": {}}, {"metrics": "x", "usage": 5}]
)
def test_missing_metrics_and_usage_are_none(details):
    result = result_of(EDIT, run(**details))

    assert result["credits"] is result["page_count"] is None


def test_nothing_filled_is_an_empty_list():
    assert result_of(EDIT, run(output={"editedFile": {"id": "file_9"}}))["filled_fields"] == []


@pytest.mark.parametrize(
    "output", [None, {}, {"editedFile": None}, {"editedFile": {"id": ""}}, {"filledValues": {"a": 1}}]
)
def test_processed_without_a_file_is_no_success(output):
    with pytest.raises(ExtendNoOutputError, match="gave no output file") as caught:
        result_of(EDIT, run(output=output))

    assert (caught.value.run_id, caught.value.kind, caught.value.status) == ("edr_1", "edit", "PROCESSED")
    assert caught.value.hint
    assert caught.value.retryable is False


@pytest.mark.parametrize("reason", FAILURE_REASONS)
def test_a_failed_run_has_its_reason_and_remedy(reason):
    error = failed(failureReason=reason, failureMessage=" It is broken. ")

    assert (error.run_id, error.kind, error.status, error.reason) == ("edr_1", "edit", "FAILED", reason)
    assert error.hint == FAILURE_REASONS[reason].remedy
    assert error.retryable is FAILURE_REASONS[reason].retryable
    assert error.failure_message == "It is broken."
    assert str(error) == f"Extend edit run edr_1 ended as FAILED: {reason}. Extend says: It is broken. {error.hint}"


@pytest.mark.parametrize("message", [None, "", "  ", 5])
def test_a_failed_run_may_say_nothing(message):
    error = failed(failureReason=None, failureMessage=message)

    assert error.message == "Extend edit run edr_1 ended as FAILED: no reason given."
    assert error.failure_message is None
    assert error.reason is None
    assert error.retryable is True


CONFIG = {
    "instructions": '{"city": "Springfield"}',
    "schema": {"properties": {"legal_name": {"extend_edit:value": "Jane Q. Public"}}},
}


@pytest.mark.parametrize("value", ["Jane Q. Public", "Springfield"])
def test_a_failure_message_loses_the_values_of_the_run(value):
    error = failed(failureReason="SCHEMA_VALIDATION_ERROR", failureMessage=f"{value!r} is too long.", config=CONFIG)

    assert value not in repr(vars(error))
    assert error.failure_message == "'***' is too long."


def test_a_failure_message_loses_the_signature_of_a_url():
    error = failed(failureMessage="GET https://u:p@bucket.example/w9.pdf?X-Amz-Signature=c0ffee gave 403")

    assert error.failure_message == "GET https://bucket.example/w9.pdf?*** gave 403"


def test_an_endless_failure_message_is_cut():
    error = failed(failureMessage="x" * 100_000)

    assert len(error.failure_message) <= 501
    assert len(str(error)) < 1000


@pytest.mark.parametrize(
    ("kind", "status"), [("extract", "CANCELLED"), ("workflow", "REJECTED"), ("parse", "CANCELLED")]
)
def test_what_somebody_decided_is_not_worth_a_retry(kind, status):
    chosen = run_kind(kind)
    with pytest.raises(ExtendRunFailedError, match=f"ended as {status}") as caught:
        result_of(chosen, run_model(chosen).model_validate({"id": "x_1", "status": status}))

    assert caught.value.retryable is False
    assert "clear the task" in caught.value.hint


# Kinds whose runs have a result whatever they gave.
CONTENT = [name for name, kind in RUN_KINDS.items() if not kind.gives_file and not kind.gives_schema]


@pytest.mark.parametrize("kind", CONTENT)
def test_other_kinds_need_no_file(kind):
    chosen = run_kind(kind)
    result = result_of(chosen, run_model(chosen).model_validate({"id": "x_1", "status": "PROCESSED"}))

    assert (result["run_id"], result["output_file_ids"], result["page_count"]) == ("x_1", [], None)
    assert read_event(success_event(kind, result)) == result
    assert json.loads(json.dumps(result, allow_nan=False)) == result


@pytest.mark.parametrize(
    "garbled", [None, 5, "x", [], {}, {"splits": 5}, {"splits": [5, None, {"fileId": 5}]}, {"value": 5}]
)
@pytest.mark.parametrize("kind", CONTENT)
def test_a_garbled_output_loses_no_paid_result(kind, garbled):
    chosen = run_kind(kind)
    body = {"id": "x_1", "status": "PROCESSED", "output": garbled, "stepRuns": garbled, "metrics": 1, "files": garbled}
    result = result_of(chosen, run_model(chosen).model_validate(body))

    assert result["status"] == "PROCESSED"
    assert json.loads(json.dumps(result, allow_nan=False)) == result


@pytest.mark.parametrize("output", [None, {}, {"schema": None}, {"schema": "x"}, {"schema": []}])
def test_form_detection_without_a_schema_has_no_result(output):
    run = run_model(run_kind("form_detection")).model_validate({"id": "sgr_1", "status": "PROCESSED", "output": output})

    with pytest.raises(ExtendNoOutputError, match="gave no schema") as caught:
        result_of(run_kind("form_detection"), run)

    assert (caught.value.run_id, caught.value.kind, caught.value.status) == ("sgr_1", "form_detection", "PROCESSED")
    with pytest.raises(ExtendOutcomeUnknownError, match="no result that can be used"):
        read_event(success_event("form_detection", describe(run)))


def test_no_output_has_a_presigned_url_or_infinity():
    output = {
        "chunks": [{"blocks": [{"details": {"imageUrl": "https://s.example/i?sig=c0ffee"}, "content": "a"}]}],
        "presignedUrl": "https://s.example/x?sig=c0ffee",
        "number": 1e999,
    }
    run = run_model(run_kind("parse")).model_validate({"id": "pr_1", "status": "PROCESSED", "output": output})

    assert "c0ffee" not in repr(run.whole_output)
    assert run.whole_output == {"chunks": [{"blocks": [{"details": {}, "content": "a"}]}], "number": None}


def test_a_detected_schema_is_stored_without_values():
    schema = {
        "type": "object",
        "properties": {"name": {"type": ["string", "null"], "extend_edit:value": "Jane Q. Public"}},
    }
    body = {"id": "sgr_1", "status": "PROCESSED", "output": {"schema": schema}}
    run = run_model(run_kind("form_detection")).model_validate(body)

    assert describe(run)["schema"] == {"type": "object", "properties": {"name": {"type": ["string", "null"]}}}
    assert "Jane" not in repr(describe(run))


def test_an_output_that_is_nested_without_measure_stops_nobody():
    schema = {}
    for _ in range(5000):
        schema = {"properties": [schema]}
    body = {"id": "sgr_1", "status": "PROCESSED", "output": {"schema": schema}}
    run = run_model(run_kind("form_detection")).model_construct(**body)

    assert describe(run)["schema"]
