"""What Airflow is told before it starts."""

from __future__ import annotations

import configparser
import socket
import stat
from pathlib import Path

import pytest

from dev.airflow_settings import StackSettings, environment, free_port, write_airflow_cfg


@pytest.fixture
def settings(tmp_path: Path) -> StackSettings:
    return StackSettings(
        home=tmp_path,
        dags_folder=tmp_path / "dags of 100%",
        connections={"extend_default": '{"conn_type": "extend"}'},
        env={"MORE": "1", "PATH": "/nowhere"},
        python="/venv/bin/python",
    )


def read_cfg(settings: StackSettings) -> configparser.ConfigParser:
    config = configparser.ConfigParser()
    config.read(settings.home / "airflow.cfg")
    return config


def test_the_configuration_file_is_one_that_airflow_can_interpolate(settings: StackSettings) -> None:
    write_airflow_cfg(settings, port=1234)

    config = read_cfg(settings)
    assert config["core"]["dags_folder"] == str(settings.dags_folder)
    assert config["api"]["base_url"] == "http://127.0.0.1:1234"
    assert config["database"]["sql_alchemy_conn"].startswith(f"sqlite:///{settings.home}/airflow.db")
    assert config["core"]["load_examples"] == "False"


def test_settings_of_a_deployment_win(settings: StackSettings) -> None:
    write_airflow_cfg(settings, 1, {"core": {"executor": "CeleryExecutor"}, "celery": {"broker_url": "redis://:p%@h"}})

    config = read_cfg(settings)
    assert (config["core"]["executor"], config["core"]["load_examples"]) == ("CeleryExecutor", "False")
    assert config["celery"]["broker_url"] == "redis://:p%@h"


def test_keys_stay_the_same_at_the_next_start(settings: StackSettings) -> None:
    keys = [("core", "fernet_key"), ("api_auth", "jwt_secret"), ("api", "secret_key"), ("webserver", "secret_key")]
    write_airflow_cfg(settings, port=1)
    first = read_cfg(settings)
    write_airflow_cfg(settings, port=2)
    second = read_cfg(settings)

    assert [first[section][option] for section, option in keys] == [second[section][option] for section, option in keys]
    assert second["api"]["port"] == "2"


def test_only_the_owner_can_read_the_keys(settings: StackSettings) -> None:
    write_airflow_cfg(settings, port=1)

    assert stat.S_IMODE((settings.home / "airflow.cfg").stat().st_mode) == 0o600


def test_the_environment_of_the_caller_does_not_change_airflow(
    settings: StackSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AIRFLOW__CORE__EXECUTOR", "AIRFLOW_CONN_OTHER", "PYTHONPATH", "PYTHONWARNINGS", "PYTEST_ADDOPTS"):
        monkeypatch.setenv(name, "surprise")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    monkeypatch.setenv("LANG", "C.UTF-8")

    variables = environment(settings)

    assert "surprise" not in variables.values()
    assert variables["LANG"] == "C.UTF-8"
    assert "127.0.0.1" in variables["NO_PROXY"]


def test_the_environment_has_connections_and_what_the_caller_adds(settings: StackSettings) -> None:
    variables = environment(settings)

    assert variables["AIRFLOW_CONN_EXTEND_DEFAULT"] == '{"conn_type": "extend"}'
    assert variables["AIRFLOW_HOME"] == str(settings.home)
    assert (variables["MORE"], variables["PATH"]) == ("1", "/nowhere")


def test_airflow_commands_are_those_of_the_interpreter(settings: StackSettings) -> None:
    ordinary = StackSettings(home=settings.home, dags_folder=settings.dags_folder, python="/venv/bin/python")

    assert environment(ordinary)["PATH"].startswith("/venv/bin:")


def test_a_free_port_can_be_bound() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", free_port()))
