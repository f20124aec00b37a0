"""The pages about runs and tasks, as the checks see them; each line of Airflow releases has its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

LINK = "Extend run"


@dataclass(frozen=True)
class RunOfDag:
    """
    A DAG run.

    :param dag_id: of the DAG.
    :param run_id: of the run.
    """

    dag_id: str
    run_id: str


class Views(Protocol):
    """Opens pages, and reads what they show."""

    def open_grid(self, run: RunOfDag) -> None:
        """Open the page of a run."""

    def mapped_names(self, run: RunOfDag, task_id: str) -> list[str]:
        """Open the list of the instances of a mapped task, and return what they are called."""
        raise NotImplementedError

    def rendered_template(self, run: RunOfDag, task_id: str) -> str:
        """Open the page with the rendered template of a task, and return its text."""
        raise NotImplementedError

    def run_link(self, run: RunOfDag, task_id: str, map_index: int = -1) -> str | None:
        """Open the page with the details of a task instance, and return where its link to Extend leads."""
        raise NotImplementedError
