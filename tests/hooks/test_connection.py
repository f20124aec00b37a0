from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.hooks.connection import settings_from_connection
from tests.airflow_names import Connection


def connection(extra: Any = None, **fields: Any) -> Connection:
    text = extra if isinstance(extra, str) else json.dumps(extra or {})
    return Connection(conn_id="extend_x", conn_type="extend", **{"password": "sk_test", "extra": text, **fields})


def test_defaults() -> None:
    settings = settings_from_connection(connection())

    assert settings.base_url == "https://api.extend.ai"
    assert settings.headers() == {
        "Authorization": "Bearer sk_test",
        "x-extend-api-version": "2026-02-09",
        "User-Agent": settings.user_agent,
        "Accept": "application/json",
    }
    assert settings.requests_per_second == 10
    assert settings.verify is True


@pytest.mark.parametrize(
    ("region", "base_url"),
    [
        ("us", "https://api.extend.ai"),
        ("us2", "https://api.us2.extend.app"),
        ("eu1", "https://api.eu1.extend.ai"),
        (" EU1 ", "https://api.eu1.extend.ai"),
        ("", "https://api.extend.ai"),
        (" ", "https://api.extend.ai"),
    ],
)
def test_region(region: str, base_url: str) -> None:
    assert settings_from_connection(connection({"region": region})).base_url == base_url


def test_unknown_region_names_the_nearest() -> None:
    with pytest.raises(ExtendConfigurationError, match="Did you mean 'eu1'"):
        settings_from_connection(connection({"region": "eu"}))


@pytest.mark.parametrize(
    ("fields", "base_url"),
    [
        ({"host": "https://extend.example.com/"}, "https://extend.example.com"),
        ({"host": "extend.example.com"}, "https://extend.example.com"),
        ({"host": "extend.example.com", "port": 8443}, "https://extend.example.com:8443"),
        ({"host": "127.0.0.1", "port": 8080, "schema": "http"}, "http://127.0.0.1:8080"),
        ({"host": "http://127.0.0.1:8080", "port": 9}, "http://127.0.0.1:8080"),
        ({"host": "https://gateway.example.com/extend"}, "https://gateway.example.com/extend"),
        ({"host": "http://[::1]", "port": 80}, "http://[::1]:80"),
        ({"host": "HTTPS://extend.example.com"}, "https://extend.example.com"),
        ({"host": "extend.example.com", "schema": "HTTP"}, "http://extend.example.com"),
    ],
)
def test_host_wins_over_region(fields: dict[str, Any], base_url: str) -> None:
    assert settings_from_connection(connection({"region": "eu1"}, **fields)).base_url == base_url


def test_host_of_another_scheme_is_refused() -> None:
    with pytest.raises(ExtendConfigurationError, match="must begin with https"):
        settings_from_connection(connection(host="ftp://extend.example.com"))


def test_all_extras_as_the_form_stores_them() -> None:
    settings = settings_from_connection(
        connection(
            {
                "workspace_id": "ws_1",
                "api_version": "2026-03-01",
                "requests_per_second": "2.5",
                "timeout": "30",
                "verify": "/etc/ca.pem",
                "proxy": "http://user:secret@proxy:3128",
            }
        )
    )

    assert settings.headers()["x-extend-workspace-id"] == "ws_1"
    assert settings.headers()["x-extend-api-version"] == "2026-03-01"
    assert settings.requests_per_second == 2.5
    assert settings.read_timeout == 30
    assert settings.verify == "/etc/ca.pem"
    assert settings.proxy == "http://user:secret@proxy:3128"
    assert "secret" not in repr(settings)
    assert "sk_test" not in repr(settings)


@pytest.mark.parametrize(
    ("verify", "expected"),
    [
        *[(word, False) for word in ("false", "no", "Off", " 0 ", 0, False)],
        *[(word, True) for word in ("True", "YES", "on", "1", 1, True, "", " ", None)],
    ],
)
def test_verify(verify: Any, expected: bool) -> None:
    assert settings_from_connection(connection({"verify": verify})).verify is expected


