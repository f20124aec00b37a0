"""Searches everything that an Airflow keeps: its database, past rows included, and all of its logs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.e2e.row_history import stored_values

if TYPE_CHECKING:
    from dev.airflow_stack import AirflowStack

PRESIGNED_URL = re.compile(r"/_files/[^\s?]*\?(?:[^\s*]*&)?(?:expires|signature)=")
"""A download URL of the local service together with its signature."""

LOGS = "logs"


def places_of(needle: str | re.Pattern[str], stack: AirflowStack) -> set[str]:
    """
    Find out where a text can be read.

    :param needle: a text without characters that JSON would escape, or a pattern.
    :param stack: whose database and logs to search.
    :return: ``table.column`` for the database; ``logs/<file name>`` for logs.
    """
    pattern = re.compile(re.escape(needle)) if isinstance(needle, str) else needle
    found = {place for place, value in stored_values(stack) if pattern.search(value)}
    for path in stack.log_files():
        if pattern.search(path.read_text(errors="replace")):
            # Those of triggers are told apart by the number of their triggerer, and so are those of workers.
            found.add(re.sub(r"(\.trigger|worker)[.-]\d+\.log$", r"\1.log", f"{LOGS}/{path.name}"))
    return found
