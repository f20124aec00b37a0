"""What an answer means: the right error with all facts, and nothing in it that must not be shown."""

from __future__ import annotations

import io
import json
import tracemalloc

import httpx
import pytest

from extend_provider.exceptions import (
    ExtendApiError,
    ExtendAuthenticationError,
    ExtendCreditsError,
    ExtendError,
    ExtendInvalidRequestError,
    ExtendNotFoundError,
    ExtendOutcomeUnknownError,
    ExtendPermissionError,
    ExtendRateLimitError,
    ExtendResponseError,
    ExtendServerError,
)
from extend_provider.redaction import MASK
from tests.client.conftest import API_KEY

RUN = {"object": "edit_run", "id": "edr_1", "status": "PROCESSING"}
BODY = {
    "code": "SOME_CODE",
    "message": "Provide exactly one of file, templateId.",
    "retryable": False,
    "requestId": "req_4tWn8sJk2PqL",
    "docUrl": "https://docs.extend.ai/errors",
}


def refusal(connect, answer, **settings):
    """The error of a GET that is answered so, without a retry."""
    shell = connect(answer, retry_for=0.0, **settings)
    with pytest.raises(ExtendError) as caught:
        shell.get_run("edr_1")
    return caught.value


@pytest.mark.parametrize(
    ("status", "cls"),
    [
        (400, ExtendInvalidRequestError),
        (401, ExtendAuthenticationError),
        (402, ExtendCreditsError),
        (403, ExtendPermissionError),
        (404, ExtendNotFoundError),
        (405, ExtendInvalidRequestError),
        (408, ExtendServerError),
        (409, ExtendInvalidRequestError),
        (410, ExtendInvalidRequestError),
        (413, ExtendInvalidRequestError),
        (422, ExtendInvalidRequestError),
        (429, ExtendRateLimitError),
        (500, ExtendServerError),
        (502, ExtendServerError),
        (504, ExtendServerError),
    ],
)
def test_each_status_is_one_error_with_all_facts_and_a_hint(connect, status, cls):
    error = refusal(connect, httpx.Response(status, json=BODY))

    assert type(error) is cls
    assert error.status_code == status
    assert error.code == "SOME_CODE"
    assert error.request_id == "req_4tWn8sJk2PqL"
    assert error.doc_url == "https://docs.extend.ai/errors"
    assert error.retryable is (status in {408, 429} or status >= 500)
    assert error.hint
    assert "Provide exactly one of file, templateId." in str(error)
    for fact in (f"HTTP {status}", "SOME_CODE", "req_4tWn8sJk2PqL", "https://docs.extend.ai/errors", error.hint):
        assert fact in str(error)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": {**BODY, "message": "Nested."}}, "Nested."),
        ({"success": False, "error": "Legacy text."}, "Legacy text."),
        ({"error": "Too many requests"}, "Too many requests"),
        ({"message": "  "}, None),
        ({"message": 5, "code": 7, "requestId": None, "docUrl": ["x"]}, None),
        ({}, None),
        ([], None),
        (None, None),
        ("text", None),
    ],
)
def test_error_bodies_are_read_liberally(connect, body, said):
    error = refusal(connect, httpx.Response(400, json=body))

    assert isinstance(error, ExtendInvalidRequestError)
    assert (f": {said}" in error.message) is (said is not None)
    if said is None:
        assert error.message == "GET /edit_runs/edr_1 was refused."
        assert (error.code, error.request_id, error.doc_url) == (None, None, None)


@pytest.mark.parametrize(
    "content", [b"", b"<html>502 Bad Gateway</html>", b"\xff\xfe\x00", b"[" * 100_000, b'{"message":']
)
def test_an_error_without_json_is_known_by_its_status(connect, content):
    error = refusal(connect, httpx.Response(502, content=content, headers={"x-extend-request-id": "req_header"}))

    assert isinstance(error, ExtendServerError)
    assert error.request_id == "req_header"
    assert "html" not in str(error)


def test_the_request_id_of_the_body_wins_over_the_header(connect):
    error = refusal(connect, httpx.Response(400, json=BODY, headers={"x-extend-request-id": "req_header"}))

    assert error.request_id == "req_4tWn8sJk2PqL"


