from __future__ import annotations

import json
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from extend_provider.client import settings as client_settings
from extend_provider.hooks import connection_check
from extend_provider.hooks.extend import ExtendHook
from tests.hooks.strangers import PAGE, answering, dripping, silent

if TYPE_CHECKING:
    from extend_provider.local import LocalService


REFUSED = '{"code": "UNAUTHORIZED", "message": "The API key is not valid."}'
OF_TASKS = ("task", "pool", "requests_per_second")


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


def set_regions(monkeypatch: pytest.MonkeyPatch, **base_urls: str) -> None:
    for region, base_url in base_urls.items():
        monkeypatch.setitem(client_settings.REGIONS, region, base_url)


@pytest.mark.extend_local(api_key="sk_of_eu1")
def test_right_key_in_the_wrong_region(extend_local: LocalService, monkeypatch: pytest.MonkeyPatch) -> None:
    from extend_provider.local import LocalService

    with LocalService(api_key="sk_of_us") as us, silent() as us2:
        set_regions(monkeypatch, us=us.base_url, us2=us2, eu1=extend_local.base_url)
        set_connection(monkeypatch, password="sk_of_eu1")

        began = time.monotonic()
        ok, message = ExtendHook().test_connection()

        assert not ok
        assert message == f"{us.base_url} does not accept the API key. It belongs to region eu1: choose that region."
        assert time.monotonic() - began < 5, "nobody waits for a region that is silent once another has said yes"


