"""Where the client meets httpx and the network: what is said about failures, and what must not reach a log."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import ssl
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from extend_provider.client import AsyncExtendClient, ClientSettings, ExtendClient
from extend_provider.client.http import direct_transport
from extend_provider.exceptions import ExtendTransportError

RUN = {"object": "edit_run", "id": "edr_1", "status": "PROCESSING"}


# -- log lines ---------------------------------------------------------------------------------------------------------


def test_httpx_logs_nothing_about_our_requests(connect, caplog):
    def answer(request):
        if request.url.host == "api.extend.ai":
            return httpx.Response(
                200,
                json={
                    **RUN,
                    "id": request.url.path.rpartition("/")[2],
                    "presignedUrl": "https://s.example/a?sig=c0ffee",
                },
            )
        if request.url.path == "/a":
            return httpx.Response(307, headers={"Location": "https://s.example/b?sig=c0ffee"})
        return httpx.Response(200, content=b"data")

    shell = connect(answer)

    with caplog.at_level(logging.INFO):
        shell.get_run("edr_1")
        assert shell.read("file_1") == b"data"

    assert caplog.text == ""


def test_httpx_still_logs_the_requests_of_others(connect, caplog):
    def answer(request):
        if request.url.path == "/edit_runs/edr_1":
            # Somebody else's request, while ours is under way in the same context's parent.
            thread = threading.Thread(target=someone_else)
            thread.start()
            thread.join()
        return httpx.Response(200, json=RUN)

    def someone_else():
        with httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(204))) as client:
            client.get("https://other.example/theirs")

    shell = connect(answer)

    with caplog.at_level(logging.INFO, logger="httpx"):
        shell.get_run("edr_1")
        someone_else()

    assert caplog.text.count("https://other.example/theirs") == 2
    assert "edit_runs" not in caplog.text


def test_no_secret_at_any_log_level(connect, caplog):
    refused = httpx.Response(429, json={"message": "Jane Q. Public: not now"})
    shell = connect(httpx.ConnectError("refused"), refused, RUN)

    with caplog.at_level(logging.DEBUG):
        shell.create_edit_run(
            file={"url": "https://s.example/a?sig=c0ffee"}, config={"instructions": "name: Jane Q. Public"}
        )

    assert "try 3 follows" in caplog.text
    for secret in ("sk_test", "Bearer", "c0ffee", "Jane"):
        assert secret not in caplog.text


def test_nothing_that_httpcore_tells_of_our_requests_reaches_a_log(connect_to, caplog):
    """At DEBUG it quotes the headers of each answer: cookies of the API, and where a storage redirects to."""

    def handle(connection):
        path = connection.recv(65536).split()[1].decode()
        if path.startswith("/files/"):
            url = f"http://127.0.0.1:{port}/a?sig=c0ffee"
            head, body = "200 OK\r\nSet-Cookie: session=c0ffee", json.dumps({"id": "file_1", "presignedUrl": url})
        elif path.startswith("/a?"):
            head, body = "307 Temporary Redirect\r\nLocation: /b?sig=c0ffee", ""
        else:
            head, body = "200 OK", "data"
        answer = f"HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        connection.sendall(answer.encode())

    with listening(handle) as port, caplog.at_level(logging.DEBUG):
        place = SimpleNamespace(api_key="sk_test_real", base_url=f"http://127.0.0.1:{port}")
        assert connect_to(place).read("file_1") == b"data"

        ours = [record for record in caplog.records if record.name.startswith(("httpx", "httpcore"))]
        # httpx 0.27 says when a client is made which certificates it trusts, before there is any request.
        told = [record.getMessage() for record in ours if not record.funcName.startswith("load_ssl_context")]
        with httpx.Client() as client:
            client.get(f"http://127.0.0.1:{port}/theirs")

    assert told == []
    assert "receive_response_headers.complete" in caplog.text
    assert "c0ffee" not in caplog.text


# -- descriptions of failures ------------------------------------------------------------------------------------------


@pytest.fixture
def ask(connect_to):
    """Ask a place on the network for a run, once; give the error."""

    class Place:
        api_key = "sk_test_real"

        def __init__(self, base_url):
            self.base_url = base_url

    def run(base_url, **settings):
        shell = connect_to(Place(base_url), retry_for=0.0, **settings)
        with pytest.raises(ExtendTransportError) as caught:
            shell.get_run("edr_1")
        return caught.value

    return run


@contextlib.contextmanager
def listening(handle):
    """A TCP server that treats each connection by ``handle``."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        handle(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.fixture
def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def test_a_refused_connection(ask, closed_port):
    error = ask(f"http://127.0.0.1:{closed_port}")

    assert "Connection refused" in error.message
    assert error.sent is False
    assert error.retryable is True
    assert error.hint


def test_a_name_that_does_not_exist(ask):
    error = ask("http://extend.invalid")

    assert "ConnectError (" in error.message
    assert error.sent is False


