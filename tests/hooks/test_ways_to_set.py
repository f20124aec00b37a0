"""However a connection is set, it means the same: URI, JSON, command line, and what the forms store."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from extend_provider.hooks.connection import settings_from_connection
from extend_provider.hooks.extend import ExtendHook
from tests.airflow_names import Connection

KEY = "sk_a/b+c=1"
EXTRA = {"region": "eu1", "workspace_id": "ws_1", "requests_per_second": 5, "timeout": 30.5, "verify": False}
PROXY = "http://me:s3cret@proxy.example.com:3128"
URI = (
    "extend://:sk_a%2Fb%2Bc%3D1@/?region=eu1&workspace_id=ws_1&requests_per_second=5&timeout=30.5&verify=false"
    "&proxy=http%3A%2F%2Fme%3As3cret%40proxy.example.com%3A3128"
)
DESCRIBED = {"conn_type": "extend", "password": KEY, "extra": {**EXTRA, "proxy": PROXY}}
OWN_URI = "extend://:sk_a%2Fb%2Bc%3D1@extend.example.com:8443/?workspace_id=ws_1"
OWN_DESCRIBED = {
    "conn_type": "extend",
    "host": "https://extend.example.com",
    "port": 8443,
    "password": KEY,
    "extra": {"workspace_id": "ws_1"},
}
# What the form of Airflow 3 sends, and that of Airflow 2
FORM_3 = {
    **{name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in EXTRA.items()},
    "proxy": PROXY,
    "api_version": None,
}
FORM_2 = {**FORM_3, "api_version": "", "extra__extend__region": "eu1"}

BY_COMMAND_LINE = """
import dataclasses, json, sys
from airflow import settings
from airflow.cli import cli_parser
from airflow.models import Connection
from extend_provider.hooks.connection import settings_from_connection
parser = cli_parser.get_parser()
adding = [["connections", "add", name, *arguments] for name, arguments in json.loads(sys.argv[1]).items()]
for command in (["db", "migrate"], *adding):
    parsed = parser.parse_args(command)
    parsed.func(parsed)
session = settings.Session()
found = {one.conn_id: dataclasses.asdict(settings_from_connection(one)) for one in session.query(Connection)}
print("<<" + json.dumps(found))
"""


@pytest.fixture(scope="module")
def wanted() -> dict[str, Any]:
    """Settings that all ways to set a connection of a region have to give."""
    settings = settings_from_connection(
        Connection(conn_id="x", **{**DESCRIBED, "extra": json.dumps(DESCRIBED["extra"])})
    )
    assert settings.base_url == "https://api.eu1.extend.ai"
    assert (settings.api_key, settings.workspace_id, settings.proxy) == (KEY, "ws_1", PROXY)
    assert (settings.requests_per_second, settings.read_timeout, settings.verify) == (5, 30.5, False)
    return dataclasses.asdict(settings)


def is_own(settings: dict[str, Any]) -> bool:
    seen = settings["base_url"], settings["api_key"], settings["workspace_id"]
    return seen == ("https://extend.example.com:8443", KEY, "ws_1")


def by_variable(monkeypatch: pytest.MonkeyPatch, text: str) -> dict[str, Any]:
    monkeypatch.setenv("AIRFLOW_CONN_EXTEND_X", text)
    return {**dataclasses.asdict(ExtendHook("extend_x").settings()), "user_agent_suffix": ""}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(URI, id="uri"),
        pytest.param(json.dumps(DESCRIBED), id="json"),
        pytest.param(json.dumps({**DESCRIBED, "extra": json.dumps(DESCRIBED["extra"])}), id="extra as text"),
        pytest.param(json.dumps({**DESCRIBED, "extra": FORM_3}), id="form of Airflow 3"),
        pytest.param(json.dumps({**DESCRIBED, "extra": FORM_2}), id="form of Airflow 2"),
    ],
)
def test_environment_variable(
    text: str, wanted: dict[str, Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert by_variable(monkeypatch, text) == wanted
    assert "unknown extra" not in caplog.text


@pytest.mark.parametrize("text", [OWN_URI, json.dumps(OWN_DESCRIBED)], ids=["uri", "json"])
def test_environment_variable_of_an_own_deployment(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_own(by_variable(monkeypatch, text))


def test_command_line(wanted: dict[str, Any], tmp_path: Path) -> None:
    extra = json.dumps(DESCRIBED["extra"])
    ways = {
        "by_uri": ["--conn-uri", URI],
        "by_json": ["--conn-json", json.dumps(DESCRIBED)],
        "by_arguments": ["--conn-type", "extend", "--conn-password", KEY, "--conn-extra", extra],
        "own_by_uri": ["--conn-uri", OWN_URI],
        "own_by_arguments": [
            *("--conn-type", "extend", "--conn-password", KEY, "--conn-extra", '{"workspace_id": "ws_1"}'),
            *("--conn-host", "extend.example.com", "--conn-port", "8443"),
        ],
    }
    environment = {**os.environ, "AIRFLOW_HOME": str(tmp_path)}
    environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = f"sqlite:///{tmp_path}/airflow.db"

    done = subprocess.run(
        [sys.executable, "-c", BY_COMMAND_LINE, json.dumps(ways)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )

    assert "<<" in done.stdout, done.stderr
    found = json.loads(done.stdout.partition("<<")[2])
    assert {name: settings for name, settings in found.items() if name.startswith("by_")} == dict.fromkeys(
        ("by_uri", "by_json", "by_arguments"), wanted
    )
    assert is_own(found["own_by_uri"])
    assert is_own(found["own_by_arguments"])
