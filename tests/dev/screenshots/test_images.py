"""Every picture is shown somewhere, and every picture that is shown is there, small, for both Airflows."""

from __future__ import annotations

import re
from pathlib import Path

from dev.matrix.releases import NEWEST, OLDEST

DOCS = Path(__file__).parents[3] / "docs"
IMAGES = DOCS / "images"
LINES = {".".join(release.version.split(".")[:2]) for release in (OLDEST, NEWEST)}
FOR_ONE_LINE = {"connection-extras"}  # Airflow 3 folds them away


def test_every_picture_is_shown_with_words_for_who_cannot_see_it() -> None:
    shown = re.findall(r"!\[(.*?)\]\(images/(.+?)\)", "".join(page.read_text() for page in DOCS.glob("*.md")))
    assert {name for _, name in shown} == {path.name for path in IMAGES.iterdir()}
    assert all(len(words) > 10 for words, _ in shown)


def test_pictures_are_small_and_of_both_airflows() -> None:
    kinds: dict[str, set[str]] = {}
    for path in IMAGES.iterdir():
        assert path.stat().st_size <= 150_000, path
        kind, _, line = path.stem.rpartition("-")
        kinds.setdefault(kind, set()).add(line)
    for kind, lines in kinds.items():
        assert lines <= LINES
        assert lines == LINES or kind in FOR_ONE_LINE