def test_a_server_without_tls(ask):
    with listening(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        error = ask(f"https://127.0.0.1:{port}")

    assert error.sent is False
    assert "TLS failed (" in error.message or "ConnectError" in error.message


def test_a_connection_that_is_closed_without_an_answer(ask):
    with listening(lambda connection: connection.recv(65536)) as port:
        error = ask(f"http://127.0.0.1:{port}")

    assert error.sent is True
    assert "RemoteProtocolError" in error.message


def test_a_server_that_never_answers(ask):
    release = threading.Event()

    def hold(connection):
        connection.recv(65536)
        release.wait(10)

    with listening(hold) as port:
        error = ask(f"http://127.0.0.1:{port}", read_timeout=0.05)
        release.set()

    assert error.sent is True
    assert "did not come in time" in error.message


def test_an_answer_that_breaks_off(ask):
    def half(connection):
        connection.recv(65536)
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"id": "edr_1"')

    with listening(half) as port:
        error = ask(f"http://127.0.0.1:{port}")

    assert error.sent is True


def test_a_proxy_that_refuses(ask):
    def refuse(connection):
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")

    with listening(refuse) as port:
        error = ask("https://api.extend.invalid", proxy=f"http://user:pr0xypass@127.0.0.1:{port}")

    assert error.sent is False
    assert "pr0xypass" not in str(error)


def test_the_system_error_of_somebody_else_is_not_blamed(connect):
    """Python links an exception to whatever the caller was handling at the time."""
    shell = connect(httpx.RemoteProtocolError("Server disconnected"), retry_for=0.0)

    try:
        Path("/the/file/of/the/caller").read_bytes()
    except FileNotFoundError:
        with pytest.raises(ExtendTransportError) as caught:
            shell.get_run("edr_1")

    assert "No such file" not in str(caught.value)


@pytest.mark.parametrize(
    ("cause", "text"),
    [
        (ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"), "TLS failed ("),
        (ConnectionResetError(104, "Connection reset by peer"), "ConnectError (Connection reset by peer)"),
        (OSError("All connection attempts failed"), "ConnectError."),
        (None, "ConnectError."),
    ],
)
def test_the_cause_below_httpx_is_named(connect, cause, text):
    error = httpx.ConnectError("text with https://user:s3cret@proxy")
    error.__cause__ = cause
    shell = connect(error, retry_for=0.0)

    with pytest.raises(ExtendTransportError) as caught:
        shell.get_run("edr_1")

    assert text in caught.value.message
    assert "s3cret" not in str(caught.value)


# -- the httpx client --------------------------------------------------------------------------------------------------


def test_all_clients_share_one_tls_context():
    settings = ClientSettings(api_key="sk_test")
    with ExtendClient(settings) as first, ExtendClient(ClientSettings(api_key="sk_other")) as second:
        third = AsyncExtendClient(settings)
        contexts = {id(client._http._transport._pool._ssl_context) for client in (first, second, third)}

    assert len(contexts) == 1


def test_certificates_are_checked_unless_told_otherwise():
    with ExtendClient(ClientSettings(api_key="sk_test")) as strict:
        assert strict._http._transport._pool._ssl_context.verify_mode is ssl.CERT_REQUIRED
    with ExtendClient(ClientSettings(api_key="sk_test", verify=False)) as lax:
        assert lax._http._transport._pool._ssl_context.verify_mode is ssl.CERT_NONE


def test_the_key_does_not_show_in_requests(connect):
    shell = connect(RUN)
    shell.get_run("edr_1")

    assert "sk_test" not in repr(shell.requests[0])
    assert "sk_test" not in repr(shell.requests[0].headers)
    assert "sk_test" not in repr(shell.settings)
    assert "sk_test" not in repr(vars(shell._client))


def test_proxy_of_the_environment_is_left_to_httpx(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = ClientSettings(api_key="k")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.net:3128")
    assert direct_transport(settings, 4) is None

    monkeypatch.delenv("HTTPS_PROXY")
    assert direct_transport(settings, 4) is not None

    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.net:3128")
    assert direct_transport(replace(settings, proxy="http://own.example.net:3128"), 4) is not None


def test_an_exception_from_proxies_is_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    assert direct_transport(ClientSettings(api_key="k"), 4) is not None


def test_without_tls_no_certificates_are_read_for_the_api() -> None:
    plain = direct_transport(ClientSettings(api_key="k", base_url="http://127.0.0.1:1"), 4)
    safe = direct_transport(ClientSettings(api_key="k"), 4)

    assert plain is not None
    assert safe is not None
    # Should TLS come into play all the same, nobody is trusted.
    context = plain._pool._ssl_context
    assert context is not None
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.cert_store_stats()["x509_ca"] == 0
    assert safe._pool._ssl_context.cert_store_stats()["x509_ca"] > 0


async def test_a_download_checks_certificates_even_if_the_api_is_plain() -> None:
    """A gateway may take the API calls without TLS; the files are elsewhere."""
    async with AsyncExtendClient(ClientSettings(api_key="k", base_url="http://127.0.0.1:1")) as client:
        assert client._http._transport._pool._ssl_context.cert_store_stats()["x509_ca"] > 0


async def test_both_ways_to_the_api_send_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Past an httpx client, and through one, as behind a proxy of the environment."""
    seen = []

    async def answer(_: object, request: httpx.Request) -> httpx.Response:
        seen.append((request.method, request.url, dict(request.headers), request.extensions["timeout"]))
        return httpx.Response(200, json=RUN)

    monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", answer)
    settings = ClientSettings(api_key="k", base_url="https://gateway.example.net/extend", workspace_id="ws_1")
    for proxy in ("", "http://proxy.example.net:3128"):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        async with AsyncExtendClient(settings) as client:
            assert (await client.get_run("edr_1")).id == "edr_1"

    (_, direct_url, direct_headers, direct_timeouts), (_, url, headers, timeouts) = seen
    assert direct_url == url == "https://gateway.example.net/extend/edit_runs/edr_1"
    assert {name: headers[name] for name in headers if name != "connection"} == direct_headers
    assert timeouts == direct_timeouts
