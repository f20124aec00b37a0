"""What Python code of the pages takes as given, and how it reads on the Airflow that is installed."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
import textwrap
from typing import Any

from dev.pages import Block
from tests.airflow_names import ObjectStoragePath, task
from tests.docs.claims import PAGES
from tests.docs.tables import rows

_HAS_SDK = importlib.util.find_spec("airflow.sdk") is not None
_IN_AIRFLOW_2 = {"DAG": "airflow", "task": "airflow.decorators", "ObjectStoragePath": "airflow.io.path"}


def class_imports() -> str:
    """Imports of all classes in README's table: pages show them once, not in every block."""
    return "".join(f"from {module} import {name}\n" for name, module, _ in rows(PAGES["README.md"], "class"))


def class_names() -> dict[str, Any]:
    """The same as a namespace to execute code in."""
    names: dict[str, Any] = {"task": task, "ObjectStoragePath": ObjectStoragePath}
    for name, module, _ in rows(PAGES["README.md"], "class"):
        names[name] = getattr(importlib.import_module(module), name)
    return names


def for_this_airflow(code: str) -> str:
    """Import from where Airflow 2 has it, where this is one; docs/compatibility.md says so."""
    if _HAS_SDK:
        return code
    return re.sub(
        r"^from airflow\.sdk import (.*)$",
        lambda names: "; ".join(f"from {_IN_AIRFLOW_2[name]} import {name}" for name in names[1].split(", ")),
        code,
        flags=re.MULTILINE,
    )


def as_dag_file(block: Block, arguments: dict[str, str]) -> str:
    """
    Make a DAG file of a block, which may be only a part of one.

    :param block: with tasks.
    :param arguments: code of arguments for tasks that the block defines and does not call, by the parameter's name.
    :return: the file's text.
    """
    head = "from airflow.sdk import DAG, ObjectStoragePath, task\n" + class_imports() + "import json\n\n\n"
    head += 'def load_person(person_id):\n    return {"first_name": person_id}\n\n\n'
    if "with DAG(" in block.code:
        return for_this_airflow(head + block.code)
    body = block.code + "".join(f"{call}\n" for call in _missing_calls(block.code, arguments))
    return for_this_airflow(head + f'with DAG("{dag_id(block)}", schedule=None):\n' + textwrap.indent(body, " " * 4))


def dag_id(block: Block) -> str:
    """Id for the DAG of a block."""
    return re.sub(r"\W+", "_", str(block))


def _missing_calls(code: str, arguments: dict[str, str]) -> list[str]:
    calls = []
    for node in ast.parse(code).body:
        if isinstance(node, ast.FunctionDef) and node.decorator_list and f"\n{node.name}(" not in code:
            given = ", ".join(arguments[parameter.arg] for parameter in node.args.args)
            calls.append(f"{node.name}({given})")
    return calls
