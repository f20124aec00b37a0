"""The pages of Airflow 2.11 about runs and tasks: the grid, and one page for each other thing."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from playwright.sync_api import expect

from dev.screenshots.views import LINK, RunOfDag

if TYPE_CHECKING:
    from playwright.sync_api import Page


class ViewsOfAirflow2:
    """
    See :class:`dev.screenshots.views.Views`.

    :param page: of the browser.
    :param base_url: of the web interface.
    """

    def __init__(self, page: Page, base_url: str) -> None:
        self._page, self._base_url = page, base_url

    def open_grid(self, run: RunOfDag) -> None:
        self._open(run)
        expect(self._page.get_by_role("tab", name="Details")).to_be_visible()

    def mapped_names(self, run: RunOfDag, task_id: str) -> list[str]:
        self._open(run, task_id=task_id, tab="mapped_tasks")
        table = self._page.get_by_role("tabpanel").get_by_role("table")
        expect(table.get_by_text("success").first).to_be_visible()
        return [row.locator("td").first.inner_text() for row in table.locator("tbody tr").all()]

    def rendered_template(self, run: RunOfDag, task_id: str) -> str:
        self._open(run, task_id=task_id)
        self._page.get_by_role("link", name="More Details").click()
        self._page.get_by_role("link", name="Rendered Template").click()
        expect(self._page.get_by_text("extend_conn_id")).to_be_visible()
        return self._page.locator("body").inner_text()

    def run_link(self, run: RunOfDag, task_id: str, map_index: int = -1) -> str | None:
        place = {"task_id": task_id} if map_index < 0 else {"task_id": task_id, "map_index": str(map_index)}
        self._open(run, **place)
        expect(self._page.get_by_text("Operator", exact=True).first).to_be_visible()
        self._page.wait_for_load_state("networkidle")
        link = self._page.get_by_role("link", name=LINK)
        return link.get_attribute("href") if link.count() else None

    def _open(self, run: RunOfDag, **place: str) -> None:
        query = urlencode({"dag_run_id": run.run_id, **place})
        self._page.goto(f"{self._base_url}/dags/{run.dag_id}/grid?{query}")
        self._page.wait_for_load_state("networkidle")
