"""
``make screenshots``: look at the web interface of the oldest and the newest Airflow in a real browser.

It fills the connection form in, saves, reopens and tests it, runs examples and looks at what Airflow shows about them;
exit status 0 if all of that is right. Pictures of it are written to ``docs/images``.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

from dev.airflow_processes import AirflowStackError
from dev.local_service import LocalServiceError
from dev.loopback import ExchangeError
from dev.matrix.environment import PinChangedError
from dev.matrix.uv import UvError
from dev.screenshots.deployment import ROOT
from dev.screenshots.error import ScreenshotError
from dev.screenshots.interpreters import LINES, interpreter

if TYPE_CHECKING:
    from collections.abc import Sequence

try:
    from playwright.sync_api import Error as BrowserError

    from dev.screenshots.session import photograph
except ModuleNotFoundError as error:
    sys.exit(f"{error}: use `make screenshots`, which installs it.")

IMAGES = ROOT / "docs" / "images"
_SHOWN_LINES = 20
_ERRORS = (
    *(AirflowStackError, AssertionError, BrowserError, ExchangeError, LocalServiceError),
    *(PinChangedError, ScreenshotError, UvError),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Check and photograph.

    :param arguments: command line; None for the process's own.
    :return: exit status.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    options = _parser().parse_args(arguments)
    IMAGES.mkdir(exist_ok=True)
    given = dict(text.split("=", 1) for text in options.python)
    good = [_line(line, given) for line in options.airflow]
    return 0 if all(good) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dev.screenshots", description=__doc__)
    parser.add_argument("--airflow", nargs="+", choices=LINES, default=LINES, help="only these")
    help_text = "interpreter to use, for example 2.11=/venv/bin/python; by default its environment is made"
    parser.add_argument("--python", nargs="+", default=[], metavar="LINE=PATH", help=help_text)
    return parser


def _line(line: str, given: dict[str, str]) -> bool:
    began = time.monotonic()
    say = partial(_say, line, began)
    folder = ROOT / "build" / "screenshots" / line
    try:
        python = interpreter(line, ROOT, folder, given)
        shutil.rmtree(folder / "airflow" / "logs", ignore_errors=True)
        photograph(python, folder, IMAGES, say)
    except _ERRORS as error:
        # Playwright quotes the whole page.
        say("FAILED: " + "\n".join(str(error).splitlines()[:_SHOWN_LINES]))
        return False
    return True


def _say(line: str, began: float, text: str) -> None:
    print(f"{line}: {time.monotonic() - began:4.0f} s  {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
