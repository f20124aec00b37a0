"""Links, paths and names of tests in the pages lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import extend_provider
from dev.pages import ROOT, inline_code
from tests.docs.claims import PAGES
from tests.docs.tables import slugs

PACKAGE = Path(extend_provider.__file__).parent
A_PATH = re.compile(r"(?:tests|extend_provider|dev|docs|example_dags|benchmarks)/[\w./-]*|\.ci/run")


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", PAGES[page]):
        path, _, anchor = target.partition("#")
        if not path.startswith("https://"):
            file = ((ROOT / page).parent / path).resolve() if path else ROOT / page
            assert file.is_relative_to(ROOT)
            assert file.exists(), target
            assert not anchor or anchor in slugs(file.read_text()), target


@pytest.mark.parametrize("page", PAGES)
def test_paths_exist(page: str) -> None:
    paths = [piece.code for piece in inline_code(page, PAGES[page]) if A_PATH.fullmatch(piece.code)]
    for path in paths if page != "docs/testing-dags.md" else ():  # which speaks of the reader's files
        assert any((folder / path).exists() for folder in (ROOT, PACKAGE.parent)), path
