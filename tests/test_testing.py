from __future__ import annotations

import json
import os
import subprocess
import sys

import httpx
import pytest

pytest_plugins = ["pytester"]


def get(service, path):
    headers = {"Authorization": f"Bearer {service.api_key}", "x-extend-api-version": "2026-02-09"}
    return httpx.get(service.base_url + path, headers=headers)


def test_the_fixture_runs_a_service_and_sets_the_connection(extend_local):
    assert get(extend_local, "/edit_runs").status_code == 200
    connection = json.loads(os.environ["AIRFLOW_CONN_EXTEND_DEFAULT"])
    assert connection["conn_type"] == "extend"
    assert connection["host"] == extend_local.base_url
    assert connection["password"] == extend_local.api_key


@pytest.mark.extend_local(processing_time=30, workspace_id="ws_mine", conn_id="extend_other")
def test_the_marker_sets_options(extend_local):
    connection = json.loads(os.environ["AIRFLOW_CONN_EXTEND_OTHER"])
    assert connection["extra"] == {"workspace_id": "ws_mine"}
    assert get(extend_local, "/edit_runs").status_code == 400


def test_importing_the_plugin_costs_nothing():
    code = (
        "import sys, extend_provider.testing as t; print(*sorted(m for m in sys.modules if m.partition('.')[0] in {})"
    )
    heavy = "('starlette', 'uvicorn', 'pypdf', 'httpx', 'airflow', 'asyncio', 'pydantic')"
    done = subprocess.run([sys.executable, "-c", code.format(heavy) + ")"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


@pytest.fixture
def plugged(pytester, monkeypatch):
    """Run tests in a process of their own, as users do."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def run(code, *arguments, ini=""):
        pytester.makepyfile(code)
        pytester.makeini(f"[pytest]\naddopts = --strict-markers -p extend_provider.testing\n{ini}")
        return pytester.runpytest_subprocess(*arguments)

    return run


def test_the_ini_option_and_the_closest_marker(plugged):
    result = plugged(
        """
        import pytest
        pytestmark = pytest.mark.extend_local(processing_time=7)

        class TestMarked:
            pytestmark = pytest.mark.extend_local(processing_time=8, credits=4)

            @pytest.mark.extend_local(processing_time=9)
            def test_closest(self, extend_local):
                assert extend_local._settings.processing_time == 9
                assert extend_local._settings.credits == 4

        def test_module(extend_local):
            assert extend_local._settings.processing_time == 7
        """,
    )
    result.assert_outcomes(passed=2)
    result = plugged(
        "def test_ini(extend_local): assert extend_local._settings.processing_time == 2.5",
        ini="extend_local_processing_time = 2.5",
    )
    result.assert_outcomes(passed=1)


def test_a_missing_extra_says_what_to_install(plugged):
    result = plugged(
        """
        import sys
        sys.modules["starlette"] = None
        def test_nothing(extend_local): pass
        """
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*pip install 'airflow-provider-extend?local?'*"])


def test_the_marker_and_fixture_explain_themselves(plugged):
    assert "extend_local(conn_id" in plugged("", "--markers").stdout.str()
    assert "extend_local" in plugged("", "--fixtures").stdout.str()
