from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from dev.screenshots import runs_check
from dev.screenshots.error import ScreenshotError
from dev.screenshots.runs_check import check_runs
from dev.screenshots.views import RunOfDag

EXAMPLE = Path(__file__).parents[3] / "example_dags" / "fill_from_values.py"
RUNS = {dag_id: RunOfDag(dag_id, "r") for dag_id in ("fill_from_values", "parse_folder", "packet", "workflow_review")}
DASHBOARD = "https://dashboard.extend.ai/runs/x"


class Views:
    """The pages as they should be, where they are not told otherwise."""

    def __init__(self, **otherwise: Any) -> None:
        self._otherwise = otherwise

    def open_grid(self, run: RunOfDag) -> None:
        pass

    def mapped_names(self, run: RunOfDag, task_id: str) -> list[str]:
        return list(self._otherwise.get("names", ["w9.pdf", "i9.pdf", "w4.pdf"]))

    def rendered_template(self, run: RunOfDag, task_id: str) -> str:
        return str(self._otherwise.get("text", "full_name: *** email: *** start_date: ***"))

    def run_link(self, run: RunOfDag, task_id: str, map_index: int = -1) -> str | None:
        links = {"extract": DASHBOARD, "process": DASHBOARD, **self._otherwise}
        found: str | None = links.get(task_id)
        return found


class Camera:
    def __init__(self) -> None:
        self.taken: list[str] = []

    def take(self, name: str, **size: int) -> None:
        self.taken.append(name)


def check(views: Any) -> list[str]:
    camera: Any = Camera()
    check_runs(views, RUNS, camera)
    return list(camera.taken)


def test_all_is_well() -> None:
    assert check(Views()) == ["grid", "mapped-tasks", "rendered-template", "run-link"]


@pytest.mark.parametrize(
    ("otherwise", "complaint"),
    [
        ({"names": ["0", "1", "2"]}, "not after their files"),
        ({"text": "email start_date"}, r"lacks the names \['full_name'\]"),
        ({"text": "full_name: Jordan Avery email start_date"}, r"shows the values \['Jordan'\]"),
        ({"process": None}, "link of the workflow run"),
        ({"extract": "https://example.com"}, "link of the extract run"),
        ({"fill": ""}, "link of the edit run"),
    ],
)
def test_what_is_wrong_is_found(otherwise: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ScreenshotError, match=complaint):
        check(Views(**otherwise))


def test_names_and_values_are_those_of_the_example() -> None:
    spec = importlib.util.spec_from_file_location("fill_from_values_of_the_pictures", EXAMPLE)
    assert spec
    assert spec.loader
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    assert set(runs_check._NAMES) <= set(example.VALUES)
    assert all(any(part in str(value) for value in example.VALUES.values()) for part in runs_check._VALUES)