@pytest.mark.parametrize("status", [400, 403])
def test_a_missing_workspace_is_suspected_only_where_none_is_set(connect, status):
    assert "workspace_id" in refusal(connect, httpx.Response(status, json=BODY)).hint
    assert "workspace_id" not in refusal(connect, httpx.Response(status, json=BODY), workspace_id="ws_1").hint


def test_a_missing_object_and_a_missing_list_have_different_remedies(connect):
    shell = connect(httpx.Response(404, json=BODY))

    with pytest.raises(ExtendNotFoundError, match="another workspace or environment"):
        shell.get_run("edr_1")
    with pytest.raises(ExtendNotFoundError, match="cannot list edit runs"):
        next(shell.iterate("list_runs"))


# -- nothing secret ----------------------------------------------------------------------------------------------------

CONFIG = {
    "instructions": "ssn: 123-45-6789\nName: Jane Q. Public",
    "schema": {
        "type": "object",
        "properties": {
            "legal_name": {"type": ["string", "null"], "extend_edit:value": "Northwind Trading LLC"},
            "account": {"type": "integer", "extend_edit:value": 4711000815},
            "rows": {"type": "array", "extend_edit:value": [{"child": "Max Mustermann", "age": 7}]},
        },
    },
}


@pytest.mark.parametrize(
    "value", ["Northwind Trading LLC", "4711000815", "Max Mustermann", "123-45-6789", "Jane Q. Public"]
)
def test_form_values_that_the_service_quotes_are_masked(connect, value):
    shell = connect(httpx.Response(400, json={**BODY, "message": f"The value '{value}' does not fit."}))

    with pytest.raises(ExtendInvalidRequestError) as caught:
        shell.create_edit_run(file={"id": "file_1"}, config=CONFIG)

    assert value not in repr(vars(caught.value))
    assert f"The value '{MASK}' does not fit." in caught.value.message


def test_a_presigned_url_that_the_service_quotes_loses_its_signature(connect):
    url = "https://bucket.example/w9.pdf?X-Amz-Signature=c0ffee"
    shell = connect(httpx.Response(422, json={**BODY, "message": f"Cannot load {url}: 403"}))

    with pytest.raises(ExtendInvalidRequestError) as caught:
        shell.create_edit_run(file={"url": url, "settings": {"password": "open sesame"}})

    assert "c0ffee" not in str(caught.value)
    assert "https://bucket.example/w9.pdf" in str(caught.value)


def test_passwords_and_the_key_that_the_service_quotes_are_masked(connect):
    shell = connect(httpx.Response(400, json={**BODY, "message": "'open sesame' is wrong for sk_test_0123456789"}))

    with pytest.raises(ExtendInvalidRequestError) as by_url:
        shell.create_edit_run(file={"url": "https://x.example/a.pdf", "settings": {"password": "open sesame"}})
    with pytest.raises(ExtendInvalidRequestError) as by_upload:
        shell.upload_file(io.BytesIO(b"%PDF"), "w9.pdf", password="open sesame")

    for caught in (by_url, by_upload):
        assert "open sesame" not in str(caught.value)
        assert "sk_test_0123456789" not in str(caught.value)


def test_endless_texts_of_the_service_are_cut(connect):
    body = {**BODY, "message": "x" * 10_000, "code": "C" * 10_000, "requestId": "r" * 10_000}

    error = refusal(connect, httpx.Response(400, json=body))

    assert len(str(error)) < 2_000
    assert len(json.dumps(vars(error))) < 2_500


def test_an_unreadable_record_is_described_without_its_content(connect):
    shell = connect({"object": "edit_run", "status": 5, "output": {"filledValues": {"ssn": "123-45-6789"}}})

    with pytest.raises(ExtendResponseError) as caught:
        shell.get_run("edr_1")

    assert "id, status" in caught.value.message
    assert "123-45-6789" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert caught.value.retryable is False
    assert caught.value.hint


def test_a_broken_list_item_is_described_without_its_content(connect):
    shell = connect({"object": "list", "data": [RUN, {"object": "edit_run", "secret": "123-45-6789"}]})

    with pytest.raises(ExtendResponseError) as caught:
        list(shell.iterate("list_runs"))

    assert "/edit_runs" in caught.value.message
    assert "123-45-6789" not in str(caught.value)


