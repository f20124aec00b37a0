"""Commands of Airflow in the pages do what they should, in an Airflow of their own."""

from __future__ import annotations

import json
import shlex
import sqlite3
from typing import TYPE_CHECKING

import pytest

from extend_provider.local import LocalService
from tests.docs.claims import BLOCKS, COMMANDS, claim, is_shell
from tests.docs.shell import steps

if TYPE_CHECKING:
    from dev.pages import Block, Inline
    from tests.docs.scratch_airflow import ScratchAirflow

# One process prepares what they share.
pytestmark = [pytest.mark.timeout(400), pytest.mark.xdist_group("scratch_airflow")]

PAGE_OF_THE_LONG_STORY = "docs/examples.md"  # see test_examples_page.py
IN_BLOCKS: list[Block] = [
    block
    for block in BLOCKS
    if is_shell(block)
    and block.page != PAGE_OF_THE_LONG_STORY
    and all(command.startswith("airflow ") for command, _ in steps(block))
]
IN_TEXT: list[Inline] = [piece for piece in COMMANDS if piece.code.startswith("airflow ")]
EXECUTED: list[Block | Inline] = [*claim(IN_BLOCKS), *claim(IN_TEXT)]
# All in one process, because each would import Airflow for seconds.
RUN = """
import json, sys
from airflow.cli import cli_parser
parser = cli_parser.get_parser()
for number, command in enumerate(json.loads(sys.argv[1])):
    print("<<", flush=True)
    arguments = parser.parse_args(command)
    arguments.func(arguments)
"""


def commands(item: Block | Inline) -> list[str]:
    return [item.code] if item in IN_TEXT else [command for command, _ in steps(item)]  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def outputs(scratch_airflow: ScratchAirflow) -> list[str]:
    """What each command writes. None fails."""
    lines = [shlex.split(command)[1:] for item in EXECUTED for command in commands(item)]
    with LocalService() as service:
        # What is in the environment, the Test button and its command prefer to the database.
        connection = service.connection_json()
        said = scratch_airflow.run(
            *("-c", RUN, json.dumps(lines)),
            AIRFLOW_CONN_EXTEND_DEFAULT=connection,
            AIRFLOW__CORE__TEST_CONNECTION="Enabled",
        )
    return said.split("<<\n")[1:]


@pytest.mark.parametrize("index", range(len(EXECUTED)), ids=lambda index: str(EXECUTED[index]))
def test_the_command_ends_well(index: int, outputs: list[str]) -> None:
    before = sum(len(commands(item)) for item in EXECUTED[:index])
    for number, command in enumerate(commands(EXECUTED[index]), before):
        if command.startswith("airflow connections test"):
            assert "Connection success!" in outputs[number]
        assert "Traceback" not in outputs[number]


def rows(airflow: ScratchAirflow, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(airflow.home / "airflow.db") as database:
        return database.execute(query).fetchall()


@pytest.mark.usefixtures("outputs")
def test_the_connection_is_there(scratch_airflow: ScratchAirflow) -> None:
    assert rows(scratch_airflow, "SELECT conn_id, conn_type FROM connection") == [("extend_default", "extend")]


@pytest.mark.usefixtures("outputs")
def test_the_pool_counts_deferred_tasks(scratch_airflow: ScratchAirflow) -> None:
    assert ("extend", 40, 1) in rows(scratch_airflow, "SELECT pool, slots, include_deferred FROM slot_pool")
