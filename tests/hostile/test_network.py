"""What can only be said below HTTP's libraries: malformed, gigantic and misleading bytes on a real connection."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import socket
import ssl
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from extend_provider.client import AsyncExtendClient, ClientSettings, ExtendClient
from extend_provider.exceptions import (
    ExtendApiError,
    ExtendError,
    ExtendFileError,
    ExtendResponseError,
    ExtendServerError,
    ExtendTransportError,
)
from extend_provider.hooks.connection_check import try_connection
from tests.hostile.answers import KEY
from tests.hostile.judging import judge_error
from tests.hostile.tcp import Handle, listening, request_of

RUN = b'{"id": "edr_1", "status": "PROCESSING"}'
OK = b"HTTP/1.1 200 OK\r\n"


def settings(port: int, **changes: Any) -> ClientSettings:
    base = {"api_key": KEY, "base_url": f"http://127.0.0.1:{port}", "retry_for": 0.0, "read_timeout": 5.0}
    return ClientSettings(**{**base, "answer_timeout": 5.0, **changes})


def blocking(call: Callable[[Any], Any], chosen: ClientSettings) -> Any:
    with ExtendClient(chosen) as client:
        client._sleep = lambda _: None
        result = call(client)
        return sum(map(len, result)) if isinstance(result, Iterator) else result


def asynchronous(call: Callable[[Any], Any], chosen: ClientSettings) -> Any:
    async def nap(_: float) -> None:
        await asyncio.sleep(0)

    async def main() -> Any:
        async with AsyncExtendClient(chosen) as client:
            client._sleep = nap
            result = call(client)
            return sum([len(chunk) async for chunk in result]) if hasattr(result, "__aiter__") else await result

    return asyncio.run(main())


both_shells = pytest.mark.parametrize("shell", [blocking, asynchronous])


def get_run(client: Any) -> Any:
    return client.get_run("edr_1")


def saying(answer: bytes) -> Handle:
    def handle(connection: socket.socket, ending: threading.Event) -> None:
        request_of(connection)
        connection.sendall(answer)

    return handle


MALFORMED = {
    "nothing": b"",
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "HTTP/0.9": RUN,
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20,
    "status of letters": b"HTTP/1.1 abc OK\r\n\r\n" + RUN,
    "status of two digits": b"HTTP/1.1 20 OK\r\n\r\n" + RUN,
    "status of nine digits": b"HTTP/1.1 200000000 OK\r\n\r\n" + RUN,
    "status 0": b"HTTP/1.1 000 OK\r\n\r\n" + RUN,
    "header without colon": OK + b"nonsense\r\n\r\n" + RUN,
    "header with NUL": OK + b"a: \x00\r\n\r\n" + RUN,
    "header name with blank": OK + b"a b: c\r\n\r\n" + RUN,
    "folded header": OK + b"a: b\r\n c\r\nContent-Length: 39\r\n\r\n" + RUN,
    "header beyond ASCII": OK + b"x-extend-request-id: \xff\xfe\xc3\xa9\r\nContent-Length: 39\r\n\r\n" + RUN,
    "gigantic header": OK + b"a: " + b"x" * 1_000_000 + b"\r\n\r\n" + RUN,
    "headers without number": OK + b"a: b\r\n" * 200_000 + b"\r\n" + RUN,
    "negative length": OK + b"Content-Length: -5\r\n\r\n" + RUN,
    "two lengths": OK + b"Content-Length: 5\r\nContent-Length: 39\r\n\r\n" + RUN,
    "length of text": OK + b"Content-Length: many\r\n\r\n" + RUN,
    "gigantic length": OK + b"Content-Length: 99999999999999999999\r\n\r\n" + RUN,
    "length too long": OK + b"Content-Length: 500\r\n\r\n" + RUN,
    "length too short": OK + b"Content-Length: 5\r\n\r\n" + RUN,
    "bad chunk size": OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "gigantic chunk": OK + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nabc",
    "long chunk size": OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"0" * 1_000_000,
    "cut chunks": OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
    "endless trailers": OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"a: b\r\n" * 200_000,
    "unknown transfer encoding": OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "switching protocols": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n" + RUN,
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "not modified": b"HTTP/1.1 304 Not Modified\r\n\r\n",
    "two answers": (OK + b"Content-Length: 39\r\n\r\n" + RUN) * 2,
    "redirect without target": b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",
    "redirect to nonsense": b"HTTP/1.1 302 Found\r\nLocation: http://[\xff\r\nContent-Length: 0\r\n\r\n",
}


@both_shells
@pytest.mark.parametrize("answer", MALFORMED)
def test_malformed_answers(shell: Any, answer: str) -> None:
    with listening(saying(MALFORMED[answer])) as port:
        try:
            run = shell(get_run, settings(port))
        except ExtendError as error:
            judge_error(error)
        else:
            assert (run.id, run.status) == ("edr_1", "PROCESSING")


def test_malformed_answers_to_the_connection_check() -> None:
    for answer in MALFORMED.values():
        with listening(saying(answer)) as port:
            ok, message = try_connection(lambda port=port: settings(port))  # type: ignore[misc]
        assert not ok
        assert message
        assert KEY not in message


# -- where the key goes ------------------------------------------------------------------------------------------------


@both_shells
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_the_key_does_not_follow_a_redirect(shell: Any, status: int) -> None:
    elsewhere: list[bytes] = []

    def note(connection: socket.socket, ending: threading.Event) -> None:
        elsewhere.append(request_of(connection))

    with listening(note) as other:
        location = b"HTTP/1.1 %d Moved\r\nLocation: http://127.0.0.1:%d/a\r\nContent-Length: 0\r\n\r\n" % (
            status,
            other,
        )
        with listening(saying(location)) as port, pytest.raises(ExtendApiError, match="redirect is not followed"):
            shell(get_run, settings(port))

    assert elsewhere == []


@both_shells
def test_the_key_does_not_follow_a_presigned_url(shell: Any) -> None:
    requests: dict[str, list[bytes]] = {"api": [], "storage": [], "edge": []}

    def giving(name: str, answer: Callable[[], bytes]) -> Handle:
        def handle(connection: socket.socket, ending: threading.Event) -> None:
            requests[name].append(request_of(connection))
            connection.sendall(answer())

        return handle

    with (
        listening(giving("edge", lambda: OK + b"Set-Cookie: a=b\r\nContent-Length: 4\r\n\r\n%PDF")) as edge,
        listening(
            giving("storage", lambda: b"HTTP/1.1 307 T\r\nLocation: http://127.0.0.1:%d/b\r\n\r\n" % edge)
        ) as storage,
        listening(giving("api", lambda: file_answer(f"http://127.0.0.1:{storage}/a?sig=1"))) as api,
    ):
        assert shell(lambda client: client.iter_file("file_1"), settings(api, workspace_id="ws_1")) == 4

    assert [len(seen) for seen in requests.values()] == [1, 1, 1]
    assert KEY.encode() in requests["api"][0]
    for request in requests["storage"] + requests["edge"]:
        assert KEY.encode() not in request
        assert b"authorization" not in request.lower()
        assert b"x-extend" not in request.lower()


def file_answer(url: str, name: str = "w9.pdf") -> bytes:
    body = json.dumps({"id": "file_1", "name": name, "presignedUrl": url}).encode()
    return OK + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body


@both_shells
@pytest.mark.parametrize("host", ["a..b", "a" * 70 + ".test", "\u00e4" * 70, "xn--\u00e4", ".", "[fe80::1%25x]"])
def test_hosts_that_cannot_be_looked_up(shell: Any, host: str) -> None:
    """Name resolution raises errors of its own for them."""
    with listening(saying(file_answer(f"http://{host}/a?sig=c0ffee"))) as port:
        with pytest.raises(ExtendError) as caught:
            shell(lambda client: client.iter_file("file_1"), settings(port))
        judge_error(caught.value, {"c0ffee", KEY})


# -- TLS ---------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(timezone.utc)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(1), now + timedelta(1))
    pem = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(pem + private)
    return path


@both_shells
@pytest.mark.parametrize("where", ["before the answer", "within the answer"])
def test_garbage_within_tls(shell: Any, certificate: Path, where: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def handle(connection: Any, ending: threading.Event) -> None:
        request_of(connection)
        if where == "within the answer":
            connection.sendall(OK + b"Content-Length: 500\r\n\r\n{")
        with socket.socket(fileno=connection.detach()) as plain:
            plain.sendall(b"\x17\x03\x03\x00\x40" + b"garbage!" * 8)
            ending.wait(1)

    with listening(handle, context) as port:
        with pytest.raises(ExtendTransportError) as caught:
            shell(get_run, settings(port, base_url=f"https://127.0.0.1:{port}", verify=False))
        judge_error(caught.value)


@both_shells
def test_a_certificate_that_nobody_vouches_for(shell: Any, certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    with listening(saying(OK + b"\r\n"), context) as port:
        with pytest.raises(ExtendTransportError, match="TLS failed") as caught:
            shell(get_run, settings(port, base_url=f"https://127.0.0.1:{port}"))
        assert caught.value.sent is False


# -- size --------------------------------------------------------------------------------------------------------------


def endless(head: bytes, piece: bytes) -> Handle:
    def handle(connection: socket.socket, ending: threading.Event) -> None:
        request_of(connection)
        connection.sendall(head)
        while not ending.is_set():
            connection.sendall(piece)

    return handle


@contextlib.contextmanager
def little_memory() -> Iterator[None]:
    """Four times of what an answer may take here is enough for everybody, the server in this process included."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < 16_000_000
    finally:
        tracemalloc.stop()


