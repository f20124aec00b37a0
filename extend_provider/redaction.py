"""
What must not be shown, and how it is taken out.

Form values are personal data, and presigned URLs are credentials. The rules for both stand here once, for error
messages, logs, rendered templates and trigger rows alike.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

__all__ = [
    "MASK",
    "json_in",
    "mask_values",
    "quote",
    "redact_config",
    "redact_file",
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
_SECRET_KEYS = frozenset({"password"})
_SECRET_MAPS = frozenset({"secrets"})
_DOCUMENT_KEYS = frozenset({"text"})
# Shorter values ("CA", "1") would turn every message into asterisks without protecting anybody.
_SHORTEST_MASKED = 4
_URL = re.compile(r"https?://[^\s'\"<>]+", re.IGNORECASE)
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
    return _URL.sub(lambda found: redact_url(found.group()), redact_url(text))


def redact_file(file: Any) -> Any:
    """
    Return a ``file`` argument as it may be shown: a URL without its query, a wire-form dict without its password and
    without the text of a document; of several files, each.
    """
    if isinstance(file, str):
        return _redact_urls(file)
    if isinstance(file, dict):
        hidden = _SECRET_KEYS | _DOCUMENT_KEYS
        return {key: MASK if key in hidden else redact_file(value) for key, value in file.items()}
    if isinstance(file, (list, tuple)):
        return [redact_file(one) for one in file]
    return file


def redact_secrets(secrets: Any) -> Any:
    """Return a map of secrets as it may be shown: their names."""
    return dict.fromkeys(secrets, MASK) if isinstance(secrets, dict) else secrets and MASK


def redact_config(config: Any) -> Any:
    """Return a run's ``config`` as it may be shown: names and layout stay, values and free text go."""
    if isinstance(config, dict):
        return {key: _shown(key, value) for key, value in config.items()}
    if isinstance(config, list):
        return [redact_config(item) for item in config]
    if isinstance(config, str):
        return _redact_json_text(config)
    return config


def redact_schema(schema: Any) -> Any:
    """Return a ``schema`` argument as it may be shown: a path or a class as it is, a schema without values."""
    is_path = isinstance(schema, str) and not schema.lstrip().startswith("{")
    return redact_file(schema) if is_path else redact_config(schema)


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
        values = values.model_dump()
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
    if key == VALUE_KEY or (key in _FREE_TEXT_KEYS and isinstance(value, str)):
        return MASK
    return _shown_below(value)


def _shown_below(value: Any) -> Any:
    """Inside a config, text is layout: a name, a type, an option of a list."""
    if isinstance(value, str):
        return _redact_urls(value)
    if isinstance(value, list):
        return [_shown_below(item) for item in value]
    return redact_config(value)


def _redact_json_text(text: str) -> str:
    """A config given as JSON text is shown redacted, and any other text not at all."""
    try:
        config = json_in(text)
    except ValueError:
        return MASK
    return json.dumps(redact_config(config), default=lambda _: MASK) if isinstance(config, (dict, list)) else MASK


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
    """Return the form values and passwords, as text, that a config or a request body holds."""
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
            if key == VALUE_KEY or key in _SECRET_MAPS or (key in _SECRET_KEYS and isinstance(value, str)):
                yield from _leaves(value)
            elif key in _FREE_TEXT_KEYS and isinstance(value, str):
                yield from _values_in_text(value)
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
    return _URL.sub(lambda found: redact_url(found.group()), text)


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