@pytest.mark.parametrize("name", ["requests_per_second", "timeout"])
@pytest.mark.parametrize("value", ["fast", "0", -1, "nan", "inf", [1], True])
def test_numbers_above_zero(name: str, value: Any) -> None:
    with pytest.raises(ExtendConfigurationError, match=f"extra '{name}' of connection 'extend_x' must .* above zero"):
        settings_from_connection(connection({name: value}))


@pytest.mark.parametrize("key", [None, "", "  "])
def test_missing_key(key: str | None) -> None:
    with pytest.raises(ExtendConfigurationError, match=r"'extend_x' has no API key.*password"):
        settings_from_connection(connection(password=key))


def test_blanks_around_the_key_are_dropped() -> None:
    assert settings_from_connection(connection(password=" sk_test\n")).api_key == "sk_test"


@pytest.mark.parametrize("key", ["sk_one sk_two", "sk_ü", "sk_\nx"])
def test_impossible_key_is_not_quoted(key: str) -> None:
    with pytest.raises(ExtendConfigurationError, match="character that no key has") as raised:
        settings_from_connection(connection(password=key))
    assert key not in str(raised.value)


@pytest.mark.parametrize("extra", ["[1]", "{", '"text"'])
def test_extra_that_is_no_object(extra: str) -> None:
    """Airflow does not let such a connection be made by every door, but by some."""
    broken: Any = SimpleNamespace(
        conn_id="extend_x", password="sk_test", host=None, port=None, schema=None, extra=extra
    )
    with pytest.raises(ExtendConfigurationError, match="not a JSON object"):
        settings_from_connection(broken)


def test_text_extras_must_be_text() -> None:
    with pytest.raises(ExtendConfigurationError, match="extra 'workspace_id' of connection 'extend_x' must be text"):
        settings_from_connection(connection({"workspace_id": 5}))


@pytest.mark.parametrize("value", [0.5, [], {"ca": "x"}])
def test_verify_is_a_switch_or_a_path(value: Any) -> None:
    with pytest.raises(ExtendConfigurationError, match="'verify' of connection 'extend_x' must be true, false or the"):
        settings_from_connection(connection({"verify": value}))


def test_misspelt_extra_gives_a_warning_that_names_the_nearest(caplog: pytest.LogCaptureFixture) -> None:
    settings_from_connection(connection({"workspace": "ws_1", "zzz": 1}))

    assert "unknown extra 'workspace', which is ignored. Did you mean 'workspace_id'?" in caplog.text
    assert "unknown extra 'zzz', which is ignored. Known extras" in caplog.text


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("REGION", "'region'"),
        ("Region", "'region'"),
        ("workspaceId", "'workspace_id'"),
        ("api-version", "'api_version'"),
        ("requestsPerSecond", "'requests_per_second'"),
        ("rps", "'requests_per_second'"),
        ("ca_bundle", "'verify'"),
        ("ssl_verify", "'verify'"),
        ("api_key", "the connection's field 'password'"),
        ("apiKey", "the connection's field 'password'"),
        ("host", "the connection's field 'host'"),
        ("base_url", "the connection's field 'host'"),
    ],
)
def test_what_was_meant_by_an_unknown_extra(caplog: pytest.LogCaptureFixture, name: str, meant: str) -> None:
    settings = settings_from_connection(connection({name: "eu1"}))

    assert f"unknown extra {name!r}, which is ignored. Did you mean {meant}? Known extras" in caplog.text
    assert settings == settings_from_connection(connection())


def test_what_the_form_of_airflow_2_sends_twice_gives_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    settings = settings_from_connection(connection({"region": "eu1", "extra__extend__region": "eu1"}))

    assert settings.base_url == "https://api.eu1.extend.ai"
    assert caplog.text == ""


def test_extras_cannot_reach_the_client_unnamed() -> None:
    settings = settings_from_connection(connection({"transport": "os.system", "user_agent_suffix": "x"}))
    assert settings.user_agent_suffix == ""