@pytest.mark.extend_local(api_key="sk_of_eu1", workspace_id="ws_1")
def test_a_region_knows_a_key_although_the_workspace_is_missing(
    extend_local: LocalService, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering(401, REFUSED) as us:
        set_regions(monkeypatch, us=us, us2=us, eu1=extend_local.base_url)
        set_connection(monkeypatch, password="sk_of_eu1")
        assert "It belongs to region eu1: choose that region." in ExtendHook().test_connection()[1]


def test_a_key_that_no_region_accepts(extend_local: LocalService, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(401, REFUSED) as us, answering(401, REFUSED) as us2:
        set_regions(monkeypatch, us=us, us2=us2, eu1=extend_local.base_url)
        set_connection(monkeypatch, password="sk_of_nobody")
        ok, message = ExtendHook().test_connection()
    assert not ok
    assert "No other region accepts it either" in message


@pytest.mark.parametrize(("status", "body"), [(503, PAGE), (403, PAGE), (429, "{}"), (404, PAGE), (200, PAGE)])
def test_a_region_that_says_nothing_about_the_key_is_not_its_region(
    monkeypatch: pytest.MonkeyPatch, status: int, body: str
) -> None:
    with answering(401, REFUSED) as us, answering(status, body) as us2, answering(401, REFUSED) as eu1:
        set_regions(monkeypatch, us=us, us2=us2, eu1=eu1)
        set_connection(monkeypatch, password="sk_of_nobody")
        ok, message = ExtendHook().test_connection()
    assert not ok
    assert "Whether it belongs to region us2 could not be found out from here." in message
    assert "choose that region" not in message


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
    assert "Extend refuses the request: an organization-scoped key needs workspace_id." in message

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


@pytest.mark.parametrize(
    ("status", "body", "wanted"),
    [
        (301, "", "A redirect is not followed, because the API key would travel with it: check the base URL."),
        (400, '{"code": "INVALID_REQUEST"}', "Extend refuses the request: an organization-scoped key needs"),
        (402, '{"code": "USAGE_BLOCKED"}', "The key is accepted, but its workspace is out of credits or blocked"),
        (403, '{"code": "FORBIDDEN"}', "The key is accepted, but may not list files; an organization-scoped key needs"),
        (404, PAGE, "No Extend API answers at http://127.0.0.1"),
        (407, PAGE, "The proxy asks for a user and a password"),
        (408, PAGE, "could not answer: test again later"),
        (429, '{"code": "RATE_LIMIT_EXCEEDED"}', "Too many requests at the moment: test again later."),
        (500, '{"code": "INTERNAL_ERROR"}', "could not answer: test again later"),
        (503, PAGE, "could not answer: test again later"),
        (200, '{"items": []}', "lacks or misspells: data"),
    ],
)
def test_each_refusal_has_a_remedy_for_who_looks_at_the_form(
    monkeypatch: pytest.MonkeyPatch, status: int, body: str, wanted: str
) -> None:
    with answering(status, body) as base_url:
        set_connection(monkeypatch, host=base_url, password="sk_x")
        ok, message = ExtendHook().test_connection()
    assert not ok
    assert wanted in message
    assert f"HTTP {status}" in message
    assert not any(word in message for word in OF_TASKS), message


@pytest.mark.parametrize("status", [400, 402, 403, 405, 451])
def test_a_page_of_somebody_else_says_nothing_about_the_key(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    with answering(status) as base_url:
        set_connection(monkeypatch, host=base_url, password="sk_x")
        ok, message = ExtendHook().test_connection()
    assert not ok
    assert "The answer does not look like Extend's, so it tells nothing about the key" in message
    assert "accepted" not in message
    assert "workspace" not in message


def test_a_silence_that_was_asked_for_before(extend_local: LocalService) -> None:
    extend_local.inject("rate_limit", times=1, retry_after=30)
    ExtendHook().test_connection()

    ok, message = ExtendHook().test_connection()

    assert not ok
    assert message.startswith("Too many requests at the moment: test again later. GET /files was not sent")


def test_a_version_that_extend_does_not_speak(extend_local: LocalService, monkeypatch: pytest.MonkeyPatch) -> None:
    key = {"host": extend_local.base_url, "password": extend_local.api_key}
    set_connection(monkeypatch, **key, extra={"api_version": "2020-01-01"})

    ok, message = ExtendHook().test_connection()

    assert not ok
    assert "check api_version, 2026-02-09 unless you know better. GET /files was refused: API version" in message
    assert "workspace_id" not in message


@pytest.mark.parametrize(
    ("extra", "wanted"),
    [
        ({"region": "eu"}, "Unknown Extend region 'eu'"),
        ({"timeout": "soon"}, "must be a number above zero"),
        ({"verify": "/nowhere.pem"}, "The CA bundle '/nowhere.pem' cannot be read"),
        ({"proxy": "proxy:3128"}, "The proxy is not a URL that can be used."),
    ],
)
def test_extras_that_cannot_work(monkeypatch: pytest.MonkeyPatch, extra: dict[str, Any], wanted: str) -> None:
    set_connection(monkeypatch, password="sk_x", extra=extra)
    ok, message = ExtendHook().test_connection()
    assert not ok
    assert wanted in message


@pytest.mark.parametrize("server", [silent, dripping])
def test_one_time_limit_for_all_of_it(monkeypatch: pytest.MonkeyPatch, server: Any) -> None:
    monkeypatch.setattr(connection_check, "_PATIENCE", 2.0)
    with server() as base_url:
        set_connection(monkeypatch, host=base_url, password="sk_x")
        began = time.monotonic()
        ok, message = ExtendHook().test_connection()
        assert time.monotonic() - began < 3.8, "not a limit for each part"
    assert not ok
    assert "cannot be reached. No answer to GET /files" in message
    assert "did not come in time" in message


def test_the_time_limit_holds_for_all_regions_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_check, "_PATIENCE", 2.0)
    with answering(401, REFUSED) as us, silent() as us2, silent() as eu1:
        set_regions(monkeypatch, us=us, us2=us2, eu1=eu1)
        set_connection(monkeypatch, password="sk_x")
        began = time.monotonic()
        ok, message = ExtendHook().test_connection()
        assert time.monotonic() - began < 3.8
    assert not ok
    assert "region us2 or eu1 could not be found out" in message


def test_the_time_limit_holds_for_looking_up_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_check, "_PATIENCE", 0.2)
    looked_up = threading.Event()

    def slow(*_: object, **__: object) -> list[Any]:
        looked_up.wait(20)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    set_connection(monkeypatch, host="https://extend.example.com", password="sk_x")
    began = time.monotonic()
    try:
        ok, message = ExtendHook().test_connection()
        assert time.monotonic() - began < 5
    finally:
        looked_up.set()
    assert not ok
    assert "it did not come in time" in message
