"""The benchmark's code works: a small round through the real processes. What the figures are is not tested here."""

from __future__ import annotations

import json

import pytest

pytest.importorskip("httptools", reason="the benchmark's stub needs it")

from benchmarks.__main__ import main
from benchmarks.bodies import Bodies, run_id
from benchmarks.contestants import CONTESTANTS
from benchmarks.jobs import Jobs
from benchmarks.limits import Bucket, parse_limit
from benchmarks.pages import Pages
from benchmarks.stub import Service
from benchmarks.triggerer import main as triggerer

_QUICK = ["--waits", "20", "--interval", "0.5", "--first-end", "0.2", "--last-end", "1.5"]


@pytest.mark.slow
@pytest.mark.parametrize("more", [[], ["--tls"], ["--limit", "20:10"]], ids=["plain", "tls", "limit"])
def test_a_small_round_ends_well_for_the_providers_trigger(tmp_path, capsys, more):
    assert main([*_QUICK, "--contestants", "extend", "--output", str(tmp_path), *more]) == 0

    (report,) = tmp_path.glob("*.json")
    figures = json.loads(report.read_text())["medians"]
    assert figures["null"]["ok"] == figures["extend"]["ok"] == 20
    assert figures["extend"]["failed"] == 0
    assert figures["null"]["requests_per_wait"] == 0
    assert figures["extend"]["requests_per_wait"] >= 1, "each result has to be fetched"
    assert figures["extend"]["connections_per_wait"] < 1
    assert 0 <= figures["extend"]["latency_p99_s"] < 20
    assert "| extend |" in next(tmp_path.glob("*.md")).read_text()
    assert "extend" in capsys.readouterr().out


@pytest.mark.slow
def test_a_real_triggerer_resumes_all_tasks(capsys):
    arguments = ["--waits", "5", "--interval", "0.5", "--first-end", "0.2", "--last-end", "1.5"]
    assert triggerer([*arguments, "--contestants", "extend"]) == 0

    title, *rows = (line.split() for line in capsys.readouterr().out.splitlines())
    figures = {name: dict(zip(title[1:], map(float, cells), strict=True)) for name, *cells in rows}
    assert figures["null"]["resumed"] == figures["extend"]["resumed"] == 5
    assert figures["null"]["requests_per_wait"] == figures["null"]["runner_cpu_above_null_s"] == 0
    assert figures["extend"]["requests_per_wait"] >= 1, "each result has to be fetched"


def test_contestants_that_are_not_installed_are_left_out_with_a_line(tmp_path, capsys, monkeypatch):
    for name in ("http", "sdk"):
        monkeypatch.setattr(CONTESTANTS[name], "needs", "no_such_package.at_all")

    assert main([*_QUICK, "--waits", "3", "--contestants", "http,sdk", "--output", str(tmp_path)]) == 0

    printed = capsys.readouterr().out
    assert "http is left out: no_such_package.at_all is not installed" in printed
    assert "sdk is left out" in printed


def test_the_list_has_every_run_once_and_the_last_change_first():
    # Half of the jobs have ended, 50 seconds ago on average.
    jobs = Jobs(40, 1, 0.0, 200.0, began=Jobs(0).began - 100)
    pages, ids, token = Pages(jobs, Bodies(jobs)), [], ""
    while True:
        page = json.loads(pages.page("7", token))
        ids += [(item["updatedAt"], item["id"]) for item in page["data"]]
        token = page.get("nextPageToken", "")
        if not token:
            break

    assert sorted(name for _, name in ids) == [run_id(number) for number in range(40)]
    assert [moment for moment, _ in ids] == sorted((moment for moment, _ in ids), reverse=True)


def test_a_run_that_has_ended_carries_its_output_and_others_do_not():
    service = Service()
    service.reset(Jobs(2, 1, 100.0, 100.0))
    running = json.loads(service.respond(f"/edit_runs/{run_id(1)}", {}, b"")[1])
    service.reset(Jobs(2, 1, 0.0, 0.0))
    ended = json.loads(service.respond(f"/edit_runs/{run_id(1)}", {}, b"")[1])

    assert (running["status"], running["output"]) == ("PROCESSING", None)
    assert ended["status"] == "PROCESSED"
    assert ended["output"]["editedFile"]["id"]
    assert service.respond("/edit_runs/edr_99999999", {}, b"")[0] == 404


def test_a_limit_refuses_what_exceeds_its_burst():
    bucket = Bucket(rate=0.001, burst=3)

    assert [bucket.take() for _ in range(5)] == [True, True, True, False, False]


@pytest.mark.parametrize("text", ["x", "0:5", "-1:4", ""])
def test_a_limit_that_is_none_is_refused(text):
    with pytest.raises(Exception, match="requests per second and burst"):
        parse_limit(text)
