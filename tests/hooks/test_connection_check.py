from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from extend_provider.client import settings as client_settings
from extend_provider.hooks.extend import ExtendHook

if TYPE_CHECKING:
    from extend_provider.local import LocalService


def set_connection(monkeypatch: pytest.MonkeyPatch, **fields: object) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_EXTEND_DEFAULT", json.dumps({"conn_type": "extend", **fields}))


def test_success_names_host_and_workspace(extend_local: LocalService) -> None:
    assert ExtendHook().test_connection() == (True, f"Connected to {extend_local.base_url}, the key's workspace.")
    assert [(r.method, r.path, dict(r.query)) for r in extend_local.requests] == [
        ("GET", "/files", {"maxPageSize": "1"})
    ]


def test_wrong_key_of_an_own_deployment(extend_local: LocalService, monkeypatch: pytest.MonkeyPatch) -> None:
    set_connection(monkeypatch, host=extend_local.base_url, password="sk_wrong")

    ok, message = ExtendHook().test_connection()

    assert not ok
    assert f"{extend_local.base_url} does not accept the API key. Check the key" in message
    assert "sk_wrong" not in message


@pytest.mark.extend_local(api_key="sk_of_eu1")
def test_right_key_in_the_wrong_region(extend_local: LocalService, monkeypatch: pytest.MonkeyPatch) -> None:
    from extend_provider.local import LocalService

    with LocalService(api_key="sk_of_us") as us:
        monkeypatch.setitem(client_settings.REGIONS, "us", us.base_url)
        monkeypatch.setitem(client_settings.REGIONS, "us2", "http://127.0.0.1:9")
        monkeypatch.setitem(client_settings.REGIONS, "eu1", extend_local.base_url)
        set_connection(monkeypatch, password="sk_of_eu1")

        ok, message = ExtendHook().test_connection()
        assert not ok
        assert message == f"{us.base_url} does not accept the API key. It belongs to region eu1: choose that region."

        set_connection(monkeypatch, password="sk_of_nobody")
        ok, message = ExtendHook().test_connection()
        assert not ok
        assert "No other region accepts it either" in message


def test_key_is_not_shown_to_other_regions_when_the_host_is_the_users_own(
    extend_local: LocalService, monkeypatch: pytest.MonkeyPatch
) -> None:
    from extend_provider.local import LocalService

    with LocalService(api_key="sk_other") as other:
        monkeypatch.setitem(client_settings.REGIONS, "us", other.base_url)
        set_connection(monkeypatch, host=extend_local.base_url, password="sk_wrong")
        ExtendHook().test_connection()
        assert other.requests == []


@pytest.mark.extend_local(workspace_id="ws_1")
def test_missing_and_wrong_workspace_id(extend_local: LocalService, monkeypatch: pytest.MonkeyPatch) -> None:
    key = {"host": extend_local.base_url, "password": extend_local.api_key}

    set_connection(monkeypatch, **key)
    ok, message = ExtendHook().test_connection()
    assert not ok
    assert "needs workspace_id" in message

    set_connection(monkeypatch, **key, extra={"workspace_id": "ws_2"})
    ok, message = ExtendHook().test_connection()
    assert not ok
    assert "may not use workspace ws_2" in message

    set_connection(monkeypatch, **key, extra={"workspace_id": "ws_1"})
    assert ExtendHook().test_connection() == (True, f"Connected to {extend_local.base_url}, workspace ws_1.")


def test_unreachable_host(monkeypatch: pytest.MonkeyPatch) -> None:
    set_connection(monkeypatch, host="http://127.0.0.1:9", password="sk_x")

    ok, message = ExtendHook().test_connection()

    assert not ok
    assert "http://127.0.0.1:9 cannot be reached" in message
    assert "Connection refused" in message


def test_something_else_than_extend(extend_local: LocalService) -> None:
    extend_local.inject("not_json", times=None)

    ok, message = ExtendHook().test_connection()

    assert not ok
    assert "not a JSON object" in message


def test_connection_that_cannot_work(monkeypatch: pytest.MonkeyPatch) -> None:
    set_connection(monkeypatch, password="")
    ok, message = ExtendHook().test_connection()
    assert not ok
    assert "has no API key" in message
