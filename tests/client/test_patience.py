"""An answer has a limit as a whole, however it drips; a file may take its time, as long as it keeps coming."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import io
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from extend_provider.client import AsyncExtendClient, ClientSettings, ExtendClient
from extend_provider.exceptions import ExtendOutcomeUnknownError, ExtendTransportError
from tests.hostile.tcp import drip, listening, request_of

OK = b"HTTP/1.1 200 OK\r\n"
# What is allowed to an answer here; a silence may be much longer.
WHOLE, SILENCE = 0.3, 20.0
FILE = bytes(range(256)) * 2048


def settings(port: int, **changes: Any) -> ClientSettings:
    return ClientSettings(
        **{
            "api_key": "sk_test_0123456789",
            "base_url": f"http://127.0.0.1:{port}",
            "read_timeout": SILENCE,
            "answer_timeout": WHOLE,
            "retry_for": 0.0,
            **changes,
        }
    )


def blocking(call: Callable[[Any], Any], chosen: ClientSettings) -> Any:
    with ExtendClient(chosen) as client:
        client._sleep = lambda _: None
        result = call(client)
        return b"".join(result) if isinstance(result, Iterator) else result


def asynchronous(call: Callable[[Any], Any], chosen: ClientSettings) -> Any:
    async def nap(_: float) -> None:
        await asyncio.sleep(0)

    async def main() -> Any:
        async with AsyncExtendClient(chosen) as client:
            client._sleep = nap
            result = call(client)
            return b"".join([chunk async for chunk in result]) if hasattr(result, "__aiter__") else await result

    return asyncio.run(main())


both_shells = pytest.mark.parametrize("shell", [blocking, asynchronous])


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < seconds


def headers_that_drip(connection: socket.socket, ending: threading.Event) -> None:
    request_of(connection)
    connection.sendall(OK + b"x-padding: ")
    drip(connection, ending)


def status_line_that_drips(connection: socket.socket, ending: threading.Event) -> None:
    request_of(connection)
    drip(connection, ending, b"H")


def interim_answers(connection: socket.socket, ending: threading.Event) -> None:
    request_of(connection)
    drip(connection, ending, b"HTTP/1.1 100 Continue\r\n\r\n")


def flood_of_interim_answers(connection: socket.socket, ending: threading.Event) -> None:
    request_of(connection)
    drip(connection, ending, b"HTTP/1.1 102 Processing\r\n\r\n" * 50, every=0)


def body_that_drips(connection: socket.socket, ending: threading.Event) -> None:
    request_of(connection)
    connection.sendall(OK + b"Content-Length: 100000\r\n\r\n")
    drip(connection, ending, b" ")


def chunks_that_drip(connection: socket.socket, ending: threading.Event) -> None:
    request_of(connection)
    connection.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\n")
    drip(connection, ending, b"1\r\n \r\n")


def gzip_that_says_nothing(connection: socket.socket, ending: threading.Event) -> None:
    """Empty members, of which none has a byte of content."""
    request_of(connection)
    connection.sendall(OK + b"Content-Encoding: gzip\r\nContent-Length: 1000000\r\n\r\n")
    drip(connection, ending, gzip.compress(b""))


DRIPPING = [
    headers_that_drip,
    status_line_that_drips,
    interim_answers,
    flood_of_interim_answers,
    body_that_drips,
    chunks_that_drip,
    gzip_that_says_nothing,
]


@both_shells
@pytest.mark.parametrize("handle", DRIPPING)
def test_a_dripping_answer_ends_with_its_time(shell, handle):
    with (
        listening(handle) as port,
        at_most(5),
        pytest.raises(ExtendTransportError, match="did not come in time") as caught,
    ):
        shell(lambda client: client.get_run("edr_1"), settings(port))

    assert caught.value.sent is True
    assert caught.value.retryable is True


@both_shells
def test_a_dripping_answer_to_a_create_leaves_the_outcome_unknown(shell):
    with listening(body_that_drips) as port, at_most(5), pytest.raises(ExtendOutcomeUnknownError):
        shell(lambda client: client.create_edit_run(template_id="edt_1"), settings(port))


@both_shells
def test_by_default_an_answer_may_take_twice_the_longest_silence(shell):
    with listening(body_that_drips) as port, at_most(5), pytest.raises(ExtendTransportError):
        shell(lambda client: client.get_run("edr_1"), settings(port, answer_timeout=None, read_timeout=0.2))

    assert ClientSettings(api_key="k").whole_answer_timeout == 120.0


@both_shells
def test_each_answer_on_a_connection_has_its_own_time(shell):
    def handle(connection: socket.socket, ending: threading.Event) -> None:
        while request_of(connection):
            ending.wait(WHOLE / 3)
            body = b'{"id": "edr_1", "status": "PROCESSING"}'
            connection.sendall(OK + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def five_looks(client: Any) -> Any:
        if isinstance(client, ExtendClient):
            return [client.get_run("edr_1").id for _ in range(5)]

        async def looks() -> list[str]:
            return [(await client.get_run("edr_1")).id for _ in range(5)]

        return looks()

    with listening(handle) as port:
        assert shell(five_looks, settings(port)) == ["edr_1"] * 5


# -- files may take longer ---------------------------------------------------------------------------------------------


@both_shells
def test_an_upload_may_take_longer_as_long_as_it_goes_out(shell):
    size, whole = 40 * 1024 * 1024, 0.9
    seconds: list[float] = []

    def slowly(connection: socket.socket, ending: threading.Event) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        began, received, naps, end = time.monotonic(), len(request_of(connection)), 0, b""
        while not end.endswith(b"--\r\n"):
            chunk = connection.recv(65536)
            received, end = received + len(chunk), (end + chunk)[-4:]
            # Slow in the first half only: what is on its way at the end is out, as far as the client knows.
            if received < size / 2 and received > naps * size / 60:
                naps += 1
                ending.wait(whole / 20)
        seconds.append(time.monotonic() - began)
        body = b'{"id": "file_1"}'
        connection.sendall(OK + b"Content-Length: %d\r\n\r\n" % len(body) + body)

    with listening(slowly) as port:
        stored = shell(
            lambda client: client.upload_file(io.BytesIO(bytes(size)), "w9.pdf"), settings(port, answer_timeout=whole)
        )

    assert stored.id == "file_1"
    assert seconds[0] > whole, "the test does not take long enough"


def storage(content: Callable[[socket.socket, threading.Event], None]) -> Any:
    """Extend and its storage: the content is given by a function."""

    def handle(connection: socket.socket, ending: threading.Event) -> None:
        request = request_of(connection)
        if b"/files/" in request:
            host = request.partition(b"Host: ")[2].partition(b"\r\n")[0].decode()
            body = json.dumps({"id": "file_1", "presignedUrl": f"http://{host}/content?sig=c0ffee"}).encode()
            connection.sendall(OK + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        else:
            content(connection, ending)

    return listening(handle)


@both_shells
def test_a_download_may_take_longer_as_long_as_it_comes(shell):
    def steadily(connection: socket.socket, ending: threading.Event) -> None:
        connection.sendall(OK + b"Content-Length: %d\r\n\r\n" % len(FILE))
        for start in range(0, len(FILE), 65536):
            ending.wait(WHOLE / 4)
            connection.sendall(FILE[start : start + 65536])

    with storage(steadily) as port:
        assert shell(lambda client: client.iter_file("file_1"), settings(port)) == FILE


@both_shells
def test_a_download_that_drips_is_given_up(shell):
    def dripping(connection: socket.socket, ending: threading.Event) -> None:
        connection.sendall(OK + b"Content-Length: %d\r\n\r\n" % len(FILE))
        drip(connection, ending)

    with storage(dripping) as port, at_most(20), pytest.raises(ExtendTransportError, match="broke off") as caught:
        shell(lambda client: client.iter_file("file_1"), settings(port, answer_timeout=0.25))

    assert "c0ffee" not in str(caught.value)
