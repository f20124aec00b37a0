"""Records: minimal and full shapes, an open world, and nothing private in their text."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from extend_provider.kinds import EDIT
from extend_provider.models import EditRun, File, Metrics, Page, Run, Usage
from extend_provider.run_models import run_model

FULL_FILE = {
    "object": "file",
    "id": "file_2vKq8Wm5XcT1",
    "name": "w9.pdf",
    "type": "PDF",
    "parentFileId": None,
    "metadata": {"pageCount": 6, "parentSplit": {"id": "s"}},
    "createdAt": "2026-11-20T08:00:01Z",
    "updatedAt": "2026-11-20T08:00:01.123Z",
    "presignedUrl": "https://storage.example.net/e.pdf?sig=c0ffee",
    "contents": {"rawText": "Jane Q. Public"},
}
FULL_RUN = {
    "object": "edit_run",
    "id": "edr_1",
    "file": FULL_FILE,
    "status": "PROCESSED",
    "failureReason": None,
    "failureMessage": None,
    "config": {"engineVersion": "1.0.0", "instructions": "Jane Q. Public"},
    "output": {
        "editedFile": {"id": "file_9", "presignedUrl": "https://storage.example.net/e.pdf?sig=c0ffee"},
        "filledValues": {"name": "Jane Q. Public"},
    },
    "metrics": {"processingTimeMs": 18422, "pageCount": 6, "fieldCount": 3, "newMetric": 1},
    "usage": {"credits": 12, "totalCredits": 12.5, "breakdown": []},
}
MINIMAL_RUN = {"id": "edr_1", "status": "PROCESSING"}


def test_the_full_shape():
    run = EditRun.model_validate(FULL_RUN)

    assert run.output_file_ids == ["file_9"]
    assert run.filled_values == {"name": "Jane Q. Public"}
    assert (run.metrics.page_count, run.usage.credits, run.usage.total_credits) == (6, 12, 12.5)
    assert run.file.metadata.page_count == 6
    assert run.file.created_at == datetime(2026, 11, 20, 8, 0, 1, tzinfo=timezone.utc)
    assert run.file.updated_at - run.file.created_at == timedelta(milliseconds=123)
    assert run.config == FULL_RUN["config"]


def test_the_minimal_shape():
    run = EditRun.model_validate(MINIMAL_RUN)

    assert run.output_file_ids == []
    assert run.filled_values == {}
    for field in ("file", "failure_reason", "failure_message", "config", "metrics", "usage", "output", "created_at"):
        assert getattr(run, field) is None


def test_a_list_item_has_dates_and_may_have_lost_its_file():
    run = EditRun.model_validate({**MINIMAL_RUN, "file": None, "createdAt": "2026-11-20T08:00:02Z"})

    assert run.file is None
    assert run.created_at == datetime(2026, 11, 20, 8, 0, 2, tzinfo=timezone.utc)


def test_a_file_embedded_in_a_run_may_be_three_fields():
    file = File.model_validate({"object": "file", "id": "file_1", "name": "scan.docx"})

    assert (file.id, file.name, file.type, file.presigned_url) == ("file_1", "scan.docx", None, None)


def test_unknown_fields_are_kept_on_every_level():
    run = EditRun.model_validate({**FULL_RUN, "novelty": {"a": 1}})

    assert run.model_extra["novelty"] == {"a": 1}
    assert run.model_extra["object"] == "edit_run"
    assert run.metrics.model_extra == {"newMetric": 1}
    assert run.usage.model_extra == {"breakdown": []}
    assert run.file.metadata.model_extra == {"parentSplit": {"id": "s"}}


@pytest.mark.parametrize("status", ["PROCESSING", "CANCELLED", "QUEUED_FOR_GPU", "x", "Ünknown status"])
def test_statuses_and_reasons_are_an_open_world(status):
    run = EditRun.model_validate({**MINIMAL_RUN, "status": status, "failureReason": f"{status}_REASON"})

    assert (run.status, run.failure_reason) == (status, f"{status}_REASON")


@pytest.mark.parametrize("identifier", ["edr_1", "1", "x" * 255, "new-prefix:ä/+="])
def test_ids_are_opaque(identifier):
    assert EditRun.model_validate({"id": identifier, "status": "PROCESSING"}).id == identifier


@pytest.mark.parametrize(
    "body", [{}, {"id": "edr_1"}, {"status": "X"}, {"id": "", "status": "X"}, {"id": 5, "status": "X"}]
)
def test_a_run_without_id_or_status_is_none(body):
    with pytest.raises(ValidationError):
        EditRun.model_validate(body)


MALFORMED = ["text", 5, True, [1], {"x": 1}, float("nan"), "nan"]


@pytest.mark.parametrize("value", MALFORMED, ids=repr)
@pytest.mark.parametrize(
    "field",
    [
        "file", "failureReason", "failureMessage", "config", "metrics", "usage", "dashboardUrl", "createdAt",
        "updatedAt", "output",
    ],
)  # fmt: skip
def test_a_malformed_detail_never_costs_a_run(field, value):
    run = EditRun.model_validate({**MINIMAL_RUN, field: value})

    assert (run.id, run.status) == ("edr_1", "PROCESSING")
    assert run.output_file_ids == []
    assert isinstance(run.filled_values, dict)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "nan", "many", [], {}, None])
def test_numbers_that_are_none_are_none(value):
    assert Usage.model_validate({"credits": value, "totalCredits": value}).credits is None
    assert Metrics.model_validate({"pageCount": value}).page_count is None


@pytest.mark.parametrize("url", [5, None, ["x"], {"a": 1}])
def test_a_malformed_url_does_not_cost_the_output_file(url):
    run = EditRun.model_validate({**FULL_RUN, "output": {"editedFile": {"id": "file_9", "presignedUrl": url}}})

    assert run.output_file_ids == ["file_9"]
    assert run.output.edited_file.presigned_url is None
    assert File.model_validate({"id": "file_9", "presignedUrl": url}).presigned_url is None


@pytest.mark.parametrize("output", [None, {}, {"editedFile": None}, {"editedFile": {}}, {"editedFile": {"id": ""}}])
def test_a_run_without_an_edited_file_has_no_output_file(output):
    assert EditRun.model_validate({**FULL_RUN, "output": output}).output_file_ids == []


@pytest.mark.parametrize("values", [None, [], "text", 5])
def test_filled_values_may_be_absent_or_nonsense(values):
    run = EditRun.model_validate({**FULL_RUN, "output": {"editedFile": {"id": "f"}, "filledValues": values}})

    assert run.filled_values == {}
    assert run.output_file_ids == ["f"]


def test_the_text_of_a_record_shows_nothing_private():
    run = EditRun.model_validate({**FULL_RUN, "failureMessage": "Jane Q. Public", "novelty": "Jane Q. Public"})

    for text in (repr(run), str(run), f"{run}", repr(run.file), repr(run.output), repr([run])):
        assert "Jane" not in text
        assert "c0ffee" not in text
    assert "edr_1" in repr(run)
    assert "PROCESSED" in repr(run)


def test_records_cannot_be_changed():
    with pytest.raises(ValidationError):
        EditRun.model_validate(MINIMAL_RUN).status = "PROCESSED"


def test_a_page_has_items_as_they_came():
    page = Page.model_validate({"object": "list", "data": [{"id": 1, "x": None}], "nextPageToken": "a:/+="})

    assert page.data == [{"id": 1, "x": None}]
    assert page.next_page_token == "a:/+="


def test_each_kind_has_its_record():
    assert run_model(EDIT) is EditRun
    assert issubclass(EditRun, Run)
    assert Run.model_validate(MINIMAL_RUN).output_file_ids == []
    assert Run.model_validate(MINIMAL_RUN).filled_values == {}


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "//a.example", "https://a b", "x" * 3000, 5]
)
def test_a_dashboard_link_is_no_script(url):
    run = EditRun.model_validate({"id": "edr_1", "status": "PROCESSED", "dashboardUrl": url})

    assert run.dashboard_url is None


@pytest.mark.parametrize(
    "text", ["", " ", "a b", "a\nb", "a\x00b", "https://s.example/a?sig=1", "x" * 256, "<b>", None, 5]
)
def test_an_id_is_short_and_no_url(text):
    with pytest.raises(ValidationError):
        EditRun.model_validate({"id": text, "status": "PROCESSED"})


@pytest.mark.parametrize("text", ["", "a\nb", "https://s.example/a?sig=1", "x" * 256, "<b>", None, 5])
def test_a_status_is_short_and_of_words(text):
    with pytest.raises(ValidationError):
        EditRun.model_validate({"id": "edr_1", "status": text})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-04T10:15:00Z", datetime(2026, 3, 4, 10, 15, tzinfo=timezone.utc)),
        ("2026-03-04T10:15:00", datetime(2026, 3, 4, 10, 15, tzinfo=timezone.utc)),
        ("2026-03-04T12:15:00+02:00", datetime(2026, 3, 4, 10, 15, tzinfo=timezone.utc)),
        ("9999-12-31T23:59:59Z", None),
        ("9999-12-31T23:59:59-12:00", None),
        ("0001-01-01T00:00:00+14:00", None),
        (1e300, None),
        (12, None),
        ("soon", None),
    ],
)
def test_moments_can_be_compared_and_reckoned_with(text, expected):
    run = Run.model_validate({**MINIMAL_RUN, "createdAt": text, "updatedAt": text})

    assert (run.created_at, run.updated_at) == (expected, expected)
    assert run.created_at is None or run.created_at.utcoffset() == timedelta(0)
