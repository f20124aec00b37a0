"""No Airflow process is warned of this package. Named so that it looks at the logs of the tests before it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from dev.airflow_stack import AirflowStack

TIMEOUT = 120
A_WARNING = re.compile(r"\b\w*Warning\b")
ABOUT_US = re.compile(r"extend_provider[/.]|airflow-provider-extend")


@pytest.fixture(scope="module", autouse=True)
def one_more_run(airflow_stack: AirflowStack, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Something to look at, even if no test ran before."""
    result = tmp_path_factory.mktemp("warnings") / "filled.pdf"
    run_id = airflow_stack.trigger_dag("fill_form", {"filled_form": str(result)})
    assert airflow_stack.wait_for_dag("fill_form", run_id, TIMEOUT) == "success"


def lines(stack: AirflowStack) -> list[str]:
    return [line for path in stack.log_files() for line in path.read_text(errors="replace").splitlines()]


def test_no_warning_is_about_this_package(airflow_stack: AirflowStack) -> None:
    assert [line for line in lines(airflow_stack) if ABOUT_US.search(line) and A_WARNING.search(line)] == []


def test_the_search_would_find_one(airflow_stack: AirflowStack) -> None:
    warned = "{warnings.py:110} WARNING - /lib/extend_provider/hooks/extend.py:12 DeprecationWarning: old"
    assert ABOUT_US.search(warned)
    assert A_WARNING.search(warned)
    assert any("Waiting for Extend edit run" in line for line in lines(airflow_stack)), "tasks and triggers are there"
