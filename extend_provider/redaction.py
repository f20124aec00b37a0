"""
What must not be shown, and how it is taken out.

Form values are personal data, and presigned URLs are credentials. The rules for both stand here once, for error
messages, logs, rendered templates and trigger rows alike.
"""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit, urlunsplit

__all__ = [
    "MASK",
    "is_notation",
    "is_path_object",
    "json_in",
    "looks_like_path",
    "mask_values",
    "quote",
    "redact_config",
    "redact_destination",
    "redact_facts",
    "redact_file",
    "redact_path",
    "redact_schema",
    "redact_secrets",
    "redact_url",
    "redact_values",
    "values_in",
    "without_keys",
]

MASK = "***"

VALUE_KEY = "extend_edit:value"
# Free text: it usually holds values, and nothing tells them from the words around them.
_FREE_TEXT_KEYS = frozenset({"instructions", "schemaGenerationInstructions"})
_FIELDS_KEY = "properties"
_SECRET_KEYS = frozenset({"password"})
# Of these, nothing below is to be shown: what opens other services, and results that are known already.
_SECRET_TREES = frozenset({"secrets", "output"})
_DOCUMENT_KEYS = frozenset({"text"})
# Shorter values ("CA", "1") would turn every message into asterisks without protecting anybody.
_SHORTEST_MASKED = 4
# What begins so is a dict, a list or a quoted text, in JSON or in Python's notation, which Jinja makes of objects.
_NOTATIONS = ("{", "[", '"', "'")
# Patterns are compiled at first use: operators are imported with every DAG file.
# Python's notation of an object (name='Jordan' ssn=123), and text of several lines: a document, but no path.
_NO_PATH = r"=['\"]|[\r\n]|^[^/\\]*=[^/\\]*$"
_ENDING = r"\.\w{1,10}$"
# Object stores allow 1,024 bytes for a key.
_LONGEST_PATH = 1200
_URL = r"(?i)https?://[^\s'\"<>]+"
_LONGEST_QUOTE = 500
# Of a text without end, this much is looked at.
_LONGEST_LOOK = 10_000


def redact_url(url: str) -> str:
    """Return the URL without user info, query and fragment: those carry the signature of a presigned URL."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return MASK
    if not parts.scheme or not parts.netloc:
        return url
    host = parts.netloc.rpartition("@")[2]
    query = MASK if parts.query else ""
    return urlunsplit((parts.scheme, host, parts.path, query, ""))


def _redact_urls(text: str) -> str:
    """Return the text with all URLs in it redacted; it may be one itself, with any scheme."""
    return re.sub(_URL, lambda found: redact_url(found.group()), redact_url(text))


def is_path_object(value: Any) -> bool:
    """Whether a value is a path of ``pathlib``, or one in object storage; tells without importing Airflow."""
    return isinstance(value, os.PathLike) or hasattr(type(value), "fs")


def is_notation(text: str) -> bool:
    """Whether a text begins like JSON, or like what Python writes of a dict, a list or a quoted text."""
    text = text.strip()
    return text.startswith(_NOTATIONS) or (text.startswith("(") and text.endswith(")"))


def looks_like_path(text: str) -> bool:
    """Whether a text has a slash, or a file ending."""
    return "/" in text or "\\" in text or bool(re.search(_ENDING, text))


def redact_path(path: Any) -> str:
    """
    Return a path or URL as it may be shown: without user info, query and fragment.

    Of text that looks like no path, nothing is shown: it may be a document, or an object that Jinja has made text of.
    """
    text = str(path).strip()
    if text[:5].lower() == "data:":
        return f"data:{MASK}"
    if "://" in text:
        shown = _redact_urls(text)
    else:
        head, question_mark, _ = text.partition("?")
        shown = f"{head}?{MASK}" if question_mark else head
    is_prose = len(shown) > _LONGEST_PATH or (not looks_like_path(shown) and len(shown.split()) > 1)
    return MASK if is_prose or is_notation(shown) or re.search(_NO_PATH, shown) else shown


def redact_destination(path: Any) -> Any:
    """Return a path to write to as it may be shown: a URL, which is none and is refused, without its query."""
    is_url = isinstance(path, str) and path.strip().lower().startswith(("http://", "https://"))
    return redact_path(path) if is_url else path


def redact_file(file: Any) -> Any:
    """
    Return a ``file`` argument as it may be shown: a URL without its query, a wire-form dict without its password and
    without the text of a document, as text too; of several files, each.
    """
    if isinstance(file, str):
        return _redact_notation(file, redact_file) if is_notation(file) else redact_path(file)
    if isinstance(file, Mapping):
        hidden = _SECRET_KEYS | _DOCUMENT_KEYS
        return {key: MASK if key in hidden else redact_file(value) for key, value in file.items()}
    if _is_list(file):
        return [redact_file(one) for one in file]
    return file if _is_plain(file) or is_path_object(file) else MASK


def redact_facts(facts: Any) -> Any:
    """Return ``metadata``, which users choose to show, without what signs the URLs in it."""
    if isinstance(facts, str):
        return _redact_urls(facts)
    if isinstance(facts, Mapping):
        return {redact_facts(key) if isinstance(key, str) else key: redact_facts(value) for key, value in facts.items()}
    return [redact_facts(fact) for fact in facts] if _is_list(facts) else facts


def redact_secrets(secrets: Any) -> Any:
    """Return a map of secrets as it may be shown: their names."""
    return dict.fromkeys(secrets, MASK) if isinstance(secrets, dict) else secrets and MASK


def redact_config(config: Any) -> Any:
    """Return a run's ``config`` as it may be shown: names and layout stay, values and free text go."""
    if isinstance(config, str):
        return _redact_notation(config, redact_config)
    return [redact_config(item) for item in config] if _is_list(config) else _shown_below(config)