def test_an_answer_about_another_object_is_none(connect):
    """A cache on the way may mix answers up, and somebody else's document is worse than none."""
    shell = connect(httpx.Response(200, json={**RUN, "id": "edr_2"}), retry_for=0.0)

    with pytest.raises(ExtendResponseError, match="edr_1 is about another object") as caught:
        shell.get_run("edr_1")
    with pytest.raises(ExtendResponseError, match="file_1 is about another object"):
        shell.read("file_1")

    assert caught.value.retryable is True
    assert caught.value.hint


def test_answers_that_were_mixed_up_for_a_moment_are_asked_for_again(connect):
    shell = connect(httpx.Response(200, json={**RUN, "id": "edr_2"}), RUN)

    assert shell.get_run("edr_1").id == "edr_1"


def test_of_millions_of_broken_items_one_is_described(connect):
    shell = connect(httpx.Response(200, content=b'{"data": [' + b"1," * 1_000_000 + b"1]}"))
    tracemalloc.start()
    try:
        with pytest.raises(ExtendResponseError) as caught:
            list(shell.iterate("list_runs"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(str(caught.value)) < 1000
    assert peak < 100_000_000


# -- what no database stores -------------------------------------------------------------------------------------------


def test_numbers_and_characters_that_postgresql_refuses_do_not_lose_a_result(connect):
    values = rb'{"a": NaN, "b": -Infinity, "c": 1e999, "d": "x\u0000y", "e": "\ud800", "f": "\ud83d\ude00", "g": 1.5}'
    body = b'{"id": "edr_1", "status": "PROCESSED", "output": {"filledValues": ' + values + b"}}"
    shell = connect(httpx.Response(200, content=body))

    filled = shell.get_run("edr_1").filled_values

    assert filled == {"a": None, "b": None, "c": None, "d": "x\ufffdy", "e": "?", "f": "\U0001f600", "g": 1.5}


def test_letters_may_be_written_as_escapes(connect):
    values = '{"name": "Zoë", "stra\\u00dfe": "B\\u00e4r \\u65e5", "n": 1e999}'.encode()
    body = b'{"id": "edr_1", "status": "PROCESSED", "output": {"filledValues": ' + values + b"}}"
    shell = connect(httpx.Response(200, content=body))

    assert shell.get_run("edr_1").filled_values == {"name": "Zoë", "straße": "Bär 日", "n": None}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "latin-1"])
def test_json_in_another_encoding_is_none(connect, encoding):
    shell = connect(httpx.Response(200, content='{"id": "edr_1", "status": "é"}'.encode(encoding)), retry_for=0.0)

    with pytest.raises(ExtendResponseError, match="not a JSON object"):
        shell.get_run("edr_1")


def test_a_byte_order_mark_does_no_harm(connect):
    shell = connect(httpx.Response(200, content=b"\xef\xbb\xbf" + json.dumps(RUN).encode()))

    assert shell.get_run("edr_1").status == "PROCESSING"


# -- the key comes back ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(400, json={"message": API_KEY, "code": API_KEY, "requestId": API_KEY, "docUrl": API_KEY}),
        httpx.Response(400, headers={"x-extend-request-id": API_KEY}),
        httpx.Response(200, headers={"content-type": API_KEY}, content=b"<html>"),
        httpx.Response(200, json={"id": API_KEY, "status": "PROCESSING"}),
    ],
)
def test_a_service_that_repeats_the_key_does_not_get_it_into_an_error(connect, answer):
    shell = connect(answer, retry_for=0.0)

    with pytest.raises(ExtendError) as caught:
        shell.get_run("edr_1")

    assert API_KEY not in repr(vars(caught.value))


def test_a_service_that_repeats_the_key_does_not_get_it_into_a_result(connect):
    shell = connect(httpx.Response(200, json={**RUN, "file": {"id": "file_1", "name": f"{API_KEY}.pdf"}}))

    assert shell.get_run("edr_1").file.name == f"{MASK}.pdf"


def test_what_the_service_says_stays_in_its_line(connect):
    """Otherwise it could write log lines of its own, or steer a terminal."""
    error = refusal(connect, httpx.Response(400, json={**BODY, "message": "no\r\n\x1b[2J2026-03-04 INFO fine"}))

    assert error.message == "GET /edit_runs/edr_1 was refused: no   [2J2026-03-04 INFO fine"


