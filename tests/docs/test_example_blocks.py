"""
Blocks that show example DAGs are taken from there.

What executes them is ``tests/e2e/test_example_dags.py``, which runs every example on a real Airflow.
"""

from __future__ import annotations

import pytest

from dev.docs import code_of
from dev.pages import ROOT, Block
from tests.docs.claims import BLOCKS, PAGES, each
from tests.e2e.examples import EXAMPLE_DAGS

FROM_EXAMPLES = [block for block in BLOCKS if block.source]


@each(FROM_EXAMPLES)
def test_the_block_is_that_of_the_example(block: Block) -> None:
    assert block.source is not None
    assert (ROOT / block.source.file).parent == EXAMPLE_DAGS
    assert block.code == code_of(block.source), "Run: make docs"


def test_the_readme_shows_an_example() -> None:
    assert any(block.page == "README.md" for block in FROM_EXAMPLES)


@pytest.mark.parametrize("page", PAGES)
def test_no_block_repeats_an_example_without_saying_so(page: str) -> None:
    """Six lines in a row that an example holds too are no coincidence."""
    sources = ["\n".join(line.strip() for line in file.read_text().splitlines()) for file in EXAMPLE_DAGS.glob("*.py")]
    for block in BLOCKS:
        if block.page == page and block.language == "python" and not block.source:
            lines = [line.strip() for line in block.code.splitlines() if line.strip()]
            for first in range(len(lines) - 5):
                piece = "\n".join(lines[first : first + 6])
                assert not any(piece in source for source in sources), f"{block}: {piece}"
