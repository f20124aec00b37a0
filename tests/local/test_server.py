"""Where the local service listens."""

from __future__ import annotations

import socket

import httpx
import pytest

from extend_provider.local import __main__ as command_line
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
