"""When a request is sent again, and when it is not."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest

from extend_provider.exceptions import (
    ExtendApiError,
    ExtendError,
    ExtendInvalidRequestError,
    ExtendNotFoundError,
    ExtendOutcomeUnknownError,
    ExtendRateLimitError,
    ExtendResponseError,
    ExtendServerError,
    ExtendTransportError,
)

RUN = {"object": "edit_run", "id": "edr_1", "status": "PROCESSING"}
# The pace is lower after a refusal: seconds until the next turn, at the pace of these tests.
NEXT_TURN = 0.003
DELETED = {"id": "edr_1"}
FILE = {"object": "file", "id": "file_1", "name": "w9.pdf"}
MAY_BE_STORED = "The file may have been stored all the same."
BEFORE_SENDING = [
    httpx.ConnectError("refused"),
    httpx.ConnectTimeout("slow"),
    httpx.PoolTimeout("full"),
    httpx.ProxyError("502"),
]
AFTER_SENDING = [
    httpx.ReadError("reset"),
    httpx.ReadTimeout("slow"),
    httpx.WriteError("reset"),
    httpx.WriteTimeout("slow"),
    httpx.RemoteProtocolError("Server disconnected without sending a response."),
]


def error_answer(status, *, headers=None, **body):
    fields = {"code": "SOME_CODE", "message": "No.", "retryable": False, "requestId": "req_1", **body}
    return httpx.Response(status, json=fields, headers=headers)


def create(shell):
    return shell.create_edit_run(file={"id": "file_1"})


def upload(shell, stream=None):
    return shell.upload_file(stream or io.BytesIO(b"%PDF-1.7"), "w9.pdf")


# -- GET and DELETE ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("failure", [*BEFORE_SENDING, *AFTER_SENDING], ids=repr)
def test_a_get_is_sent_again_after_a_transport_error(connect, failure):
    shell = connect(failure, failure, RUN)

    assert shell.get_run("edr_1").id == "edr_1"
    assert len(shell.requests) == 3


@pytest.mark.parametrize("status", [408, 429, 500, 501, 502, 503, 504, 520, 599])
@pytest.mark.parametrize("method", ["get_run", "delete_run"])
def test_get_and_delete_are_sent_again_after_a_passing_failure(connect, method, status):
    shell = connect(error_answer(status), {**RUN, **DELETED})

    getattr(shell, method)("edr_1")

    assert len(shell.requests) == 2


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 409, 410, 413, 422])
@pytest.mark.parametrize("method", ["get_run", "delete_run"])
def test_get_and_delete_are_not_sent_again_after_a_refusal(connect, world, method, status):
    shell = connect(error_answer(status), RUN)

    with pytest.raises(ExtendApiError):
        getattr(shell, method)("edr_1")

    assert len(shell.requests) == 1
    assert world.elapsed == 0


@pytest.mark.parametrize("status", [400, 404, 409, 422])
def test_a_refusal_that_the_service_calls_retryable_is_retried(connect, status):
    shell = connect(error_answer(status, retryable=True), RUN)

    assert shell.get_run("edr_1").id == "edr_1"


def test_a_5xx_is_retried_even_when_the_service_says_it_is_not_retryable(connect):
    shell = connect(error_answer(500, retryable=False), RUN)

    assert shell.get_run("edr_1").id == "edr_1"


@pytest.mark.parametrize("content", [b"<html>Welcome</html>", b"", b'{"id": "edr', b"[]", b"null", b'"edr_1"'])
def test_an_answer_that_is_not_a_json_object_is_asked_for_again(connect, content):
    shell = connect(httpx.Response(200, content=content), RUN)

    assert shell.get_run("edr_1").id == "edr_1"


def test_an_answer_that_lacks_what_the_api_always_sends_is_not_asked_for_again(connect):
    shell = connect({"object": "edit_run", "id": "edr_1"}, RUN)

    with pytest.raises(ExtendResponseError, match="status"):
        shell.get_run("edr_1")


def test_retries_are_spaced_exponentially_up_to_half_a_minute(connect, world):
    shell = connect(error_answer(500), retry_for=120.0, rng=lambda: 1.0)

    with pytest.raises(ExtendServerError):
        shell.get_run("edr_1")

    assert world.pauses == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]


def test_jitter_takes_up_to_half_of_each_delay(connect, world):
    shell = connect(error_answer(500), retry_for=20.0, rng=lambda: 0.0)

    with pytest.raises(ExtendServerError):
        shell.get_run("edr_1")

    assert world.pauses == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0]


@pytest.mark.parametrize("retry_for", [0.0, 1.0, 15.0, 120.0])
def test_no_retry_ends_after_the_deadline(connect, world, retry_for):
    shell = connect(httpx.ReadTimeout("slow"), retry_for=retry_for, rng=lambda: 0.7)

    with pytest.raises(ExtendTransportError):
        shell.get_run("edr_1")

    assert world.elapsed <= retry_for


def test_time_spent_in_the_attempts_counts_towards_the_deadline(connect, world):
    def slow(_):
        world.pass_by(50)
        return httpx.ReadTimeout("slow")

    shell = connect(slow, retry_for=120.0)

    with pytest.raises(ExtendTransportError):
        shell.get_run("edr_1")

    assert len(shell.requests) == 3


def test_one_call_may_be_given_less_patience_than_the_settings(connect, world):
    shell = connect(error_answer(500), retry_for=120.0)

    with pytest.raises(ExtendServerError):
        shell.get_run("edr_1", retry_for=3.0)

    assert world.elapsed <= 3.0


def test_the_last_error_is_the_one_that_is_raised(connect):
    shell = connect(httpx.ReadTimeout("slow"), error_answer(503, message="Down for maintenance."), retry_for=2.0)

    with pytest.raises(ExtendServerError, match=r"Down for maintenance\."):
        shell.get_run("edr_1")


# -- POST --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("failure", BEFORE_SENDING, ids=repr)
def test_a_create_that_never_left_is_sent_again(connect, failure):
    shell = connect(failure, RUN)

    assert create(shell).id == "edr_1"
    assert len(shell.requests) == 2


@pytest.mark.parametrize("failure", AFTER_SENDING, ids=repr)
def test_a_create_whose_answer_is_lost_is_not_sent_again(connect, failure):
    shell = connect(failure, RUN)

    with pytest.raises(ExtendOutcomeUnknownError, match="look for the run") as caught:
        create(shell)

    assert len(shell.requests) == 1
    assert caught.value.retryable is False
    assert caught.value.hint


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_a_create_that_the_service_may_have_carried_out_is_not_sent_again(connect, status):
    shell = connect(error_answer(status, retryable=True, docUrl="https://docs/5xx"), RUN)

    with pytest.raises(ExtendOutcomeUnknownError) as caught:
        create(shell)

    assert len(shell.requests) == 1
    assert caught.value.status_code == status
    assert (caught.value.code, caught.value.request_id) == ("SOME_CODE", "req_1")
    assert caught.value.doc_url == "https://docs/5xx"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, html="<h1>Welcome</h1>"),
        httpx.Response(200, content=b'{"id": "edr_1", "sta'),
        httpx.Response(200, json={"object": "edit_run"}),
        httpx.Response(204),
    ],
)
def test_a_create_with_an_unreadable_answer_is_not_sent_again(connect, answer):
    shell = connect(answer, RUN)

    with pytest.raises(ExtendOutcomeUnknownError):
        create(shell)

    assert len(shell.requests) == 1


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 409, 422])
def test_a_refused_create_is_known_to_be_refused(connect, status):
    shell = connect(error_answer(status, retryable=True), RUN)

    with pytest.raises(ExtendApiError) as caught:
        create(shell)

    assert len(shell.requests) == 1
    assert caught.value.status_code == status


def test_a_create_is_sent_again_after_429(connect):
    shell = connect(error_answer(429), error_answer(429), RUN)

    assert create(shell).id == "edr_1"
    assert [json.loads(request.content) for request in shell.requests] == [{"file": {"id": "file_1"}}] * 3


def test_a_create_that_is_never_let_in_ends_as_rate_limited(connect, world):
    shell = connect(error_answer(429), retry_for=60.0)

    with pytest.raises(ExtendRateLimitError) as caught:
        create(shell)

    assert caught.value.retryable is True
    assert world.elapsed <= 60.0


def test_a_create_that_never_leaves_ends_as_not_reached(connect):
    shell = connect(httpx.ConnectError("refused"), retry_for=60.0)

    with pytest.raises(ExtendTransportError) as caught:
        create(shell)

    assert caught.value.sent is False
    assert caught.value.retryable is True


def test_an_unknown_outcome_after_429_is_still_unknown(connect):
    shell = connect(error_answer(429), httpx.ReadError("reset"), RUN)

    with pytest.raises(ExtendOutcomeUnknownError):
        create(shell)

    assert len(shell.requests) == 2


# -- uploads -----------------------------------------------------------------------------------------------------------


class Pipe(io.RawIOBase):
    """Can be read once, forward."""

    def __init__(self, data):
        self._left = io.BytesIO(data)

    def readable(self):
        return True

    def read(self, size=-1):
        return self._left.read(size)


def test_an_upload_is_read_again_from_its_start_after_429(connect):
    stream = io.BytesIO(b"%PDF-1.7 " + b"x" * 200_000)
    stream.seek(100)
    shell = connect(error_answer(429), FILE)

    upload(shell, stream)

    first, second = (request.content for request in shell.requests)
    assert stream.getvalue() in first
    assert stream.getvalue() in second


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (error_answer(429), ExtendRateLimitError),
        (error_answer(503), ExtendServerError),
        (httpx.ReadError("reset"), ExtendTransportError),
    ],
)
def test_an_upload_that_can_be_read_once_is_sent_once(connect, answer, error):
    shell = connect(answer, FILE)

    with pytest.raises(error) as caught:
        upload(shell, Pipe(b"%PDF-1.7"))

    assert len(shell.requests) == 1
    assert b"%PDF-1.7" in shell.requests[0].content
    assert "pay" not in str(caught.value)
    assert (MAY_BE_STORED in str(caught.value)) == (error is not ExtendRateLimitError)


@pytest.mark.parametrize("lost", [*AFTER_SENDING, error_answer(500), error_answer(408)])
def test_an_upload_whose_answer_was_lost_is_sent_again_because_it_costs_nothing(connect, lost):
    stream = io.BytesIO(b"%PDF-1.7 " + b"x" * 200_000)
    shell = connect(lost, FILE)

    assert upload(shell, stream).id == "file_1"

    first, second = (request.content for request in shell.requests)
    assert stream.getvalue() in first
    assert stream.getvalue() in second


def test_an_upload_that_is_never_answered_ends_without_a_word_about_payment(connect):
    shell = connect(httpx.ReadError("reset"), retry_for=10.0)

    with pytest.raises(ExtendTransportError, match="No answer to POST /files/upload") as caught:
        upload(shell)

    assert "pay" not in str(caught.value)
    assert str(caught.value).count(MAY_BE_STORED) == 1


@pytest.mark.parametrize("last", [error_answer(403), error_answer(429), httpx.ConnectError("refused")])
def test_an_upload_whose_first_answer_was_lost_may_be_stored_whatever_follows(connect, last):
    shell = connect(httpx.ReadError("reset"), last, retry_for=5.0)

    with pytest.raises(ExtendError, match=MAY_BE_STORED):
        upload(shell)


@pytest.mark.parametrize("answer", [error_answer(403), error_answer(429), httpx.ConnectError("refused")])
def test_an_upload_that_was_never_taken_in_is_not_said_to_be_stored(connect, answer):
    shell = connect(answer, retry_for=5.0)

    with pytest.raises(ExtendError) as caught:
        upload(shell)

    assert MAY_BE_STORED not in str(caught.value)


@pytest.mark.parametrize("call", [create, lambda shell: shell.get_run("edr_1")])
def test_nothing_else_is_said_to_be_a_stored_file(connect, call):
    shell = connect(httpx.ReadError("reset"), retry_for=5.0)

    with pytest.raises(ExtendError) as caught:
        call(shell)

    assert MAY_BE_STORED not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (error_answer(503, headers={"Retry-After": "90"}), 90.0),
        (error_answer(503), None),
        (httpx.ReadError("reset"), None),
    ],
)
def test_an_unknown_outcome_tells_when_extend_accepts_requests_again(connect, answer, seconds):
    shell = connect(answer)

    with pytest.raises(ExtendOutcomeUnknownError) as caught:
        create(shell)

    assert caught.value.retry_after == seconds
    assert len(shell.requests) == 1


# -- deleting twice ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lost", [httpx.ReadError("reset"), error_answer(502), httpx.Response(200, html="<h1>Hi</h1>")])
def test_a_delete_whose_answer_was_lost_has_deleted(connect, lost):
    shell = connect(lost, error_answer(404))

    assert shell.delete_run("edr_1") is True
    assert len(shell.requests) == 2


@pytest.mark.parametrize(
    "harmless", [httpx.ConnectError("refused"), error_answer(429), error_answer(409, retryable=True)]
)
def test_a_delete_that_was_never_carried_out_finds_out_that_nothing_is_there(connect, harmless):
    shell = connect(harmless, error_answer(404))

    with pytest.raises(ExtendNotFoundError):
        shell.delete_run("edr_1")


# -- Retry-After -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 503, 500, 408])
@pytest.mark.parametrize("seconds", ["7", "7.0", " 7 "])
def test_retry_after_in_seconds_is_obeyed(connect, world, status, seconds):
    shell = connect(error_answer(status, headers={"Retry-After": seconds}), RUN)

    shell.get_run("edr_1")

    assert world.elapsed == pytest.approx(7.0, abs=NEXT_TURN)


@pytest.mark.parametrize("zone", ["GMT", "+0000", "-0000", ""])
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_as_a_date_is_obeyed(connect, world, status, zone):
    date = format_datetime(world.utcnow() + timedelta(seconds=20), usegmt=True).replace("GMT", zone)
    shell = connect(error_answer(status, headers={"Retry-After": date}), RUN)

    shell.get_run("edr_1")

    assert world.elapsed == pytest.approx(20.0, abs=NEXT_TURN)


@pytest.mark.parametrize(
    "value",
    [
        *["", "0", "-5", "-inf", "nan", "soon", "Mon, 99 Foo"],
        "Wed, 04 Mar 2020 10:15:00 GMT",
        "Fri, 01 Jan 99999999999 00:00:00 GMT",
        "Fri, 01 Jan 2100 00:00:00 +9999999999999",
    ],
)
def test_a_retry_after_without_use_falls_back_to_the_own_delay(connect, world, value):
    shell = connect(error_answer(429, headers={"Retry-After": value}), RUN)

    shell.get_run("edr_1")

    assert world.elapsed == pytest.approx(0.25, abs=NEXT_TURN)


def test_nobody_comes_back_before_the_time_that_was_asked_for(connect, world):
    shell = connect(error_answer(429, headers={"Retry-After": "5"}), RUN, rng=lambda: 1.0)

    shell.get_run("edr_1")

    assert 5.0 < world.elapsed < 6.0


@pytest.mark.parametrize("value", ["121", "86400", "1e9", "inf", "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_a_retry_after_beyond_the_deadline_ends_the_call_at_once(connect, world, value):
    shell = connect(error_answer(429, headers={"Retry-After": value}), retry_for=120.0)

    with pytest.raises(ExtendRateLimitError) as caught:
        shell.get_run("edr_1")

    assert world.elapsed == 0
    assert caught.value.retry_after is not None
    assert 120 < caught.value.retry_after <= 3600
    assert caught.value.hint


def test_a_long_silence_ends_later_calls_at_once_without_a_request(connect, world):
    shell = connect(error_answer(429, headers={"Retry-After": "600"}), RUN, retry_for=60.0)
    with pytest.raises(ExtendRateLimitError):
        shell.get_run("edr_1")
    world.pass_by(100)

    with pytest.raises(ExtendRateLimitError, match="not sent") as caught:
        create(shell)

    assert len(shell.requests) == 1
    assert world.elapsed == 100
    assert caught.value.retryable is True
    assert caught.value.retry_after == pytest.approx(500.0)
    world.pass_by(460)
    assert shell.get_run("edr_1").id == "edr_1"
    assert world.elapsed == pytest.approx(600.0, abs=NEXT_TURN)


def test_a_refusal_cannot_silence_the_account(connect, world):
    shell = connect(error_answer(403, headers={"Retry-After": "600"}), RUN)
    with pytest.raises(ExtendApiError):
        shell.get_run("edr_1")

    shell.get_run("edr_1")

    assert world.elapsed == 0


# -- redirects ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
@pytest.mark.parametrize("call", [create, upload, lambda shell: shell.get_run("edr_1")])
def test_a_redirect_is_never_followed(connect, status, call):
    shell = connect(httpx.Response(status, headers={"Location": "https://elsewhere.example/"}), RUN)

    with pytest.raises(ExtendApiError, match="base URL") as caught:
        call(shell)

    assert len(shell.requests) == 1
    assert caught.value.status_code == status
    assert not isinstance(caught.value, ExtendInvalidRequestError)


# -- what an error shows -----------------------------------------------------------------------------------------------


def test_a_traceback_shows_one_error_without_httpx_below_it(connect):
    shell = connect(httpx.LocalProtocolError("Illegal header value b'Bearer sk_test'"), retry_for=0.0)

    with pytest.raises(ExtendError) as caught:
        shell.get_run("edr_1")

    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ is True


def test_tries_are_told_at_debug_level(connect, caplog):
    shell = connect(error_answer(500), RUN)

    with caplog.at_level("DEBUG", logger="extend_provider"):
        shell.get_run("edr_1")

    assert "GET /edit_runs/edr_1" in caplog.text
    assert "try 2 follows" in caplog.text
