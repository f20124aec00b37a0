from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx
import pytest


@pytest.fixture
def cli():
    """Start the command line; its process and its first line."""
    running = []

    def run(*arguments, env=None):
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "extend_provider.local", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **(env or {})},
        )
        running.append(process)
        line = process.stdout.readline()
        return process, json.loads(line) if line.startswith("{") else None

    yield run
    for process in running:
        process.kill()
        process.communicate()


def headers(line):
    return {"Authorization": f"Bearer {line['api_key']}", "x-extend-api-version": "2026-02-09"}


def end(process, number=signal.SIGTERM):
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    return process.returncode, out, err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_announces_itself_serves_and_ends_cleanly(cli, form, helpers, number, tmp_path):
    process, line = cli("--processing-time", "0", env={"TMPDIR": str(tmp_path)})
    assert set(line) == {"base_url", "api_key"}
    with httpx.Client(base_url=line["base_url"], headers=headers(line)) as client:
        file_id = client.post("/files/upload", files={"file": ("form.pdf", form)}).json()["id"]
        body = {"file": {"id": file_id}, "config": helpers.value_config("Secret Value")}
        run_id = client.post("/edit_runs", json=body).json()["id"]
        assert helpers.finished(client, run_id)["status"] == "PROCESSED"
    code, out, err = end(process, number)
    assert (code, out) == (0, "")
    assert err.split("\n") == [f"{run_id} PROCESSED", ""]
    assert list(tmp_path.iterdir()) == []


def test_a_data_folder_keeps_everything(cli, form, tmp_path, helpers):
    process, line = cli("--data-dir", str(tmp_path / "data"), "--processing-time", "60")
    with httpx.Client(base_url=line["base_url"], headers=headers(line)) as client:
        file_id = client.post("/files/upload", files={"file": ("form.pdf", form)}).json()["id"]
        run_id = client.post("/edit_runs", json={"file": {"id": file_id}}).json()["id"]
    assert end(process)[0] == 0
    process, again = cli("--data-dir", str(tmp_path / "data"), "--processing-time", "0")
    assert again["api_key"] == line["api_key"]
    with httpx.Client(base_url=again["base_url"], headers=headers(again)) as client:
        assert helpers.finished(client, run_id)["status"] == "PROCESSED"
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0


def test_options(cli):
    _, line = cli(
        "--host=127.0.0.1", "--api-key=sk_mine", "--workspace-id=ws_mine", "--credits=0", "--max-file-size=10"
    )
    assert line["api_key"] == "sk_mine"
    assert line["workspace_id"] == "ws_mine"
    with httpx.Client(base_url=line["base_url"], headers=headers(line)) as client:
        assert client.get("/files").status_code == 400
        client.headers["x-extend-workspace-id"] = "ws_mine"
        upload = client.post("/files/upload", files={"file": ("a.pdf", b"x" * 11)})
        assert upload.json()["code"] == "FILE_SIZE_TOO_LARGE"
        file = client.post("/files/upload", files={"file": ("a.pdf", b"x")}).json()
        assert client.post("/edit_runs", json={"file": {"id": file["id"]}}).json()["code"] == "USAGE_BLOCKED"


def test_default_processing_time_is_a_second(cli, form, helpers):
    _, line = cli()
    with httpx.Client(base_url=line["base_url"], headers=headers(line)) as client:
        file_id = client.post("/files/upload", files={"file": ("form.pdf", form)}).json()["id"]
        run_id = client.post("/edit_runs", json={"file": {"id": file_id}}).json()["id"]
        assert helpers.finished(client, run_id)["metrics"]["processingTimeMs"] >= 1000


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--processing-time", "-1"], 1, "processing_time"),
        (["--port", "99999"], 1, "port"),
        (["--no-such-option"], 2, "no-such-option"),
        (["--help"], 0, ""),
    ],
)
def test_wrong_options_are_reported_without_a_traceback(cli, arguments, code, says):
    process, _ = cli(*arguments)
    _, err = process.communicate(timeout=20)
    assert process.returncode == code
    assert says in err
    assert "Traceback" not in err


def test_a_taken_port_is_reported(cli):
    _, line = cli()
    process, nothing = cli("--port", line["base_url"].rpartition(":")[2])
    _, err = process.communicate(timeout=20)
    assert nothing is None
    assert process.returncode == 1
    assert "in use" in err
    assert "Traceback" not in err


def test_a_missing_extra_is_reported(cli):
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "sitecustomize.py").write_text("import sys\nsys.modules['starlette'] = None\n")
        process, _ = cli(env={"PYTHONPATH": folder})
        _, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "pip install 'airflow-provider-extend[local]'" in err
