"""
The same in a real triggerer: ``python -m benchmarks.triggerer`` starts Airflow's, with deferred task instances in a new
database, and measures how long after the end of a job its task is scheduled again.

``null`` only sleeps until the end of its job: what Airflow itself spends on so many triggers. Airflow 3 only. The
triggerer's processes run on one core, the stub on another. No scheduler and no worker take part.
"""

from __future__ import annotations

import argparse
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from benchmarks.contest import ask_stub
from benchmarks.contestants import CONTESTANTS
from benchmarks.jobs import Jobs
from benchmarks.limits import cores
from benchmarks.process_figures import ProcessFigures, children
from benchmarks.rounds import BenchmarkError, Setup, Stub, environment, stub
from benchmarks.sleeping import BEGAN
from benchmarks.summary import Row, medians

__all__ = ["main"]

_ROOT = Path(__file__).resolve().parent.parent
_ABOVE = "runner_cpu_above_null_s"
_TASKS = "SELECT task_id, state, updated_at FROM task_instance"


def _airflow(home: Path, connection: dict[str, Any], setup: Setup) -> dict[str, str]:
    database = f"sqlite:///{home}/airflow.db?timeout=60"
    return {
        **environment(home, connection, None),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database,
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__TRIGGERER__CAPACITY": str(setup.waits + 100),
        "PYTHONPATH": str(_ROOT),
    }


def _call(command: list[str], env: dict[str, str]) -> None:
    done = subprocess.run(command, cwd=_ROOT, env=env, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        raise BenchmarkError(f"{' '.join(command)} broke:\n{done.stderr[-3000:]}")


def _resumed(home: Path) -> dict[int, float]:
    """Return the moments, in Unix time, at which tasks were scheduled again."""
    with closing(sqlite3.connect(f"file:{home}/airflow.db?mode=ro", uri=True, timeout=30)) as connection:
        rows = connection.execute(_TASKS).fetchall()
    return {int(task[-6:]): _unix(updated) for task, state, updated in rows if state == "scheduled"}


def _unix(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp()


def _watch(home: Path, triggerer: subprocess.Popen[bytes], jobs: Jobs, patience: float) -> dict[str, Any]:
    """Wait until all tasks are scheduled; read the figures of the processes meanwhile."""
    supervisor, runner = ProcessFigures(triggerer.pid), None
    resumed: dict[int, float] = {}
    give_up_at = jobs.began + jobs.last + patience
    while len(resumed) < jobs.count and time.monotonic() < give_up_at:
        time.sleep(0.5)
        if triggerer.poll() is not None:
            raise BenchmarkError(f"The triggerer ended with code {triggerer.returncode}.")
        if runner is None and (found := children(triggerer.pid)):
            runner = ProcessFigures(found[0])
        for process in filter(None, (supervisor, runner)):
            process.read()
        resumed = _resumed(home)
    assert runner is not None
    delays = sorted(moment - jobs.began_unix - jobs.ends[number] for number, moment in resumed.items())
    return {"delays": delays, "supervisor": supervisor, "runner": runner}


def measure(setup: Setup, running: Stub, contestant: str, seed: int) -> dict[str, float]:
    """
    Let a triggerer run one contestant's triggers.

    :return: figures by name.
    :raises BenchmarkError: a process broke.
    """
    entrant = CONTESTANTS[contestant](running.port, tls=False, interval=setup.interval)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        home = Path(folder)
        env = _airflow(home, entrant.connection(setup.requests_per_second()), setup)
        _call([sys.executable, "-m", "airflow", "db", "migrate"], env)
        interval = "default" if setup.interval is None else str(setup.interval)
        times: dict[str, Any] = {"seed": seed, "first": setup.first, "last": setup.last}
        rows = [contestant, str(running.port), interval, str(setup.waits), *map(str, times.values())]
        _call([sys.executable, "-m", "benchmarks.deferred_tasks", *rows], env)
        command = [
            sys.executable,
            "-m",
            "airflow",
            "triggerer",
            "--skip-serve-logs",
            "--capacity",
            str(setup.waits + 1),
        ]
        if (core := cores()[0]) is not None:
            command = ["taskset", "-c", str(core), *command]
        clocks = ask_stub(running.control_port, "begin", count=setup.waits, **times)
        jobs = Jobs(setup.waits, **times, **clocks)
        env[BEGAN] = str(jobs.began)
        with (home / "triggerer.log").open("wb") as log:
            triggerer = subprocess.Popen(command, env=env, stdout=log, stderr=log, start_new_session=True)
            try:
                seen = _watch(home, triggerer, jobs, setup.patience)
            finally:
                os.killpg(triggerer.pid, signal.SIGKILL)
                triggerer.wait()
        if not seen["delays"]:
            raise BenchmarkError((home / "triggerer.log").read_text(errors="replace")[-3000:])
    return _figures(seen, ask_stub(running.control_port, "counts"), setup.waits)


def _figures(seen: dict[str, Any], counts: dict[str, Any], waits: int) -> dict[str, float]:
    delays = seen["delays"]
    return {
        "resumed": len(delays),
        "resume_p50_s": delays[len(delays) // 2],
        "resume_p99_s": delays[min(len(delays) - 1, int(0.99 * len(delays)))],
        "runner_cpu_s": seen["runner"].cpu_s,
        "supervisor_cpu_s": seen["supervisor"].cpu_s,
        "runner_rss_mb": seen["runner"].peak_mb,
        "requests_per_wait": counts.get("requests", 0) / waits,
        "connections": counts.get("connections", 0),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.triggerer", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--waits", type=int, default=500, help="deferred task instances (500)")
    parser.add_argument("--interval", type=float, default=5.0, help="seconds between looks (5)")
    parser.add_argument("--contestants", default="extend,databricks", help="names with commas (extend,databricks)")
    parser.add_argument("--first-end", type=float, default=25.0, help="seconds until the first job ends (25)")
    parser.add_argument("--last-end", type=float, default=40.0, help="seconds until the last job ends (40)")
    parser.add_argument("--seeds", type=int, default=1, help="runs of each, with other ends of the jobs (1)")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and print a table: medians."""
    options = _parser().parse_args(arguments)
    names = ["null", *(name for name in options.contestants.split(",") if name != "null")]
    ends = {"first": options.first_end, "last": options.last_end}
    setup = Setup(waits=options.waits, interval=options.interval, **ends, patience=60.0)
    floor: Row | None = None
    with stub(setup) as running:
        for name in names:
            if not CONTESTANTS[name].is_installed():
                sys.stdout.write(f"{name} is left out: {CONTESTANTS[name].needs} is not installed.\n")
                continue
            figures = medians([measure(setup, running, name, seed) for seed in range(1, options.seeds + 1)])
            if floor is None:
                floor = figures
                sys.stdout.write("  ".join(["contestant", *figures, _ABOVE]) + "\n")
            figures[_ABOVE] = figures["runner_cpu_s"] - floor["runner_cpu_s"]
            cells = [f"{value:.2f}".rjust(len(key)) for key, value in figures.items()]
            sys.stdout.write("  ".join([name.ljust(10), *cells]) + "\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
