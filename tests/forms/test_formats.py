from __future__ import annotations

from typing import Any

import pytest

from extend_provider.forms.formats import format_wanted


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("date", "2026-12-01"),
        ("date-time", "2026-12-01T08:30:00.123456+00:00"),
        ("date-time", "2026-12-01T08:30:00.5Z"),
        ("date-time", "2026-12-01 08:30"),
        ("date-time", "2026-12-01T08:30:00.123456789"),
        ("date-time", "2026-12-01"),
        ("date-time", "2026-12-01T08:30:00+0200"),
        ("date-time", "2026-12-01T08:30:00.5-0330"),
        ("date-time", "2026-12-01T08:30+02"),
        ("date-time", "2026-12-01T08:30:00,5+02:00"),
        ("time", "08:30:00+0200"),
        ("time", "08:30"),
        ("time", "08:30:00.000001Z"),
        ("uuid", "00000000-0000-0000-0000-000000000007"),
        ("decimal", "95.50"),
        ("email", "anything"),
        (None, "anything"),
        ([], "anything"),
    ],
)
def test_texts_that_fit(name: Any, text: str) -> None:
    assert format_wanted({"type": "string", "format": name}, text) is None


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("date", "banana"),
        ("date", ""),
        ("date", "12/01/2026"),
        ("date", "2026-02-30"),
        ("date", "2026-12-01T00:00:00"),
        ("date", "2026-12-01\n"),
        ("date", "20261201"),
        ("date-time", "banana"),
        ("date-time", "2026-W49-2"),
        ("date-time", "2026-12-01T25:00"),
        ("date-time", "2026-12-01T0830"),
        ("date-time", "2026-12-01T08:30:00+99"),
        ("time", "8 o'clock"),
        ("time", "0830"),
        ("uuid", "7"),
        ("decimal", "banana"),
        ("decimal", "NaN"),
        ("decimal", "Infinity"),
    ],
)
def test_texts_that_do_not(name: str, text: str) -> None:
    wanted = format_wanted({"type": "string", "format": name}, text)
    assert wanted
    assert wanted.startswith("a ")
