"""The pages of Airflow 3 about runs and tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from dev.screenshots.views import LINK, RunOfDag

if TYPE_CHECKING:
    from playwright.sync_api import Page


class ViewsOfAirflow3:
    """
    See :class:`dev.screenshots.views.Views`.

    :param page: of the browser.
    :param base_url: of the web interface.
    """

    def __init__(self, page: Page, base_url: str) -> None:
        self._page, self._base_url = page, base_url

    def open_grid(self, run: RunOfDag) -> None:
        self._open(run)
        expect(self._page.get_by_text("Task Instances").first).to_be_visible()

    def mapped_names(self, run: RunOfDag, task_id: str) -> list[str]:
        self._open(run, f"/tasks/{task_id}/mapped")
        rows = self._page.locator("table tbody tr").filter(has=self._page.get_by_text("Success"))
        expect(rows.first).to_be_visible()
        return [row.get_by_role("link").first.inner_text() for row in rows.all()]

    def rendered_template(self, run: RunOfDag, task_id: str) -> str:
        self._open(run, f"/tasks/{task_id}/rendered_templates")
        expect(self._page.get_by_text("extend_conn_id")).to_be_visible()
        return self._page.locator("body").inner_text()

    def run_link(self, run: RunOfDag, task_id: str, map_index: int = -1) -> str | None:
        place = "" if map_index < 0 else f"/mapped/{map_index}"
        self._open(run, f"/tasks/{task_id}{place}/details")
        expect(self._page.get_by_text("Priority Weight")).to_be_visible()
        link = self._page.get_by_role("link", name=LINK)
        return link.get_attribute("href") if link.count() else None

    def _open(self, run: RunOfDag, place: str = "") -> None:
        self._page.goto(f"{self._base_url}/dags/{run.dag_id}/runs/{run.run_id}{place}")
        self._page.wait_for_load_state("networkidle")
