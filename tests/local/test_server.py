"""Where the local service listens, and how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
import warnings

import httpx
import pytest

from extend_provider.local import LocalService
from extend_provider.local import __main__ as command_line
from extend_provider.local.server import Server
from extend_provider.local.service import Service
from extend_provider.local.settings import Settings


def test_it_listens_on_loopback_only(local):
    port = httpx.URL(local.base_url).port

    assert local.base_url.startswith("http://127.0.0.1:")
    assert httpx.get(local.base_url).status_code == 401
    # Another address of the same machine, which a service that listens everywhere would answer on.
    with pytest.raises(OSError), socket.create_connection(("127.0.0.2", port), timeout=5):  # noqa: PT011
        pass


def test_loopback_is_the_default_of_every_door():
    assert Settings().host == "127.0.0.1"
    assert command_line._read_settings([]).host == "127.0.0.1"
    assert Settings().allow_private_urls is False
    assert command_line._read_settings([]).allow_private_urls is False


def connect(base_url):
    url = httpx.URL(base_url)
    return socket.create_connection((url.host, url.port), timeout=5)


@contextlib.contextmanager
def nothing_left_open():
    """Python tells of a connection that nobody has closed when it collects it."""
    gc.collect()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ResourceWarning)
        yield
        gc.collect()
    assert [str(warning.message) for warning in caught] == []


@pytest.mark.parametrize("turns", range(10))
def test_a_connection_that_comes_while_it_ends_is_closed(turns):
    """Whatever turn of its loop the service has reached by then."""

    def connect_after(turns):
        if turns:
            asyncio.get_running_loop().call_soon(connect_after, turns - 1)
            return
        with contextlib.suppress(ConnectionRefusedError):
            clients.append(connect(servers[0].base_url))

    def end():
        servers[0].stop()
        connect_after(turns)

    def on_ready():
        asyncio.get_running_loop().call_later(0.05, end)

    service, clients, servers = Service(Settings()), [], []
    with nothing_left_open():
        servers.append(Server(service, on_ready))
        servers[0].run()
        servers.clear()
    for client in clients:
        client.close()
    service.close()


def test_a_client_that_has_stopped_reading_is_cut_off():
    with nothing_left_open():
        with LocalService() as service:
            file_id = service.add_file("large.pdf", bytes(30_000_000))
            headers = {"Authorization": f"Bearer {service.api_key}", "x-extend-api-version": "2026-02-09"}
            answer = httpx.get(f"{service.base_url}/files/{file_id}", headers=headers).json()
            client = connect(service.base_url)
            client.sendall(
                f"GET {httpx.URL(answer['presignedUrl']).raw_path.decode()} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
            )
            assert client.recv(12) == b"HTTP/1.1 200"
        del service
        client.close()
