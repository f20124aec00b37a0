"""Pieces of a Python file, by the names that they bind: what the pages show of the example DAGs."""

from __future__ import annotations

import ast
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class UnknownNameError(ValueError):
    """The file binds no such name."""


def example_code(text: str, names: Sequence[str] = ()) -> str:
    """
    Take pieces out of a Python file, with the comments above them and the empty lines between them.

    :param text: of the file.
    :param names: what the module binds, or a ``with DAG(…)`` in it: variables, functions, classes, imported names;
        ``dag`` takes all of ``with DAG(…) as dag``. Default: all but docstring and ``from __future__``.
    :return: the pieces, in the order of the file and moved to the left margin.
    :raises UnknownNameError: there is no such name.
    """
    tree = ast.parse(text)
    found: dict[str, ast.stmt] = {}
    for node in _statements(tree):
        found.update((name, node) for name in _bound(node) if name not in found)
    if missing := set(names) - set(found):
        raise UnknownNameError(f"There is no {' and no '.join(sorted(missing))} in the file.")
    nodes = {id(found[name]): found[name] for name in names}.values() if names else _all(tree)
    return _together(text.splitlines(), sorted(nodes, key=lambda node: node.lineno))


def _all(tree: ast.Module) -> list[ast.stmt]:
    begin = 1 if ast.get_docstring(tree) is not None else 0
    return [node for node in tree.body[begin:] if not _is_future(node)]


def _statements(tree: ast.Module) -> Iterator[ast.stmt]:
    for node in tree.body:
        yield node
        if isinstance(node, ast.With):
            yield from node.body


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _bound(node: ast.stmt) -> Iterator[str]:
    """Names that a statement binds."""
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from (alias.asname or alias.name for alias in node.names)
    elif isinstance(node, ast.Try):
        yield from (name for part in node.body for name in _bound(part))
    elif isinstance(node, ast.Assign):
        yield from (name for target in node.targets for name in _variables(target))
    elif isinstance(node, ast.With):
        yield from (name for item in node.items for name in _variables(item.optional_vars))


def _variables(target: ast.expr | None) -> list[str]:
    return [part.id for part in ast.walk(target) if isinstance(part, ast.Name)] if target else []


def _together(lines: list[str], nodes: list[ast.stmt]) -> str:
    """The statements with comments above them, and empty lines between them as in a well-formed file."""
    code = ""
    for before, node in zip([None, *nodes], nodes, strict=False):
        first = min([node.lineno, *(item.lineno for item in getattr(node, "decorator_list", ()))]) - 1
        while first and lines[first - 1].lstrip().startswith("#"):
            first -= 1
        begin = first
        while begin and not lines[begin - 1]:
            begin -= 1
        code += "\n" * max(first - begin, _least_empty(before, begin)) if before else ""
        code += textwrap.dedent("\n".join(lines[first : node.end_lineno])) + "\n"
    return code


def _least_empty(before: ast.stmt, begin: int) -> int:
    """How many empty lines follow a statement, if what comes next begins elsewhere."""
    if isinstance(before, (ast.FunctionDef, ast.ClassDef)):
        return 1 if before.col_offset else 2
    left_out = begin > (before.end_lineno or 0)
    return int(left_out and not isinstance(before, (ast.Import, ast.ImportFrom)))