def redact_schema(schema: Any) -> Any:
    """Return a ``schema`` argument as it may be shown: a path or a class as it is, a schema without values."""
    if isinstance(schema, str):
        return redact_config(schema) if is_notation(schema) else redact_path(schema)
    # An instance, where its class was meant, holds values.
    return schema if is_path_object(schema) else redact_config(schema)


def redact_values(values: Any) -> Any:
    """Return a ``values`` argument as it may be shown: the names of the fields, and none of the values."""
    if values is None:
        return None
    if isinstance(values, str):
        try:
            values = json_in(values)
        except ValueError:
            return MASK
    elif hasattr(values, "model_dump"):
        # Not dumped: serializers are the user's code, and what they and pydantic say of a value quotes it.
        cls = values if isinstance(values, type) else type(values)
        values = dict.fromkeys(getattr(cls, "model_fields", ()), MASK) or MASK
    return _names_only(values)


def _names_only(values: Any) -> Any:
    if isinstance(values, Mapping):
        return {str(name): _names_only(value) for name, value in values.items()}
    if isinstance(values, (list, tuple)) and any(isinstance(item, Mapping) for item in values):
        return [_names_only(item) for item in values]
    return MASK


def json_in(text: str) -> Any:
    """
    Return what a text says in JSON, or in Python's own notation, which Jinja makes of a dict.

    :raises ValueError: it says nothing in either.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except ValueError:
        try:
            return ast.literal_eval(text.strip())
        except (SyntaxError, MemoryError, RecursionError, TypeError):
            raise ValueError("neither JSON nor Python") from None


def _shown(key: Any, value: Any) -> Any:
    # Where free text belongs, a list or a dict is a mistake, and says no less.
    if key == VALUE_KEY or (key in _FREE_TEXT_KEYS and value is not None):
        return MASK
    if key == _FIELDS_KEY and isinstance(value, Mapping):
        # Here keys are names of fields, which may be called as they like.
        return {
            name: _shown_below(item) if isinstance(item, Mapping) else _shown(name, item)
            for name, item in value.items()
        }
    return _shown_below(value)


def _shown_below(value: Any) -> Any:
    """Inside a config, text is layout: a name, a type, an option of a list. What JSON cannot say is no layout."""
    if isinstance(value, str):
        return _redact_urls(value)
    if isinstance(value, Mapping):
        return {key: _shown(key, item) for key, item in value.items()}
    if _is_list(value):
        return [_shown_below(item) for item in value]
    return value if _is_plain(value) else MASK


def _is_list(value: Any) -> bool:
    """Whether a value is a list, or what Airflow gives for one, such as the results of a mapped task."""
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray))


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, (bool, int, float, type))


def _redact_notation(text: str, redact: Callable[[Any], Any]) -> str:
    """A dict or list given as text is shown redacted, and any other text not at all."""
    try:
        value = json_in(text)
        return json.dumps(redact(value), default=lambda _: MASK) if isinstance(value, (dict, list, tuple)) else MASK
    except (ValueError, TypeError, RecursionError):
        return MASK


def without_keys(value: Any, names: frozenset[str]) -> Any:
    """Return plain JSON without the keys of these names. Not recursive: it may be nested deeper than Python calls."""
    holder = [value]
    nodes: list[Any] = [holder]
    while nodes:
        node = nodes.pop()
        for key, item in node.items() if isinstance(node, dict) else enumerate(node):
            if isinstance(item, dict):
                node[key] = {name: below for name, below in item.items() if name not in names}
            elif isinstance(item, list):
                node[key] = list(item)
            else:
                continue
            nodes.append(node[key])
    return holder[0]


def values_in(body: Any) -> set[str]:
    """Return the form values, passwords and documents, as text, that a config or a request body holds."""
    # Somebody who quotes a value may quote it as it stood in the JSON.
    return {form for text in _values(body) if len(text) >= _SHORTEST_MASKED for form in (text, json.dumps(text)[1:-1])}


def _values(body: Any) -> Iterator[str]:
    """Not recursive: what the service sends may be nested deeper than Python calls itself."""
    nodes = [body]
    while nodes:
        node = nodes.pop()
        if isinstance(node, list):
            nodes += node
        if not isinstance(node, dict):
            continue
        for key, value in node.items():
            if key == VALUE_KEY or key in _SECRET_TREES or (key in _SECRET_KEYS and isinstance(value, str)):
                yield from _leaves(value)
            elif key in _FREE_TEXT_KEYS and isinstance(value, str):
                yield from _values_in_text(value)
            elif key in _DOCUMENT_KEYS and isinstance(value, str):
                yield from (value, *map(str.strip, value.splitlines()))
            else:
                nodes.append(value)


def _leaves(value: Any) -> Iterator[str]:
    nodes = [value]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            nodes += node.values()
        elif isinstance(node, list):
            nodes += node
        elif node is not None and not isinstance(node, bool):
            yield str(node)


def _values_in_text(text: str) -> Iterator[str]:
    """Values in instructions that are JSON or ``name: value`` lines; of other prose, the whole text."""
    yield text
    try:
        yield from _leaves(json.loads(text))
    except (ValueError, RecursionError):
        for line in text.splitlines():
            _, colon, value = line.partition(":")
            if colon:
                yield value.strip()


def mask_values(text: str, values: set[str]) -> str:
    """Return the text with each of the values, and the query of each URL, masked."""
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, MASK)
    return re.sub(_URL, lambda found: redact_url(found.group()), text)


def quote(text: str, values: set[str]) -> str:
    """
    Return what the service said as it may be shown: without the values, in one line, and not at any length.

    :param text: what it said.
    :param values: what must not be shown.
    """
    longest = max(map(len, values), default=0)
    start = text.strip()[: _LONGEST_LOOK + longest]
    shown = mask_values(start, values)
    if len(start) < len(text.strip()):
        # Where the text was cut, a value may have been cut in two, which nothing recognises.
        shown = shown[: max(0, len(shown) - longest)]
    # Line breaks and terminal codes would let the service write log lines of its own.
    shown = "".join(character if character.isprintable() else " " for character in shown)
    return shown if len(shown) <= _LONGEST_QUOTE else f"{shown[:_LONGEST_QUOTE]}…"
