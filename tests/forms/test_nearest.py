from __future__ import annotations

import pytest

from extend_provider.forms.nearest import nearest

NAMES = ["first_name", "last_name", "consent", "address.city", "Zip-Code"]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("frist_name", "first_name"),
        ("firstName", "first_name"),
        ("LAST NAME", "last_name"),
        ("consnet", "consent"),
        ("city", "address.city"),
        ("zip_code", "Zip-Code"),
        ("xyz", None),
        ("", None),
        ("___", None),
    ],
)
def test_nearest(word: str, meant: str | None) -> None:
    assert nearest(word, NAMES) == meant


def test_nothing_to_choose_from() -> None:
    assert nearest("word", []) is None
