from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest


def create(client, file_id, **config):
    return client.post("/edit_runs", json={"file": {"id": file_id}, "config": config}).raise_for_status().json()["id"]


def status(client, run_id):
    return client.get(f"/edit_runs/{run_id}").json()["status"]


def test_runs_take_the_processing_time(start, helpers, form):
    service, client = start(processing_time=0.5)
    began = time.monotonic()
    run_id = create(client, service.add_file("form.pdf", form))
    assert status(client, run_id) == "PROCESSING"
    run = helpers.finished(client, run_id)
    assert time.monotonic() - began >= 0.5
    assert run["metrics"]["processingTimeMs"] >= 500


def test_many_runs_in_processing_need_few_threads(start, form):
    service, client = start(processing_time=600)
    file_id = service.add_file("form.pdf", form)
    for _ in range(200):
        create(client, file_id)
    assert threading.active_count() < 30
    assert client.get("/edit_runs", params={"status": "PROCESSING", "maxPageSize": 1000}).json()["data"][199]


def test_requests_are_answered_while_documents_are_processed(start, helpers):
    service, client = start()
    file_id = service.add_file("form.pdf", helpers.make_form(pages=300, fields=tuple(f"f{i}" for i in range(300))))
    runs = [create(client, file_id) for _ in range(4)]
    slowest = 0.0
    while "PROCESSING" in {status(client, run_id) for run_id in runs}:
        began = time.monotonic()
        client.get("/files")
        slowest = max(slowest, time.monotonic() - began)
    assert slowest < 1.0


def test_concurrent_creates_are_all_finished(client, local, form, helpers):
    file_id = local.add_file("form.pdf", form)
    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(lambda _: create(client, file_id), range(40)))
    assert len(set(runs)) == 40
    for run_id in runs:
        assert helpers.finished(client, run_id)["status"] == "PROCESSED"
    assert local.runs_created == 40
    assert local.credits_used == 80


def test_credits_run_out(start, helpers, form):
    service, client = start(credits=3)
    file_id = service.add_file("form.pdf", form)
    assert helpers.finished(client, create(client, file_id))["usage"]["credits"] == 2
    run = helpers.finished(client, create(client, file_id))
    assert run["failureReason"] == "OUT_OF_CREDITS"
    assert service.credits_used == 2
    sync = client.post("/edit", json={"file": {"id": file_id}})
    assert (sync.status_code, sync.json()["code"]) == (402, "OUT_OF_CREDITS")


def test_without_any_credit_nothing_is_accepted(start, form):
    service, client = start(credits=0)
    response = client.post("/edit_runs", json={"file": {"id": service.add_file("form.pdf", form)}})
    assert response.status_code == 402
    assert response.json()["code"] == "USAGE_BLOCKED"
    assert service.runs_created == 0


def test_failed_runs_cost_nothing(start, helpers, form):
    service, client = start(credits=2)
    blank = service.add_file("blank.pdf", helpers.make_form(fields=()))
    assert helpers.finished(client, create(client, blank))["failureReason"] == "EMPTY_SCHEMA"
    assert service.credits_used == 0
    assert helpers.finished(client, create(client, service.add_file("form.pdf", form)))["status"] == "PROCESSED"
    assert service.credits_used == 2


def test_a_run_deleted_in_processing_leaves_nothing(start, form):
    service, client = start(processing_time=600)
    file_id = service.add_file("form.pdf", form)
    run_id = create(client, file_id)
    assert client.delete(f"/edit_runs/{run_id}").json() == {"id": run_id}
    assert status(client, create(client, file_id)) == "PROCESSING"
    assert len(client.get("/edit_runs").json()["data"]) == 1


def test_an_input_deleted_in_processing_fails_the_run(start, helpers, form):
    service, client = start(processing_time=600)
    file_id = service.add_file("form.pdf", form)
    run_id = create(client, file_id)
    client.delete(f"/files/{file_id}")
    service.finish_run(run_id)
    assert helpers.finished(client, run_id)["failureReason"] == "UNABLE_TO_DOWNLOAD_FILE"


def test_a_defect_fails_the_run_without_telling_values(client, local, form, helpers, mocker, caplog):
    mocker.patch("extend_provider.local.pdf.edit_pdf", side_effect=ZeroDivisionError("4111-1111"))
    run = helpers.finished(client, create(client, local.add_file("form.pdf", form)))
    assert run["failureReason"] == "INTERNAL_ERROR"
    assert "4111" not in json.dumps(run) + caplog.text
    assert "ZeroDivisionError" in caplog.text


@pytest.fixture
def restart(start):
    """Stop a service and start it again in the same folder."""

    def again(service, **options):
        service.stop()
        return start(**options)

    return again


def test_a_data_folder_survives_a_restart(start, restart, helpers, form, tmp_path):
    service, client = start(data_dir=tmp_path)
    template_id = service.add_template("W-9", form)
    file_id = service.add_file("form.pdf", form)
    run = helpers.finished(client, create(client, file_id, **helpers.value_config("Ada")))
    key = service.api_key
    service, client = restart(service, data_dir=tmp_path)
    assert service.api_key == key
    assert (service.runs_created, service.credits_used) == (1, 2)
    again = client.get(f"/edit_runs/{run['id']}").json()
    assert again["output"]["filledValues"] == {"legal_name": "Ada"}
    assert {**again, "output": None} == {**run, "output": None}
    assert httpx.get(again["output"]["editedFile"]["presignedUrl"]).content.startswith(b"%PDF")
    assert client.get(f"/edit_templates/{template_id}").status_code == 200
    newer = create(client, file_id)
    assert client.get("/edit_runs").json()["data"][0]["id"] == newer


def test_runs_in_processing_are_finished_after_a_restart(start, restart, helpers, form, tmp_path):
    service, client = start(data_dir=tmp_path, processing_time=600)
    file_id = service.add_file("form.pdf", form)
    runs = [create(client, file_id) for _ in range(3)]
    service, client = restart(service, data_dir=tmp_path)
    for run_id in runs:
        assert helpers.finished(client, run_id)["status"] == "PROCESSED"


def test_deleted_things_stay_deleted_after_a_restart(start, restart, helpers, form, tmp_path):
    service, client = start(data_dir=tmp_path)
    file_id = service.add_file("form.pdf", form)
    run_id = create(client, file_id)
    helpers.finished(client, run_id)
    client.delete(f"/edit_runs/{run_id}")
    client.delete(f"/files/{file_id}")
    assert [path for path in tmp_path.rglob("*") if path.is_file() and path.parent != tmp_path] == []
    _, client = restart(service, data_dir=tmp_path)
    assert client.get(f"/edit_runs/{run_id}").status_code == 404


def test_a_damaged_data_folder_is_reported(start, tmp_path):
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "edr_x.json").write_text('{"id": "edr_x"}')
    with pytest.raises(RuntimeError, match=r"edr_x\.json"):
        start(data_dir=tmp_path)
