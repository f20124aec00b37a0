"""
How many waits one event loop carries, and at what price: this package's trigger beside those of other providers.

Every contestant waits for the same jobs, which end 5 to 20 seconds after the start, in a process of its own on one
core; a stub of the services runs on another. See docs/performance.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks.contestants import CONTESTANTS
from benchmarks.limits import parse_limit
from benchmarks.report import save, text
from benchmarks.rounds import BenchmarkError, Setup, Stub, contest, stub, warm_up
from benchmarks.summary import Row, medians, row

__all__ = ["main"]

_PACKAGES = (
    "apache-airflow",
    "apache-airflow-providers-databricks",
    "apache-airflow-providers-dbt-cloud",
    "apache-airflow-providers-http",
    "extend-ai",
    "httpx",
    "aiohttp",
    "uvloop",
)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--waits", type=int, default=1000, help="how many at once (default: 1000)")
    parser.add_argument(
        "--interval", type=_interval, default=5.0, help="seconds between looks, or `default` for each one's own (5)"
    )
    parser.add_argument("--tls", action="store_true", help="let the stub speak TLS")
    parser.add_argument(
        "--limit",
        type=parse_limit,
        metavar="RATE:BURST",
        help="requests per second that the stub grants; more are answered 429 with Retry-After",
    )
    parser.add_argument("--server-delay", type=float, default=0.0, metavar="MS", help="until the stub answers (0)")
    parser.add_argument(
        "--contestants",
        type=_contestants,
        default=list(CONTESTANTS),
        help=f"names with commas between them (default: {','.join(CONTESTANTS)})",
    )
    parser.add_argument("--seeds", type=int, default=1, help="runs of each contestant; the table has medians (1)")
    parser.add_argument("--first-end", type=float, default=5.0, metavar="S", help="earliest end of a job (5)")
    parser.add_argument("--last-end", type=float, default=20.0, metavar="S", help="latest end of a job (20)")
    parser.add_argument(
        "--no-freeze", action="store_true", help="let the garbage collector walk over all that Airflow has loaded"
    )
    parser.add_argument(
        "--output", type=Path, default=Path("build/benchmarks"), help="folder for the .md and .json (build/benchmarks)"
    )
    return parser


def _interval(value: str) -> float | None:
    return None if value == "default" else float(value)


def _contestants(value: str) -> list[str]:
    names = value.split(",")
    if unknown := set(names) - set(CONTESTANTS):
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(unknown)}; there are {', '.join(CONTESTANTS)}")
    return names


def _installed(names: list[str]) -> list[str]:
    for name in names:
        if not CONTESTANTS[name].is_installed():
            _say(f"{name} is left out: {CONTESTANTS[name].needs} is not installed.")
    # The floor comes first, because it is subtracted from the others.
    return ["null", *(name for name in names if name != "null" and CONTESTANTS[name].is_installed())]


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _run(setup: Setup, running: Stub, names: list[str], seeds: int) -> dict[str, list[dict[str, Any]]]:
    """Let everybody wait, seed by seed, so that a change of the machine's mood meets all contestants."""
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    for seed in range(1, seeds + 1):
        floor: Row | None = None
        for name in names:
            measured = _measured(setup, running, name, seed)
            if measured is None:
                continue
            figures = row(name, setup.waits, measured, floor)
            floor = figures if name == "null" else floor
            load = os.getloadavg()[0]
            runs[name].append({"seed": seed, "load": load, "failures": measured["failures"], **figures})
            _say(
                f"seed {seed}  {name:11} {figures['ok']:.0f} ok, {figures['requests_per_wait']:.3f} requests and"
                f" {figures['cpu_ms_per_wait']:.2f} ms CPU per wait, p99 {figures['latency_p99_s']:.2f} s;"
                f" load of the machine {load:.1f} {measured['failures'] or ''}"
            )
    return runs


def _measured(setup: Setup, running: Stub, name: str, seed: int) -> dict[str, Any] | None:
    """Return the measurements of one contestant, or ``None`` when it broke: the others go on."""
    try:
        if seed == 1:
            warm_up(setup, running, name)
        return contest(setup, running, name, seed)
    except BenchmarkError as error:
        _say(f"{name} is missing for seed {seed}: {error}")
        return None


def _title(setup: Setup, seeds: int) -> str:
    parts = [
        f"{setup.waits} waits",
        "each one's default interval" if setup.interval is None else f"interval {setup.interval:g} s",
        "TLS" if setup.tls else "plain HTTP",
        f"answers after {setup.server_delay:g} ms" if setup.server_delay else "",
        f"limit {setup.limit[0]:g} requests/s, burst {setup.limit[1]:g}" if setup.limit else "",
        "" if setup.freeze else "garbage collector over everything",
        f"medians of {seeds} runs" if seeds > 1 else "one run",
    ]
    return ", ".join(part for part in parts if part)


def _file_name(setup: Setup) -> str:
    parts = [
        f"waits-{setup.waits}",
        f"interval-{'default' if setup.interval is None else f'{setup.interval:g}'}",
        "tls" if setup.tls else "",
        "" if setup.freeze else "no-freeze",
        f"delay-{setup.server_delay:g}" if setup.server_delay else "",
        f"limit-{setup.limit[0]:g}-{setup.limit[1]:g}" if setup.limit else "",
    ]
    return "_".join(part for part in parts if part)


def _versions() -> dict[str, str]:
    found = {package: _version(package) for package in _PACKAGES}
    return {"python": platform.python_version(), "system": platform.platform(), **found}


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run the benchmark.

    :param arguments: of the command line.
    :return: 0, or 1 when this package's contestant lost a wait.
    """
    options = _parser().parse_args(arguments)
    setup = Setup(
        waits=options.waits,
        interval=options.interval,
        tls=options.tls,
        limit=options.limit,
        server_delay=options.server_delay,
        first=options.first_end,
        last=options.last_end,
        freeze=not options.no_freeze,
    )
    title = _title(setup, options.seeds)
    _say(title)
    with stub(setup) as running:
        runs = _run(setup, running, _installed(options.contestants), options.seeds)
    rows = {
        name: medians([{k: v for k, v in one.items() if k not in {"seed", "load", "failures"}} for one in several])
        for name, several in runs.items()
        if several
    }
    _say(f"\n{text(rows)}\n")
    save(options.output, _file_name(setup), title, rows, {"versions": _versions(), "runs": runs})
    _say(f"Written to {options.output}/{_file_name(setup)}.md and .json. CPU is above that of `null`.")
    return int("extend" in rows and rows["extend"]["failed"] > 0)


if __name__ == "__main__":
    sys.exit(main())
