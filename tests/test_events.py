"""Events: what a trigger says arrives in the worker, and what is not an event of ours is never a success."""

from __future__ import annotations

import json
from types import MappingProxyType

import pytest

from extend_provider import exceptions
from extend_provider.events import error_event, read_event, success_event
from extend_provider.exceptions import (
    ExtendError,
    ExtendOutcomeUnknownError,
    ExtendRunTimeoutError,
)
from extend_provider.sensors.run import ExtendRunSensor
from tests.error_facts import facts_of
from tests.task_runs import task_context

RESULT = {
    "run_id": "edr_1",
    "status": "PROCESSED",
    "output_file_ids": ["file_9"],
    "filled_fields": ["legal_name"],
    "credits": 2,
    "page_count": 1,
}


def through_the_database(event):
    return json.loads(json.dumps(event))


def test_a_result_arrives_as_it_was():
    event = success_event("edit", RESULT)

    assert (event["kind"], event["error"]) == ("edit", None)
    assert read_event(through_the_database(event)) == RESULT


@pytest.mark.parametrize("name", exceptions.__all__)
def test_every_error_arrives_with_all_its_facts(name):
    cls = getattr(exceptions, name)
    error = cls("It broke.", **facts_of(cls))

    event = through_the_database(error_event("edit", "edr_1", error))
    with pytest.raises(ExtendError) as caught:
        read_event(event)

    assert (event["kind"], event["run_id"]) == ("edit", "edr_1")
    assert type(caught.value) is cls
    assert vars(caught.value) == vars(error)
    assert str(caught.value) == str(error)


def test_an_error_with_a_note_arrives():
    error = ExtendError("It broke.")
    error.__notes__ = ["Seen on a Tuesday."]

    with pytest.raises(ExtendError) as caught:
        read_event(through_the_database(error_event("edit", "edr_1", error)))

    assert caught.value.__notes__ == ["Seen on a Tuesday."]


@pytest.mark.parametrize("name", ["ExtendErrorOfTomorrow", "restore", "ValueError", "", None, "__all__"])
def test_an_error_type_that_this_version_does_not_know_is_the_root_of_all(name):
    event = {"kind": "edit", "run_id": "edr_1", "error": {"type": name, "message": "It broke.", "reason": "X"}}

    with pytest.raises(ExtendError, match=r"It broke\.") as caught:
        read_event(event)

    assert type(caught.value) is ExtendError
    assert caught.value.reason == "X"


@pytest.mark.parametrize(
    "error", ["text", 5, True, [], ["x"], {}, {"type": "ExtendError"}, {"message": None}, {"message": 5}]
)
def test_an_error_that_cannot_be_read_is_an_unknown_outcome(error):
    with pytest.raises(ExtendOutcomeUnknownError, match="cannot be read") as caught:
        read_event({**RESULT, "kind": "edit", "error": error})

    assert caught.value.run_id == "edr_1"
    assert caught.value.hint


@pytest.mark.parametrize(
    "event",
    [
        None,
        "",
        "timeout",
        5,
        True,
        [],
        [RESULT],
        {},
        {"status": "success"},
        {"run_id": None},
        {"run_id": 5},
        pytest.param(object(), id="object"),
    ],
    ids=repr,
)
def test_no_event_or_one_of_somebody_else_is_an_unknown_outcome(event):
    with pytest.raises(ExtendOutcomeUnknownError, match="no usable event") as caught:
        read_event(event)

    assert caught.value.hint
    assert caught.value.retryable is False


@pytest.mark.parametrize(
    "garbled",
    [
        {"output_file_ids": None},
        {"output_file_ids": []},
        {"output_file_ids": "file_9"},
        {"output_file_ids": {"file_9": 1}},
        {"output_file_ids": [None]},
        {"output_file_ids": [""]},
        {"output_file_ids": ["file_9", 5]},
        {"status": None},
        {"status": 5},
    ],
    ids=repr,
)
def test_a_success_that_is_not_well_formed_is_an_unknown_outcome(garbled):
    with pytest.raises(ExtendOutcomeUnknownError, match="edr_1") as caught:
        read_event({**success_event("edit", RESULT), **garbled})

    assert caught.value.run_id == "edr_1"
    assert caught.value.hint


@pytest.mark.parametrize("missing", ["output_file_ids", "status"])
def test_a_success_that_lacks_something_is_an_unknown_outcome(missing):
    event = success_event("edit", RESULT)
    del event[missing]

    with pytest.raises(ExtendOutcomeUnknownError):
        read_event(event)


@pytest.mark.parametrize("kind", [None, 5, "edit", "parse", "of a later version"])
@pytest.mark.parametrize("schema", [{}, {"schema": None}, {"schema": ["name"]}])
def test_a_task_that_needs_a_schema_takes_no_event_without(kind, schema):
    """The event's own word for its kind is believed no more than the rest."""
    task = ExtendRunSensor(task_id="wait", run_id="sgr_1", deferrable=True)
    event = {**success_event("edit", RESULT), "run_id": "sgr_1", "kind": kind, **schema}

    with pytest.raises(ExtendOutcomeUnknownError, match="run sgr_1 carries no result that can be used"):
        task.execute_complete(task_context(task), event=event)


def test_news_of_a_later_version_is_passed_on():
    assert read_event({**success_event("edit", RESULT), "novelty": 1}) == {**RESULT, "novelty": 1}


def test_any_mapping_is_an_event():
    assert read_event(MappingProxyType(success_event("edit", RESULT))) == RESULT


def test_a_timeout_stays_a_timeout():
    """A sensor's soft_fail looks at the class."""
    error = ExtendRunTimeoutError("Too late.", run_id="edr_1", kind="edit", status="PROCESSING")

    with pytest.raises(ExtendRunTimeoutError):
        read_event(through_the_database(error_event("edit", "edr_1", error)))
