from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dev import docs
from dev.example_code import UnknownNameError

if TYPE_CHECKING:
    from pathlib import Path

STALE = """# Page

<!-- from dags/one.py: first -->
```python
old = 1
older = 2
```

Text.

<!-- from dags/one.py: second -->
```python
```

```python
of_its_own = 3
```
"""
RENEWED = STALE.replace("old = 1\nolder = 2\n", "first = 1\n").replace(
    "```python\n```\n", "```python\nsecond = 2\n```\n"
)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "one.py").write_text("first = 1\nsecond = 2\n")
    monkeypatch.setattr("dev.docs.ROOT", tmp_path)
    return tmp_path


@pytest.mark.usefixtures("root")
def test_blocks_are_taken_from_their_sources_and_others_left_alone() -> None:
    assert docs.renew("page.md", STALE) == RENEWED
    assert docs.renew("page.md", RENEWED) == RENEWED


@pytest.mark.usefixtures("root")
def test_a_name_that_is_not_there_is_an_error() -> None:
    with pytest.raises(UnknownNameError):
        docs.renew("page.md", STALE.replace("second", "third"))


def test_the_command_writes_the_pages_that_changed(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "fresh.md").write_text(RENEWED)
    monkeypatch.setattr("dev.docs.pages", lambda: {"stale.md": STALE, "fresh.md": RENEWED})

    assert docs.main() == 0

    assert (root / "stale.md").read_text() == RENEWED
    assert capsys.readouterr().out == "Rewritten: stale.md\n"