def zeros(layers: int) -> bytes:
    """64 MiB of zeros, gzipped."""
    packed = gzip.compress(bytes(1 << 26), 1)
    for _ in range(layers - 1):
        packed = gzip.compress(packed)
    return packed


PACKED = b"Content-Encoding: %s\r\nTransfer-Encoding: chunked\r\n\r\n"
GIGANTIC: dict[str, tuple[Callable[[], Handle], type[ExtendError]]] = {
    "endless body": (lambda: endless(OK + b"\r\n", b" " * 65536), ExtendResponseError),
    "endless chunks": (
        lambda: endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\n" + b" " * 65536 + b"\r\n"),
        ExtendResponseError,
    ),
    "bomb": (lambda: saying(OK + b"Content-Encoding: gzip\r\n\r\n" + zeros(1)), ExtendResponseError),
    "bomb in a bomb": (
        lambda: saying(OK + b"Content-Encoding: gzip, gzip\r\n\r\n" + zeros(2)),
        ExtendTransportError,
    ),
    "endless empty members": (
        lambda: endless(OK + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(b"") * 1000),
        ExtendResponseError,
    ),
    "endless error": (lambda: endless(b"HTTP/1.1 500 E\r\n\r\n", b"x" * 65536), ExtendServerError),
}


@both_shells
@pytest.mark.parametrize("kind", GIGANTIC)
def test_gigantic_answers_take_little_memory(shell: Any, kind: str) -> None:
    make, cls = GIGANTIC[kind]
    handle = make()

    with little_memory(), listening(handle) as port, pytest.raises(cls) as caught:
        # Size is to end it, also where others use the processor: tracemalloc makes it slow.
        shell(get_run, settings(port, max_body_bytes=4_000_000, answer_timeout=60.0))

    judge_error(caught.value)


