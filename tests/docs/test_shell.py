"""The shell that follows the pages notices when something else happens than they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dev.pages import Block
from tests.docs.shell import Shell, compare, steps

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def console(code: str) -> Block:
    return Block("docs/page.md", 1, "console", code)


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    with Shell(tmp_path) as shell:
        yield shell


def test_commands_and_their_output() -> None:
    block = console("$ one \\\n    --more\nshown\nshown too\n$ two\n")

    assert list(steps(block)) == [("one \\\n    --more", ["shown", "shown too"]), ("two", [])]


def test_other_blocks_are_one_command() -> None:
    assert list(steps(Block("docs/page.md", 1, "bash", "one\ntwo\n"))) == [("one\ntwo\n", [])]


def test_variables_outlive_a_command(shell: Shell) -> None:
    assert "Kim" in shell.follow(console("$ export NAME=Kim\n$ echo $NAME\nKim\n"))


def test_what_placeholders_stand_for_goes_into_the_next_command(shell: Shell) -> None:
    said = shell.follow(console('$ echo \'{"id": "edt_x1"}\'\n{"id": "edt_..."}\n$ echo "it is edt_..."\n'))

    assert "it is edt_x1" in said


@pytest.mark.parametrize(
    "code", ["$ false\n", "$ echo one\ntwo\n", "$ printf 'one\\ntwo\\n'\ntwo\none\n", "$ no-such-thing\n"]
)
def test_what_does_not_happen_is_noticed(shell: Shell, code: str) -> None:
    with pytest.raises(AssertionError):
        shell.follow(console(code))


def test_the_end_of_the_shell_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="has ended"), Shell(tmp_path) as shell:
        shell.run("exit 3")


def test_output_between_the_lines_shown_is_fine() -> None:
    assert compare("a\nb\nid edr_1\nc", ["a", "id edr_..."]) == {"edr_...": "edr_1"}
