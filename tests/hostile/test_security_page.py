"""The page about security names tests; they exist where it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()
NAMED = sorted(set(re.findall(r"`(test_\w+)`", PAGE)))


@pytest.mark.parametrize("name", NAMED)
def test_named_test_exists(name: str) -> None:
    [file] = [file for file in (ROOT / "tests").rglob("test_*.py") if f"def {name}(" in file.read_text()]
    place = str(file.relative_to(ROOT))

    # The file's name stands after the test's, or it is one of the folder that the paragraph is about.
    text = PAGE[PAGE.index(f"`{name}`") :].partition("\n- ")[0].partition("\n\n")[0]
    assert place in text or place.startswith("tests/hostile/")


def test_it_names_some() -> None:
    assert len(NAMED) > 20