def storage_saying(port_of: Callable[[], int], content: Handle) -> Handle:
    def handle(connection: socket.socket, ending: threading.Event) -> None:
        first = connection.recv(65536, socket.MSG_PEEK)
        if b"/files/" in first:
            request_of(connection)
            connection.sendall(file_answer(f"http://127.0.0.1:{port_of()}/content?sig=c0ffee", "../../../etc/passwd"))
        else:
            content(connection, ending)

    return handle


@both_shells
@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (OK + b"\r\n", b"x" * 65536),
        (OK + b"Content-Encoding: gzip\r\n\r\n", gzip.compress(bytes(1 << 20))),
    ],
    ids=["plain", "gzip"],
)
def test_a_file_without_end_is_given_up(shell: Any, head: bytes, piece: bytes) -> None:
    ports: list[int] = []
    with little_memory(), listening(storage_saying(lambda: ports[0], endless(head, piece))) as port:
        ports.append(port)
        with pytest.raises(ExtendFileError, match="larger than 50000000 bytes") as caught:
            shell(lambda client: client.iter_file("file_1"), settings(port, max_file_bytes=50_000_000))

    judge_error(caught.value, {"c0ffee", KEY})


@both_shells
def test_the_body_of_a_redirect_is_not_read(shell: Any) -> None:
    ports: list[int] = []
    head = b"HTTP/1.1 302 Found\r\nLocation: /again\r\n\r\n"
    with listening(storage_saying(lambda: ports[0], endless(head, b"x" * 65536))) as port:
        ports.append(port)
        with pytest.raises(ExtendTransportError, match="redirects again and again"):
            shell(lambda client: client.iter_file("file_1"), settings(port))
