from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from extend_provider.local import LocalService


def test_it_serves_only_inside_the_context():
    service = LocalService()
    with pytest.raises(RuntimeError, match="not been started"):
        _ = service.base_url
    before = threading.active_count()
    with service:
        url = service.base_url
        assert url.startswith("http://127.0.0.1:")
        assert httpx.get(url).status_code == 401
        with pytest.raises(RuntimeError, match="already"):
            service.start()
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
    assert threading.active_count() <= before
    assert [record.status for record in service.requests] == [401]
    assert (service.runs_created, service.credits_used) == (0, 0)
    with pytest.raises(RuntimeError, match="not running"):
        service.add_file("a.pdf", b"x")
    service.stop()


def test_two_services_know_nothing_of_each_other(start, form):
    one, _ = start()
    other, client = start()
    file_id = one.add_file("form.pdf", form)
    assert one.base_url != other.base_url
    assert one.api_key != other.api_key
    assert client.get(f"/files/{file_id}").status_code == 404


def test_a_service_can_be_started_again(form):
    service = LocalService(api_key="sk_mine")
    for _ in range(2):
        with service:
            assert service.api_key == "sk_mine"
            service.add_file("form.pdf", form)


def test_connection_json_describes_an_airflow_connection(start):
    service, _ = start(workspace_id="ws_mine")
    connection = json.loads(service.connection_json(requests_per_second=50))
    assert connection == {
        "conn_type": "extend",
        "host": service.base_url,
        "password": service.api_key,
        "extra": {"workspace_id": "ws_mine", "requests_per_second": 50},
    }
    assert service.workspace_id == "ws_mine"


@pytest.mark.parametrize(
    "options",
    [
        {"processing_time": -1},
        {"credits": -1},
        {"max_file_size": 0},
        {"url_ttl": 0},
        {"rate_limit": 0},
        {"rate_burst": 0},
        {"port": 65536},
        {"api_key": ""},
        {"workspace_id": " "},
    ],
)
def test_options_out_of_range_are_refused(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        LocalService(**options)


def test_unknown_faults_are_refused(local):
    with pytest.raises(ValueError, match="earthquake"):
        local.inject("earthquake")


def test_a_taken_port_is_reported(local):
    port = int(local.base_url.rpartition(":")[2])
    with pytest.raises(OSError, match="use"):
        LocalService(port=port).start()


def test_finish_run(start, helpers, form):
    service, client = start(processing_time=600)
    run_id = client.post("/edit_runs", json={"file": {"id": service.add_file("a.pdf", form)}}).json()["id"]
    service.finish_run(run_id)
    assert helpers.finished(client, run_id)["status"] == "PROCESSED"
    with pytest.raises(KeyError):
        service.finish_run("edr_none")


def test_stopping_does_not_wait_for_slow_requests(helpers, caplog):
    with LocalService() as service:
        service.inject("slow", seconds=60)
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(httpx.get, service.base_url, timeout=30)
            helpers.poll(lambda: service.requests)
            service.stop()
            with pytest.raises(httpx.RemoteProtocolError):
                answer.result(5)
    assert "Traceback" not in caplog.text
