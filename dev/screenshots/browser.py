"""A browser without a screen, and its camera."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from playwright.sync_api import expect, sync_playwright

from dev.screenshots.error import ScreenshotError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import FloatRect, Page

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# It runs as root in containers, and talks to nobody but the Airflow on this machine.
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_WIDTH, _HEIGHT = 1100, 760
_PATIENCE = 60_000
"""Milliseconds for anything to appear on a page; Airflow shares the processor with what it shows."""
_LAYOUT = 1000
"""Milliseconds after which a page has adapted to the size of its window: diagrams move."""
_LARGEST = 150_000


@contextmanager
def open_browser() -> Iterator[Page]:
    """
    Open a page in a new Chromium, for ``with``.

    :return: the page; whatever is waited for on it has a minute to appear.
    :raises ScreenshotError: there is no Chromium.
    """
    with sync_playwright() as playwright:
        expect.set_options(timeout=_PATIENCE)
        browser = playwright.chromium.launch(executable_path=_chromium(), args=_FLAGS)
        try:
            page = browser.new_page(viewport={"width": _WIDTH, "height": _HEIGHT})
            page.set_default_timeout(_PATIENCE)
            yield page
        finally:
            browser.close()


def _chromium() -> str:
    asked_for = os.environ.get("CHROMIUM")
    found = next(filter(None, map(shutil.which, [asked_for] if asked_for else _NAMES)), None)
    if found is None:
        raise ScreenshotError("There is no Chromium: install it (Debian: apt-get install chromium), or set CHROMIUM.")
    return found


class Camera:
    """
    Takes pictures of a page.

    :param page: to look at.
    :param folder: where to put them.
    :param version: of Airflow; part of their names.
    """

    def __init__(self, page: Page, folder: Path, version: str) -> None:
        self._page, self._folder, self._version = page, folder, version

    def take(self, name: str, *, width: int = _WIDTH, height: int = _HEIGHT, top: int = 0) -> None:
        """
        Take a picture of a window of this size.

        :param name: of the picture.
        :param width: in pixels.
        :param height: in pixels.
        :param top: where the picture begins, in pixels from the top of the page.
        :raises ScreenshotError: it is too large to be kept with the sources.
        """
        self._page.set_viewport_size({"width": width, "height": height})
        self._page.mouse.move(0, 0)
        self._page.wait_for_timeout(_LAYOUT)
        area: FloatRect = {"x": 0, "y": top, "width": width, "height": height}
        path = self._folder / f"{name}-{self._version}.png"
        self._page.screenshot(path=path, clip=area, full_page=True, animations="disabled", caret="hide")
        self._page.set_viewport_size({"width": _WIDTH, "height": _HEIGHT})
        if path.stat().st_size > _LARGEST:
            raise ScreenshotError(f"{path} has {path.stat().st_size} bytes; {_LARGEST} is enough.")
