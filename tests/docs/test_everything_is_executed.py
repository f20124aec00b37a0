"""No block and no command of the pages is there that no test executes."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from dev.pages import Block
from tests.docs import claims
from tests.docs.claims import BLOCKS, COMMANDS, NOT_EXECUTED

HERE = Path(__file__).parent


@pytest.fixture(scope="module", autouse=True)
def _all_claims() -> None:
    """Tests claim blocks when they are imported, of which this run may have chosen a few."""
    for file in HERE.glob("test_*.py"):
        importlib.import_module(f"tests.docs.{file.stem}")


def left() -> list[claims.Block | claims.Inline]:
    return [item for item in (*BLOCKS, *COMMANDS) if item not in claims.claimed]


def test_a_test_executes_every_block_and_every_command() -> None:
    unknown = [str(item) for item in left() if not item.code.startswith(tuple(NOT_EXECUTED))]
    assert unknown == [], "No test executes these; see tests/docs/claims.py"


@pytest.mark.parametrize(
    "block",
    [
        Block("docs/new.md", 1, "yaml", "executor: KubernetesExecutor\n"),
        Block("docs/new.md", 1, "text", "All is well.\n"),
        Block("docs/new.md", 1, "python", "hook.get_conn()\n"),
    ],
    ids=lambda block: block.language,
)
def test_a_new_block_of_no_known_kind_is_noticed(block: Block, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.BLOCKS", [*BLOCKS, block])

    assert block in left()


def test_the_list_of_exceptions_has_no_entry_too_many() -> None:
    lines = [line for block in BLOCKS for line in block.code.splitlines()]
    for begin, reason in NOT_EXECUTED.items():
        assert [line for line in lines if line.startswith(begin)], begin
        assert reason
    assert len(NOT_EXECUTED) == 2, "Think twice before you add one"


def test_there_is_something_to_execute() -> None:
    assert len(BLOCKS) > 60
    assert {"python", "bash", "console", "text", "json", "toml"} <= {block.language for block in BLOCKS}
    assert len(COMMANDS) > 30


def test_every_block_names_its_language() -> None:
    assert [str(block) for block in BLOCKS if not block.language] == []
