"""The connection form of Airflow 3: a dialog with folded parts, and a Test button in the list of connections."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from dev.screenshots.form import CONNECTION_TYPE, STANDARD_FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playwright.sync_api import Locator, Page

    from dev.airflow_api import AirflowApi

STANDARD_PART, EXTRA_PART = "Standard Fields", "Extra Fields"


class FormOfAirflow3:
    """
    See :class:`dev.screenshots.form.ConnectionForm`.

    :param page: of the browser.
    :param api: of Airflow.
    """

    def __init__(self, page: Page, api: AirflowApi) -> None:
        self._page, self._api = page, api
        self._dialog = page.get_by_role("dialog")

    def open_new(self, conn_id: str) -> None:
        self._open_list()
        self._page.get_by_role("button", name="Add Connection").click()
        self._dialog.locator("input[name=connection_id]").fill(conn_id)
        self._dialog.get_by_role("combobox").first.click()
        self._page.keyboard.type(CONNECTION_TYPE)
        self._page.get_by_role("option", name=CONNECTION_TYPE, exact=True).click()
        expect(self._dialog.get_by_text("API key", exact=True)).to_be_visible()

    def open_saved(self, conn_id: str) -> None:
        self._open_list()
        self._row(conn_id).get_by_role("button", name="Edit Connection").click()
        expect(self._dialog.locator("input[name=connection_id]")).to_have_value(conn_id)
        expect(self._dialog.get_by_role("button", name=STANDARD_PART)).to_be_visible()

    def field(self, name: str) -> Locator:
        self.unfold(STANDARD_PART if name in STANDARD_FIELDS else EXTRA_PART)
        return self._dialog.locator(f"input[name={name}]" if name in STANDARD_FIELDS else f"#element_{name}")

    def unfold(self, part: str) -> None:
        """Show a part of the form."""
        button = self._dialog.get_by_role("button", name=part, exact=True)
        if button.get_attribute("aria-expanded") != "true":
            button.click()
        expect(button).to_have_attribute("aria-expanded", "true")

    def text_around(self, name: str) -> str:
        around = "xpath=ancestor::*[@data-scope='field' and @data-part='root'][1]"
        return self.field(name).locator(around).inner_text()

    def json_label(self) -> str | None:
        return None  # a part of the form of its own, which keeps what is typed there

    def choices(self, name: str) -> list[str]:
        self.field(name).get_by_role("combobox").click()
        texts = self._page.get_by_role("option").all_inner_texts()
        self._page.keyboard.press("Tab")  # Escape would close the dialog
        return texts

    def value(self, name: str) -> str:
        chosen = self.field(name).locator("input[type=hidden]")
        return (chosen if chosen.count() else self.field(name)).input_value()

    def fill(self, values: Mapping[str, str]) -> None:
        for name, value in values.items():
            box = self.field(name).get_by_role("combobox")
            if box.count():
                box.click()
                self._page.get_by_role("option", name=f"{value}:").click()
            else:
                self.field(name).fill(value)

    def save(self) -> None:
        self._dialog.get_by_role("button", name="Save").click()
        expect(self._dialog).to_be_hidden()

    def test(self, conn_id: str, values: Mapping[str, str]) -> str:
        self.open_new(conn_id)
        self.fill(values)
        self.save()
        said = self.test_saved(conn_id)
        self._api.request("DELETE", f"/connections/{conn_id}")
        return said

    def test_saved(self, conn_id: str, password: str = "") -> str:  # noqa: ARG002 - Airflow 3 knows the saved one
        # Airflow 3.3.1 and 3.3.2 refuse to test a connection without a port (apache/airflow#73298). The base URL of
        # a region, and a base URL with a port, make nothing of it.
        port = {"connection_id": conn_id, "conn_type": "extend", "port": 443}
        self._api.request("PATCH", f"/connections/{conn_id}?update_mask=port", port)
        self._open_list()
        self._row(conn_id).get_by_role("button", name="Test Connection").click()
        toast = self._page.locator("[data-scope=toast][data-part=description]").first
        expect(toast).to_be_visible()
        return toast.inner_text()

    def _open_list(self) -> None:
        self._page.goto(f"{self._api.base_url}/connections")

    def _row(self, conn_id: str) -> Locator:
        return self._page.get_by_role("row").filter(has=self._page.get_by_text(conn_id, exact=True))
