"""``make chaos``: exit status 0 if every task got its one run and the right answer, whatever was killed."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

from dev.airflow_processes import AirflowStackError
from dev.chaos.options import read_options
from dev.chaos.report import shortfalls, table
from dev.chaos.session import run_session
from dev.local_service import LocalServiceError
from dev.loopback import ExchangeError

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Test, and print the table.

    :param arguments: command line; None for the process's own.
    :return: exit status: 0 passed, 1 not, 2 for arguments that make no sense.
    """
    # So that `kill` and a closed terminal clean up like Ctrl-C does.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    options = read_options(arguments)
    _say(f"Seed {options.seed}, at most {options.minutes:g} minutes. Starting the local Extend service and Airflow …")
    try:
        outcome = run_session(options, _say)
    except (AirflowStackError, LocalServiceError, ExchangeError) as error:
        _say(f"\nThe test could not be carried out: {error}")
        return 1
    except KeyboardInterrupt:
        _say("\nStopped.")
        return 130
    _say(f"\n{table(outcome)}\n")
    reasons = shortfalls(outcome, options)
    for reason in reasons:
        _say(f"FAILED: {reason}")
    _say(f"Logs and database: {options.home}" if reasons else "Passed.")
    return 1 if reasons else 0


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
