"""
``make demo``: a real Airflow fills a PDF form through the local Extend service. No account, no docker, no browser.

It runs ``example_dags/fill_form.py`` and shows what came of it. Everything it writes is under ``.demo``.
"""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path
from typing import Any

from dev.airflow_processes import AirflowStackError
from dev.airflow_stack import AirflowStack
from dev.local_service import LocalServiceError, LocalServiceProcess
from dev.loopback import ExchangeError

_ROOT = Path(__file__).parents[1]
_HOME = _ROOT / ".demo"
_RESULT = _HOME / "filled-form.pdf"
_DAG = "fill_form"
_DAG_TIMEOUT = 120.0
_SHOWN_STATES = {"running", "deferred", "success", "failed", "upstream_failed", "up_for_retry", "skipped"}


class DemoError(Exception):
    """The demo did not do what it promises."""


def main() -> int:
    """Run the demo; return the exit status."""
    # So that `kill` and a closed terminal clean up like Ctrl-C does.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    began = time.monotonic()
    try:
        _run(began)
    except (AirflowStackError, LocalServiceError, ExchangeError, DemoError) as error:
        print(f"\nThe demo failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    return 0


def _run(began: float) -> None:
    _HOME.mkdir(exist_ok=True)
    _RESULT.unlink(missing_ok=True)
    print("Starting the local Extend service and Airflow (scheduler, triggerer, worker) …", flush=True)
    with (
        LocalServiceProcess(_HOME / "extend.log", "--processing-time", "2") as service,
        AirflowStack(
            _HOME / "airflow", _ROOT / "example_dags", connections={"extend_default": service.connection()}
        ) as stack,
    ):
        print(f"Airflow {stack.version} is up after {time.monotonic() - began:.0f} s. Running DAG {_DAG}:", flush=True)
        run_id = stack.trigger_dag(_DAG, {"filled_form": str(_RESULT)})
        state = stack.wait_for_dag(_DAG, run_id, _DAG_TIMEOUT, on_change=lambda *change: _show(began, *change))
        if state != "success":
            raise DemoError(stack.failure_report(_DAG, run_id))
        result = stack.xcoms(_DAG, run_id, "wait")["return_value"]
    _report(result, time.monotonic() - began)


def _show(began: float, task: str, state: str | None) -> None:
    if state in _SHOWN_STATES:
        print(f"  {time.monotonic() - began:5.1f} s  {task:<10} {state}", flush=True)


def _report(result: dict[str, Any], seconds: float) -> None:
    values = _values_in(_RESULT)
    missing = [name for name in result["filled_fields"] if not values.get(name)]
    if missing:
        raise DemoError(f"These fields are empty in {_RESULT}: {', '.join(missing)}")
    print(f"\nEdit run {result['run_id']} gave file {result['output_file_ids'][0]} for {result['credits']} credits.")
    print("Read back from the filled PDF:")
    for name, value in values.items():
        print(f"  {name:<21} {value}")
    print(f"\nOpen it: {_RESULT.relative_to(Path.cwd()) if _RESULT.is_relative_to(Path.cwd()) else _RESULT}")
    print(f"The DAG: example_dags/{_DAG}.py")
    print(f"Done in {seconds:.0f} s.")


def _values_in(pdf: Path) -> dict[str, str]:
    from pypdf import PdfReader

    fields = PdfReader(pdf).get_fields() or {}
    return {name: _text(field.value) for name, field in fields.items() if field.value is not None}


def _text(value: Any) -> str:
    """Show a value on one line; PDF spells the state of a button as a name, with a slash before it."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return " / ".join(str(value).removeprefix("/").splitlines())


if __name__ == "__main__":
    sys.exit(main())
