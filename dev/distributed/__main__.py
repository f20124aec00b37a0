"""``make distributed``: tests with a real Airflow on PostgreSQL, Redis, two Celery workers and two triggerers."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dev.distributed import DISTRIBUTED, VARIABLE
from dev.distributed.programs import MissingProgramsError, find_programs

if TYPE_CHECKING:
    from collections.abc import Sequence

TESTS = (
    # Celery's settings that the pages name can be checked where its provider is.
    "tests/docs/test_settings.py",
    "tests/e2e/test_example_dags.py",
    "tests/e2e/test_restart.py",
    "tests/e2e/test_kill.py",
    "tests/e2e/test_retries.py",
    "tests/e2e/test_timeouts.py",
    "tests/e2e/test_lost_answers.py",
    "tests/e2e/distributed",
    # They search what the others have left behind.
    "tests/e2e/test_warnings.py",
    "tests/e2e/test_secrets.py",
)
_TESTS_FOLDER = "tests/"
_ROOT = Path(__file__).parents[2]
_USAGE_ERROR = 2


def read_options(arguments: Sequence[str]) -> list[str]:
    """
    Read the command line.

    :param arguments: of pytest. Paths below ``tests`` take the place of all tests.
    :return: arguments for pytest.
    :raises SystemExit: a path does not exist.
    """
    chosen = [argument for argument in arguments if argument.startswith(_TESTS_FOLDER)]
    for path in chosen:
        if not (_ROOT / path.partition("::")[0]).exists():
            print(f"There is no {path}.", file=sys.stderr)
            raise SystemExit(_USAGE_ERROR)
    return [*([] if chosen else TESTS), *arguments]


def main(arguments: Sequence[str]) -> int:
    """
    Run the tests.

    :param arguments: command line, see :func:`read_options`.
    :return: exit status: 2 if programs are missing, else that of pytest.
    """
    options = read_options(arguments)
    try:
        find_programs()
    except MissingProgramsError as error:
        print(error, file=sys.stderr)
        return _USAGE_ERROR
    os.environ[VARIABLE] = DISTRIBUTED
    return int(pytest.main(options))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
