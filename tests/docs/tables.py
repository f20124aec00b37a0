"""Tables and headings of the pages."""

from __future__ import annotations

import re


def rows(text: str, first_column: str) -> list[list[str]]:
    """The cells of the table with this head, without backticks and without the head."""
    table = re.search(rf"^\| {re.escape(first_column)} \|.*\n\|[-|]+\|\n((?:\|.*\n?)+)", text, re.MULTILINE)
    assert table, f"no table {first_column}"
    lines = table[1].replace("`", "").splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def slugs(text: str) -> set[str]:
    """What links to headings of a page end with."""
    heads = re.findall(r"^#+ (.*)$", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}
