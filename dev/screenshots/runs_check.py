"""What Airflow shows about tasks: names instead of numbers, no form values, and the way to Extend's dashboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dev.screenshots.deployment import folder_of_documents
from dev.screenshots.error import ScreenshotError
from dev.screenshots.views import RunOfDag

if TYPE_CHECKING:
    from pathlib import Path

    from dev.airflow_stack import AirflowStack
    from dev.screenshots.browser import Camera
    from dev.screenshots.views import Views

_TIMEOUT = 300.0
_SIZE = {"width": 1280, "height": 640}
_DASHBOARD = "https://dashboard.extend.ai/runs/"
_NAMES = ("full_name", "email", "start_date")
_VALUES = ("Jordan", "example.com", "2026-12-01")
"""What stands in ``example_dags/fill_from_values.py``."""


def run_dags(stack: AirflowStack, folder: Path) -> dict[str, RunOfDag]:
    """
    Run the examples that are photographed, with the connection that was saved in the form.

    :param stack: Airflow.
    :param folder: for what they read and write.
    :return: DAG id to run.
    :raises ScreenshotError: a run failed.
    """
    asked = {
        "fill_from_values": {"filled_form": str(folder / "filled.pdf")},
        "parse_folder": {"folder": folder_of_documents(folder).as_uri()},
        "packet": {"results": str(folder / "packet")},
        "workflow_review": {"result": str(folder / "reviewed.json")},
    }
    runs = {dag_id: RunOfDag(dag_id, stack.trigger_dag(dag_id, conf)) for dag_id, conf in asked.items()}
    for dag_id, run in runs.items():
        if dag_id == "workflow_review":  # waits for a human
            stack.wait_for_task_state(dag_id, run.run_id, "reviewed", "deferred", _TIMEOUT)
        elif stack.wait_for_dag(dag_id, run.run_id, _TIMEOUT) != "success":
            raise ScreenshotError(stack.failure_report(dag_id, run.run_id))
    return runs


def check_runs(views: Views, runs: dict[str, RunOfDag], camera: Camera) -> None:
    """
    Look at the pages about runs and tasks, and photograph them.

    :param views: the pages.
    :param runs: of :func:`run_dags`.
    :param camera: to take the pictures with.
    :raises ScreenshotError: a page does not show what it should, or shows what it must not.
    """
    views.open_grid(runs["packet"])
    camera.take("grid", **_SIZE)
    names = views.mapped_names(runs["parse_folder"], "parse")
    camera.take("mapped-tasks", **_SIZE)
    if sorted(names) != ["i9.pdf", "w4.pdf", "w9.pdf"]:
        raise ScreenshotError(f"The instances of a mapped task are called {names}, not after their files.")
    text = views.rendered_template(runs["fill_from_values"], "fill")
    camera.take("rendered-template", **_SIZE)
    missing = [name for name in _NAMES if name not in text]
    shown = [value for value in _VALUES if value in text]
    if missing or shown:
        raise ScreenshotError(f"The rendered template lacks the names {missing}, and shows the values {shown}.")
    _check_links(views, runs, camera)


def _check_links(views: Views, runs: dict[str, RunOfDag], camera: Camera) -> None:
    seen = {
        "edit": views.run_link(runs["fill_from_values"], "fill"),
        "parse": views.run_link(runs["parse_folder"], "parse", 0),
        "extract": views.run_link(runs["packet"], "extract", 0),
        "workflow": views.run_link(runs["workflow_review"], "process"),
    }
    camera.take("run-link", **_SIZE)
    for kind, link in seen.items():
        has_one = kind in {"extract", "workflow"}  # those of the others are not in the API
        if (link is not None and link.startswith(_DASHBOARD)) if has_one else link is None:
            continue
        raise ScreenshotError(f"The link of the {kind} run leads to {link}.")
