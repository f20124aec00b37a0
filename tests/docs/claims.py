"""
Which test executes which block of the pages.

A test takes its blocks through :func:`each` or :func:`claim` when its module is imported. What no test has claimed,
``test_everything_is_executed.py`` complains of. Which kind a block is of, its language and code decide, so a new block
of a known kind needs no test of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeVar

import pytest

from dev.pages import Block, Inline, blocks, inline_code, pages

T = TypeVar("T", Block, Inline)

# Beginning of a block or of a line in it, and why nothing executes it.
NOT_EXECUTED = {
    "operators  sensors": "It draws the layers; tests/test_layers.py enforces them.",
    "# apt-get install": "It needs root and Debian's archive; dev/distributed tells which packages are missing.",
}

PAGES = pages()
BLOCKS = [block for page, text in PAGES.items() for block in blocks(page, text)]
_A_COMMAND = re.compile(r"(\w+=\S+ )*(make|python|airflow|pip|pytest|curl|docker|kubectl|helm|\.venv/\S+) .+|\.ci/run")
COMMANDS = [
    piece for page, text in PAGES.items() for piece in inline_code(page, text) if _A_COMMAND.fullmatch(piece.code)
]
# Programs of this project that take minutes; and what root installs for them.
_PROGRAMS = re.compile(r"(\$ )?(make|\S*python -m (benchmarks|dev)\S*)( |$)|# apt-get install ")

claimed: set[Block | Inline] = set()


def claim(items: Iterable[T]) -> list[T]:
    """Note that the calling test executes these."""
    listed = list(items)
    claimed.update(listed)
    return listed


def each(items: Iterable[T], name: str = "block") -> pytest.MarkDecorator:
    """Run a test for each of these, and note that it executes them."""
    return pytest.mark.parametrize(name, claim(items), ids=str)


def the_block(page: str, begins: str) -> Block:
    """Claim the only block of a page that begins so."""
    found = [block for block in BLOCKS if block.page == page and block.code.startswith(begins)]
    assert len(found) == 1, f"{page}: {len(found)} blocks begin with {begins!r}"
    return claim(found)[0]


def is_python(block: Block) -> bool:
    """Code that no example DAG holds."""
    return block.language == "python" and not block.source


def is_test(block: Block) -> bool:
    """Tests for pytest."""
    return is_python(block) and "def test_" in block.code


def is_for_a_dag(block: Block) -> bool:
    """Tasks, in a DAG or for one."""
    return is_python(block) and not is_test(block) and bool(re.search(r"\btask_id=|^@task\b", block.code, re.MULTILINE))


def is_shell(block: Block) -> bool:
    """Commands for a shell."""
    return block.language in {"bash", "console", "sh"}


def takes_long(block: Block) -> bool:
    """Nothing but this project's own programs, which take minutes."""
    return is_shell(block) and all(_PROGRAMS.match(line) for line in block.code.splitlines())


def installs(block: Block) -> bool:
    """It begins with pip."""
    return is_shell(block) and block.code.removeprefix("$ ").startswith("pip install")


def sets_connections(block: Block) -> bool:
    """Nothing but environment variables with connections."""
    return is_shell(block) and not re.search(r"^(?!export AIRFLOW_CONN_|[ }]).+", block.code, re.MULTILINE)
