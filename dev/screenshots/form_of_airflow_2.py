"""The connection form of Airflow 2.11: one page, made by Flask-AppBuilder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from dev.screenshots.form import CONNECTION_TYPE, STANDARD_FIELDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playwright.sync_api import Locator, Page


class FormOfAirflow2:
    """
    See :class:`dev.screenshots.form.ConnectionForm`.

    :param page: of the browser.
    :param base_url: of the web interface.
    """

    def __init__(self, page: Page, base_url: str) -> None:
        self._page, self._base_url = page, base_url

    def open_new(self, conn_id: str) -> None:
        self._page.goto(f"{self._base_url}/connection/add")
        self._page.fill("#conn_id", conn_id)
        self._page.locator("tr", has=self._page.locator("#conn_type")).locator(".select2-container").click()
        self._page.keyboard.type(CONNECTION_TYPE)
        self._page.locator(".select2-results__option", has_text=CONNECTION_TYPE).first.click()
        expect(self._page.locator("label[for=password]")).to_have_text("API key")

    def open_saved(self, conn_id: str) -> None:
        self._page.goto(f"{self._base_url}/connection/list/?_flt_3_conn_id={conn_id}")
        self._page.locator("a[href*='/connection/edit/']").first.click()
        expect(self._page.locator("#conn_id")).to_have_value(conn_id)

    def field(self, name: str) -> Locator:
        return self._page.locator(f"#{name}" if name in STANDARD_FIELDS else f"#extra__extend__{name}")

    def text_around(self, name: str) -> str:
        return self.field(name).locator("xpath=ancestor::tr[1]").inner_text()

    def json_label(self) -> str | None:
        return self._page.locator("label[for=extra]").inner_text()

    def choices(self, name: str) -> list[str]:
        return self.field(name).locator("option").all_inner_texts()

    def value(self, name: str) -> str:
        return self.field(name).input_value()

    def fill(self, values: Mapping[str, str]) -> None:
        for name, value in values.items():
            field = self.field(name)
            if field.evaluate("field => field.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)

    def save(self) -> None:
        self._page.get_by_role("button", name="Save").click()
        expect(self._page.locator(".alert-success")).to_contain_text("Row")

    def test(self, conn_id: str, values: Mapping[str, str]) -> str:
        self.open_new(conn_id)
        self.fill(values)
        return self._press_test()

    def test_saved(self, conn_id: str, password: str) -> str:
        self.open_saved(conn_id)
        self.fill({"password": password})  # the form does not send a saved one
        return self._press_test()

    def _press_test(self) -> str:
        with self._page.expect_response("**/connections/test"):
            self._page.locator("#test-connection").click()
        alert = self._page.locator(".alert").first
        expect(alert).to_be_visible()
        self._page.evaluate("window.scrollTo(0, 0)")
        return alert.inner_text()
