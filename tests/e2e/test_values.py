"""Forms are filled by the names of their fields, which are detected on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.pdf_forms import values_in
from tests.e2e.run_files import write_form, write_input
from tests.e2e.starting import start_together

if TYPE_CHECKING:
    from pathlib import Path

    from dev.airflow_stack import AirflowStack

RUN_TIMEOUT = 120


def test_fields_are_detected_and_filled_by_name(
    airflow_stack: AirflowStack, form_pdf: bytes, marker: str, tmp_path: Path
) -> None:
    names = ("filled_by_name", "detected_once")
    folders = {name: tmp_path / name for name in names}
    for folder in folders.values():
        folder.mkdir()
    asked = {"full_name": f"{marker} by name", "agree": True}
    people = [{"full_name": f"{marker} {index}"} for index in range(2)]
    planned = {
        name: (name, write_input(folder, file=write_form(folder, form_pdf), values=asked, people=people))
        for name, folder in folders.items()
    }

    runs = start_together(airflow_stack, planned)

    for name in names:
        state = airflow_stack.wait_for_dag(name, runs[name], RUN_TIMEOUT)
        assert state == "success", airflow_stack.failure_report(name, runs[name])
    assert values_in(folders["filled_by_name"] / "filled.pdf") == asked
    detected = airflow_stack.xcoms("detected_once", runs["detected_once"], "detect")
    assert detected["schema"] == detected["return_value"]["schema"]
    for index in range(2):
        filled = airflow_stack.xcoms("detected_once", runs["detected_once"], "fill", index)
        assert filled["return_value"]["filled_fields"] == ["full_name"]
