"""What Airflow calls a mapped task: the name of its file, where it would show a number."""

from __future__ import annotations

import ast
import json
from pathlib import PurePath
from typing import Any
from urllib.parse import unquote, urlsplit

from extend_provider.redaction import MASK, is_notation, redact_file

__all__ = ["file_label", "name_after_file", "takes_mapped_file"]

_FILE_ARGUMENTS = ("file", "files")
_CONTEXT_KEY = "extend_file_name"
_LONGEST = 80


def takes_mapped_file(task: Any) -> bool:
    """
    Tell, before it is rendered, whether each of its mapped instances has a file of its own.

    Where all fill the same form, its name would tell nothing apart.
    """
    names = [name for name in _FILE_ARGUMENTS if getattr(task, name, None)]
    as_written = task.dag.task_dict.get(task.task_id) if task.has_dag() else None
    partial_kwargs = getattr(as_written, "partial_kwargs", None)
    if partial_kwargs is not None:
        return any(name not in partial_kwargs for name in names)
    # In a mapped task group, what is mapped comes from the group.
    return any(not isinstance(getattr(task, name), (str, dict, list, tuple)) for name in names)


def name_after_file(task: Any, context: Any) -> None:
    """
    Have Airflow show the name of the file instead of the index; a ``map_index_template`` of the user's own wins.

    :param task: a rendered task.
    :param context: that Airflow renders the template with.
    """
    is_mapped = getattr(context.get("ti"), "map_index", -1) >= 0
    if not is_mapped or context.get("map_index_template") is not None:
        return
    label = next(filter(None, (file_label(getattr(task, name, None)) for name in _FILE_ARGUMENTS)), "")
    if label and not (task.dag.render_template_as_native_obj and _is_literal(label)):
        # Not the name itself: it may look like a template.
        context[_CONTEXT_KEY], context["map_index_template"] = label, f"{{{{ {_CONTEXT_KEY} }}}}"


def file_label(file: Any) -> str:
    """
    Return what to call a file: the last part of a path or URL, without a URL's query; an Extend file's id.

    :param file: an argument ``file`` or ``files``.
    :return: at most 80 characters; empty if there is nothing to call it by.
    """
    if isinstance(file, (list, tuple)):
        more = f" and {len(file) - 1} more" if len(file) > 1 else ""
        return f"{first}{more}" if file and (first := file_label(file[0])) else ""
    if isinstance(file, dict):
        return next(filter(None, (file_label(file.get(key)) for key in ("name", "url", "id"))), "")
    shown = str(redact_file(str(file))) if file else ""
    if is_notation(shown):
        return file_label(json.loads(shown))
    name = _last_part(shown)
    name = "".join(character if character.isprintable() else " " for character in name)
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def _last_part(file: str) -> str:
    if file == MASK:
        return ""
    parts = urlsplit(file)
    if not parts.scheme:
        return PurePath(file).name
    # A URL without a host, such as data:, may hold the document itself.
    return unquote(PurePath(parts.path).name) if parts.netloc or parts.scheme == "file" else ""


def _is_literal(text: str) -> bool:
    """Tell whether Jinja would make something else than text of it, which Airflow takes for no name."""
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return False
    return True