# -- lists without end -------------------------------------------------------------------------------------------------


def test_a_list_that_runs_in_a_circle_is_an_error(connect):
    pages = {None: "a", "a": "b", "b": "c", "c": "a"}
    shell = connect(lambda request: {"data": [RUN], "nextPageToken": pages[request.url.params.get("nextPageToken")]})

    with pytest.raises(ExtendResponseError, match="a page that was read before") as caught:
        list(shell.iterate("list_runs"))

    assert len(shell.requests) == 4
    assert caught.value.hint


def test_a_list_of_nothing_but_empty_pages_is_an_error(connect):
    shell = connect(lambda _: {"data": [], "nextPageToken": f"token {len(shell.requests)}"})

    with pytest.raises(ExtendResponseError, match="nothing but empty pages"):
        list(shell.iterate("list_files"))

    assert len(shell.requests) == 20


def test_a_few_empty_pages_are_fine(connect):
    def answer(_):
        number = len(shell.requests)
        return {"data": [RUN] if number % 10 == 0 else [], "nextPageToken": f"token {number}" if number < 100 else None}

    shell = connect(answer)

    assert len(list(shell.iterate("list_runs"))) == 10


# -- bounded bodies ----------------------------------------------------------------------------------------------------


class Endless(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that starts like a good answer and does not end."""

    def __init__(self, start=b'{"id": "edr_1", "status": "PROCESSING"}'):
        self.start = start
        self.sent = 0

    def chunks(self):
        yield self.start
        while self.sent < 2**31:
            self.sent += 2**16
            yield b" " * 2**16

    def __iter__(self):
        yield from self.chunks()

    async def __aiter__(self):
        for chunk in self.chunks():
            yield chunk


def test_a_body_without_end_is_given_up_at_the_limit(connect):
    bodies = []

    def endless(_):
        bodies.append(Endless())
        return httpx.Response(200, stream=bodies[-1])

    shell = connect(endless, max_body_bytes=1_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(ExtendResponseError, match="larger than the client reads") as caught:
            shell.get_run("edr_1")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(bodies) == 1, "a gigantic answer must not be fetched again"
    assert bodies[0].sent < 2_000_000
    assert peak < 20_000_000
    assert caught.value.retryable is False


@pytest.mark.parametrize(
    ("call", "remedy"),
    [
        (lambda shell: shell.get_run("wr_1", "workflow"), "fewer pages or steps"),
        (lambda shell: shell.get_run("pr_1", "parse", whole=True), "result_path"),
        (lambda shell: list(shell.iterate("list_runs", "edit")), "smaller pages"),
    ],
)
def test_an_answer_that_is_too_large_is_not_put_down_to_a_proxy(connect, call, remedy):
    shell = connect(lambda _: httpx.Response(200, stream=Endless()), max_body_bytes=1000)

    with pytest.raises(ExtendResponseError, match=r"larger than the client reads\.") as caught:
        call(shell)

    assert remedy in caught.value.hint
    assert "proxy" not in str(caught.value)
    assert caught.value.retryable is False


def test_an_endless_answer_to_a_create_leaves_the_outcome_unknown(connect):
    shell = connect(lambda _: httpx.Response(200, stream=Endless()), max_body_bytes=1000)

    with pytest.raises(ExtendOutcomeUnknownError):
        shell.create_edit_run(template_id="edt_1")


def test_an_endless_error_is_known_by_its_status(connect):
    shell = connect(lambda _: httpx.Response(401, stream=Endless()), max_body_bytes=1000)

    with pytest.raises(ExtendAuthenticationError):
        shell.get_run("edr_1")


def test_a_body_that_cannot_be_decompressed_is_a_lost_answer(connect):
    broken = httpx.Response(200, content=b"not gzip", headers={})
    shell = connect(
        lambda _: httpx.Response(200, stream=httpx.ByteStream(b"not gzip"), headers={"Content-Encoding": "gzip"}),
        broken,
    )

    with pytest.raises(ExtendError) as caught:
        shell.get_run("edr_1", retry_for=0.0)

    assert not isinstance(caught.value, ExtendApiError)
