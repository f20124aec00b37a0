"""A service whose list is up to date at once, so that nothing has to settle."""

from __future__ import annotations

import pytest

from extend_provider.submit import search


@pytest.fixture(autouse=True)
def nothing_settles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_SETTLE", 0.0)
