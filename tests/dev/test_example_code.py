from __future__ import annotations

import pytest

from dev.example_code import UnknownNameError, example_code

FILE = '''"""Says what it is for."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal

try:
    from airflow.sdk import DAG
except ImportError:
    from airflow import DAG

FORM = Path("w9.pdf")


class Form(Model):
    name: str


with DAG("a") as dag:
    # Why it is so.
    first = Operator(
        task_id="first",
    )

    @task
    def second() -> None: ...

    third = fourth = Operator()
    first >> second()
'''


def test_without_names_it_is_all_but_the_head() -> None:
    assert example_code(FILE) == FILE.partition("annotations\n\n")[2]


def test_pieces_of_a_dag_move_to_the_margin_with_their_comments() -> None:
    assert example_code(FILE, ["first"]) == '# Why it is so.\nfirst = Operator(\n    task_id="first",\n)\n'


def test_decorators_belong_to_a_function() -> None:
    assert example_code(FILE, ["second"]) == "@task\ndef second() -> None: ...\n"


def test_pieces_come_in_the_order_of_the_file_with_empty_lines_between_them() -> None:
    assert example_code(FILE, ["fourth", "Form", "FORM"]) == (
        'FORM = Path("w9.pdf")\n\n\nclass Form(Model):\n    name: str\n\n\nthird = fourth = Operator()\n'
    )


def test_imports_are_taken_by_what_they_import() -> None:
    assert example_code(FILE, ["Literal", "date"]) == "from datetime import date\nfrom typing import Literal\n"
    assert example_code(FILE, ["DAG"]).startswith("try:\n")


def test_a_statement_that_binds_two_names_comes_once() -> None:
    assert example_code(FILE, ["third", "fourth"]).count("Operator()") == 1


def test_the_dag_is_all_of_the_with_statement() -> None:
    assert example_code(FILE, ["dag"]) == FILE[FILE.index("with DAG") :]


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(UnknownNameError, match="no fifth"):
        example_code(FILE, ["first", "fifth"])
