from __future__ import annotations

from typing import Any

import pytest

from extend_provider.forms.checking import misfits

TEXT = {"type": ["string", "null"]}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "day": {**TEXT, "format": "date"},
        "strict": {"type": "string", "format": "date"},
        "rate": {"type": ["number", "null"]},
        "kind": {"enum": ["a", "b"]},
        "name": TEXT,
    },
}


@pytest.mark.parametrize("blank", ["", "  "], ids=["empty", "blanks"])
def test_blank_text_where_it_does_not_fit_is_told_how_to_be_nothing(blank: str) -> None:
    assert list(misfits(SCHEMA, dict.fromkeys(SCHEMA["properties"], blank))) == [
        "day: takes a date such as 2026-12-31; give None to leave the field empty",
        "strict: takes a date such as 2026-12-31",
        "rate: takes a number, not text; give None to leave the field empty",
        "kind: takes one of 'a', 'b'; give None to leave the field empty",
    ]
    assert list(misfits(SCHEMA, {"day": None, "rate": None, "kind": None})) == []
