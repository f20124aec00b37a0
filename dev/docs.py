"""
``make docs``: take the code that the pages show of the example DAGs from there anew.

A comment above a block names its source, and what of it is shown::

    <!-- from example_dags/retention.py: create, delete -->

Without names, it is the whole file but for its docstring. See :func:`dev.example_code.example_code`.
"""

from __future__ import annotations

import sys

from dev.example_code import example_code
from dev.pages import ROOT, Source, blocks, pages


def main() -> int:
    """Rewrite the pages; return the exit status."""
    for page, text in pages().items():
        renewed = renew(page, text)
        if renewed != text:
            (ROOT / page).write_text(renewed)
            print(f"Rewritten: {page}")
    return 0


def renew(page: str, text: str) -> str:
    """
    Put the code of the sources into a page.

    :param page: its path.
    :param text: its text.
    :return: its text with today's code.
    :raises UnknownNameError: a source does not bind a name that the page asks for.
    """
    lines = text.splitlines(keepends=True)
    for block in reversed(list(blocks(page, text))):
        if block.source:
            begin = block.line
            lines[begin : begin + len(block.code.splitlines())] = [code_of(block.source)]
    return "".join(lines)


def code_of(source: Source) -> str:
    """
    Read what a source holds.

    :param source: file and names.
    :return: the code.
    :raises UnknownNameError: the file does not bind a name.
    """
    return example_code((ROOT / source.file).read_text(), source.names)


if __name__ == "__main__":
    sys.exit(main())
