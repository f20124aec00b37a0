"""Who may edit a connection can decide where Extend is, and nothing else: no code, no file but the CA bundle."""

from __future__ import annotations

import builtins
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from extend_provider.client import ExtendClient
from extend_provider.exceptions import ExtendError
from extend_provider.hooks.connection import EXTRAS, settings_from_connection
from tests.airflow_names import Connection

CODE = ["os.system", "antigravity", "this:d", "__import__('this')", "!!python/object/apply:os.system [id]", "{{ 1 }}"]
FILES = ["file:///etc/passwd", "/etc/passwd", "../../etc/passwd", "@/etc/passwd", "~/.netrc"]
STRANGE: list[Any] = [*CODE, *FILES, "\x00", "x" * 100_000, 1e308, -1, True, [], {}, ["a"], {"a": 1}, "9" * 5000]


def settings_of(extras: dict[str, Any]) -> Any:
    made = Connection(conn_id="extend_x", conn_type="extend", password="sk_test_0123456789", extra=json.dumps(extras))
    return settings_from_connection(made)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were opened by Python's own doors."""
    paths: list[str] = []
    for module, name in ((builtins, "open"), (io, "open"), (os, "open")):
        real = getattr(module, name)

        def noting(path: Any, *args: Any, real: Any = real, **kwargs: Any) -> Any:
            paths.append(str(path))
            return real(path, *args, **kwargs)

        monkeypatch.setattr(module, name, noting)
    return paths


@pytest.mark.parametrize("name", [*EXTRAS, "transport", "auth", "cert", "event_hooks", "__class__", "api_key", "hook"])
def test_extras_run_no_code_and_open_no_file(name: str, opened: list[str]) -> None:
    settings_of({})
    modules, said = set(sys.modules), []
    opened.clear()

    for value in STRANGE:
        try:
            with ExtendClient(settings_of({name: value})) as client:
                assert client.settings.api_key == "sk_test_0123456789"
        except ExtendError as error:
            said.append(str(error))

    assert opened == []
    # A file that is no CA bundle is named, but nothing in it is shown.
    assert "root:" not in "".join(said)
    assert set(sys.modules) - modules <= {"encodings.idna", "stringprep"}


@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "no path"])
def test_ca_bundle_is_an_ordinary_file(kind: str, tmp_path: Path) -> None:
    """A pipe or a device could be read for ever."""
    os.mkfifo(tmp_path / "pipe")
    path = {"pipe": str(tmp_path / "pipe"), "device": "/dev/zero", "folder": str(tmp_path), "no path": "\x00"}[kind]

    with pytest.raises(ExtendError, match="CA bundle"):
        ExtendClient(settings_of({"verify": path}))


def test_extra_that_is_nested_without_measure() -> None:
    class Stored:
        conn_id, password, host, port, schema = "extend_x", "sk_test", None, None, None
        extra = '{"a":' * 100_000

    with pytest.raises(ExtendError, match="not a JSON object"):
        settings_from_connection(Stored())  # type: ignore[arg-type]


@pytest.mark.parametrize("timeout", [1e300, "1e12", 10**400, "1e400"])
def test_timeout_that_no_system_knows(timeout: Any) -> None:
    with pytest.raises(ExtendError, match="at most a million"):
        settings_of({"timeout": timeout})


@pytest.mark.parametrize("proxy", ["socks5://user:s3cret@proxy.test:1080", "socks5h://proxy.test"])
def test_socks_proxy_without_its_package(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("extend_provider.client.http.find_spec", lambda _: None)

    with pytest.raises(ExtendError, match="socksio is missing") as caught:
        ExtendClient(settings_of({"proxy": proxy}))

    assert "s3cret" not in str(caught.value)
