"""One Airflow from the empty form to the finished runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dev.screenshots.browser import Camera, open_browser
from dev.screenshots.button_check import SUCCESS, WRONG_REGION, Case, check_button
from dev.screenshots.deployment import WORKSPACE, Deployment, deployment
from dev.screenshots.form_check import check_new_form, check_reopened_form
from dev.screenshots.form_of_airflow_2 import FormOfAirflow2
from dev.screenshots.form_of_airflow_3 import EXTRA_PART, STANDARD_PART, FormOfAirflow3
from dev.screenshots.runs_check import check_runs, run_dags
from dev.screenshots.views_of_airflow_2 import ViewsOfAirflow2
from dev.screenshots.views_of_airflow_3 import ViewsOfAirflow3

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from dev.screenshots.form import ConnectionForm
    from dev.screenshots.views import Views

_CONN_ID = "extend_default"


def photograph(python: str, folder: Path, images: Path, say: Callable[[str], None]) -> None:
    """
    Start Airflow, check what it shows, and take the pictures.

    :param python: interpreter with Airflow and this package installed.
    :param folder: for what Airflow and the services write.
    :param images: folder for the pictures.
    :param say: called with what has been done.
    :raises ScreenshotError: a page does not show what it should.
    """
    with deployment(python, folder) as running, open_browser() as page:
        say(f"Airflow {running.stack.version} is up.")
        form, views = _of_its_line(running, page)
        camera = Camera(page, images, running.line)
        _form(form, running, page, camera)
        say("The connection form shows what it should, and keeps what is filled in.")
        check_button(form, running, lambda case: _look(case, camera))
        say("The Test button says what the documentation says.")
        check_runs(views, run_dags(running.stack, folder), camera)
        say("Grid, mapped tasks, rendered template and links are right.")


def _of_its_line(running: Deployment, page: Page) -> tuple[ConnectionForm, Views]:
    url = running.stack.base_url
    if running.stack.version.startswith("2."):
        return FormOfAirflow2(page, url), ViewsOfAirflow2(page, url)
    return FormOfAirflow3(page, running.stack.api), ViewsOfAirflow3(page, url)


def _form(form: ConnectionForm, running: Deployment, page: Page, camera: Camera) -> None:
    values = {"password": running.eu1.api_key, "region": "eu1", "workspace_id": WORKSPACE, "timeout": "30"}
    form.open_new(_CONN_ID)
    check_new_form(form)
    form.fill({"password": values["password"]})
    _take_form(form, camera)
    form.fill({name: value for name, value in values.items() if name != "password"})
    form.save()
    form.open_saved(_CONN_ID)
    check_reopened_form(form, values, page.content())


def _take_form(form: ConnectionForm, camera: Camera) -> None:
    if isinstance(form, FormOfAirflow3):
        form.unfold(STANDARD_PART)
        camera.take("connection-form", height=780)
        form.unfold(EXTRA_PART)
        camera.take("connection-extras", height=1340)
    else:
        camera.take("connection-form", top=60, height=1560)


def _look(case: Case, camera: Camera) -> None:
    if case.message == SUCCESS:
        camera.take("connection-test", height=480)
    if case.message == WRONG_REGION:
        camera.take("connection-test-failed", height=480)
