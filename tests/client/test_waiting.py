"""Waiting for the end of a run: until it ends or the deadline passes, through outages, with one typed error."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone

import httpx
import pytest

from extend_provider.client import Wait
from extend_provider.exceptions import (
    ExtendAuthenticationError,
    ExtendConfigurationError,
    ExtendNotFoundError,
    ExtendOutcomeUnknownError,
    ExtendResponseError,
    ExtendRunError,
    ExtendRunTimeoutError,
    ExtendUnknownStatusError,
)
from extend_provider.kinds import EDIT


def run(status, **fields):
    return {"object": "edit_run", "id": "edr_1", "status": status, **fields}


PROCESSING = run("PROCESSING")
PROCESSED = run("PROCESSED")
OUTAGE = httpx.Response(503, json={"code": "INTERNAL_ERROR", "message": "Down.", "retryable": True})


@pytest.fixture
def wait(world):
    def make(seconds=None, **arguments):
        deadline = None if seconds is None else world.utcnow() + timedelta(seconds=seconds)
        return Wait(kind=EDIT, run_id="edr_1", deadline=deadline, **arguments)

    return make


@pytest.mark.parametrize("status", ["PROCESSED", "FAILED"])
def test_a_finished_run_is_returned_at_once(connect, world, wait, status):
    shell = connect(run(status))

    assert shell.wait_for_run(wait(60)).status == status
    assert world.elapsed == 0


def test_a_wait_ends_soon_after_the_run(connect, world, wait):
    def answer(_):
        return httpx.Response(200, json=PROCESSED if world.elapsed >= 200 else PROCESSING)

    shell = connect(answer)

    assert shell.wait_for_run(wait()).status == "PROCESSED"
    assert 200 <= world.elapsed <= 200 * 1.08
    assert len(shell.requests) < 70


def test_a_fixed_interval_is_kept(connect, world, wait):
    shell = connect(*[PROCESSING] * 5, PROCESSED)

    shell.wait_for_run(wait(poll_interval=20.0))

    assert [round(pause) for pause in world.pauses] == pytest.approx([20] * 5, abs=2)


def test_a_status_that_nobody_knows_is_no_end(connect, wait):
    shell = connect(run("QUEUED_FOR_GPU"), run("ALMOST"), PROCESSED)

    assert shell.wait_for_run(wait(60)).status == "PROCESSED"


# -- the deadline ------------------------------------------------------------------------------------------------------


def test_a_run_that_goes_on_ends_the_wait_at_the_deadline(connect, world, wait):
    shell = connect(PROCESSING)

    with pytest.raises(ExtendRunTimeoutError) as caught:
        shell.wait_for_run(wait(100))

    assert type(caught.value) is ExtendRunTimeoutError
    assert world.elapsed == pytest.approx(100)
    assert (caught.value.run_id, caught.value.kind, caught.value.status) == ("edr_1", "edit", "PROCESSING")
    assert "2026-03-04 10:16:40 UTC" in str(caught.value)
    assert "cannot cancel edit runs" in str(caught.value)
    assert caught.value.hint


def test_the_last_look_is_at_the_deadline(connect, world, wait):
    """A run that ends between the last regular look and the deadline has a result."""

    def answer(_):
        return httpx.Response(200, json=PROCESSED if world.elapsed >= 99.5 else PROCESSING)

    shell = connect(answer)

    assert shell.wait_for_run(wait(100, poll_interval=30.0)).status == "PROCESSED"
    assert world.elapsed == pytest.approx(100)


@pytest.mark.parametrize("seconds", [0, -3600])
def test_a_deadline_in_the_past_still_allows_one_look(connect, wait, seconds):
    assert connect(PROCESSED).wait_for_run(wait(seconds)).status == "PROCESSED"

    shell = connect(PROCESSING)
    with pytest.raises(ExtendRunTimeoutError):
        shell.wait_for_run(wait(seconds))
    assert len(shell.requests) == 1


def test_an_unknown_status_at_the_deadline_says_so(connect, wait):
    shell = connect(run("QUEUED_FOR_GPU"))

    with pytest.raises(ExtendUnknownStatusError, match="QUEUED_FOR_GPU, a status that this version") as caught:
        shell.wait_for_run(wait(10))

    assert caught.value.status == "QUEUED_FOR_GPU"
    assert isinstance(caught.value, ExtendRunTimeoutError)


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (OUTAGE, 503),
        # The last look falls into the silence after the one before, and is not sent.
        (httpx.Response(429, json={}), None),
        (httpx.ConnectError("refused"), None),
        (httpx.ReadTimeout("slow"), None),
        (httpx.Response(200, html="<h1>Maintenance</h1>"), None),
    ],
)
def test_an_outage_up_to_the_deadline_leaves_the_outcome_unknown(connect, world, wait, failure, status):
    shell = connect(PROCESSING, failure)

    with pytest.raises(ExtendOutcomeUnknownError, match="Last problem: ") as caught:
        shell.wait_for_run(wait(300))

    assert not isinstance(caught.value, ExtendRunError)
    assert caught.value.run_id == "edr_1"
    assert caught.value.status_code == status
    assert caught.value.hint
    assert world.elapsed == pytest.approx(300)


def test_a_service_that_wants_silence_beyond_the_deadline_is_left_in_peace(connect, world, wait):
    shell = connect(PROCESSING, httpx.Response(429, json={}, headers={"Retry-After": "900"}))

    with pytest.raises(ExtendOutcomeUnknownError):
        shell.wait_for_run(wait(120))

    assert len(shell.requests) == 2
    assert world.elapsed == pytest.approx(120)


def test_a_wait_goes_on_after_the_silence(connect, world, wait):
    shell = connect(PROCESSING, httpx.Response(429, json={}, headers={"Retry-After": "300"}), PROCESSED)

    assert shell.wait_for_run(wait(600)).status == "PROCESSED"
    assert len(shell.requests) == 3
    assert 300 <= world.elapsed < 320


def test_a_deadline_needs_a_time_zone():
    with pytest.raises(ExtendConfigurationError, match="time zone"):
        Wait(kind=EDIT, run_id="edr_1", deadline=datetime(2026, 3, 4))


def test_a_deadline_may_be_in_any_time_zone(connect, world):
    deadline = (world.utcnow() + timedelta(seconds=50)).astimezone(timezone(timedelta(hours=9)))
    shell = connect(PROCESSING)

    with pytest.raises(ExtendRunTimeoutError):
        shell.wait_for_run(Wait(kind=EDIT, run_id="edr_1", deadline=deadline))

    assert world.elapsed == pytest.approx(50)


# -- failures on the way -----------------------------------------------------------------------------------------------


def lines(caplog):
    return [
        (record.levelname, record.getMessage())
        for record in caplog.records
        if record.name == "extend_provider.client.waiting" and record.levelno > logging.DEBUG
    ]


def test_an_outage_is_logged_once_and_once_when_it_is_over(connect, world, wait, caplog):
    def answer(_):
        if 10 < world.elapsed < 200:
            return OUTAGE
        return httpx.Response(200, json=PROCESSED if world.elapsed > 250 else PROCESSING)

    shell = connect(answer)

    with caplog.at_level(logging.DEBUG, logger="extend_provider"):
        shell.wait_for_run(wait(600))

    [(warned, warning), (told, message)] = lines(caplog)
    assert (warned, told) == ("WARNING", "INFO")
    assert "cannot be seen for now" in warning
    assert "Down." in warning
    assert message == "Extend edit run edr_1 can be seen again."


def test_each_outage_is_logged_by_itself(connect, world, wait, caplog):
    def answer(_):
        if 10 < world.elapsed < 60 or 100 < world.elapsed < 160:
            return OUTAGE
        return httpx.Response(200, json=PROCESSED if world.elapsed > 250 else PROCESSING)

    shell = connect(answer)

    with caplog.at_level(logging.INFO, logger="extend_provider"):
        shell.wait_for_run(wait(600))

    assert [level for level, _ in lines(caplog)] == ["WARNING", "INFO"] * 2


def test_a_short_failure_is_not_worth_a_line(connect, wait, caplog):
    shell = connect(PROCESSING, OUTAGE, httpx.ReadError("reset"), PROCESSING, PROCESSED)

    with caplog.at_level(logging.INFO, logger="extend_provider"):
        shell.wait_for_run(wait(60))

    assert lines(caplog) == []


@pytest.mark.parametrize(
    ("answer", "cls"),
    [
        (httpx.Response(404, json={}), ExtendNotFoundError),
        (httpx.Response(401, json={}), ExtendAuthenticationError),
        (httpx.Response(200, json={"id": "edr_1"}), ExtendResponseError),
    ],
)
def test_what_will_not_pass_ends_the_wait_at_once(connect, world, wait, answer, cls):
    shell = connect(PROCESSING, answer)

    with pytest.raises(cls) as caught:
        shell.wait_for_run(wait(600))

    assert len(shell.requests) == 2
    assert "edr_1" in str(caught.value)
    assert caught.value.hint


def test_a_wait_without_a_deadline_outlasts_any_outage(connect, world, wait):
    def answer(_):
        return httpx.Response(200, json=PROCESSED) if world.elapsed > 7200 else OUTAGE

    shell = connect(answer)

    assert shell.wait_for_run(wait()).status == "PROCESSED"
