"""
What must not be shown, and how it is taken out.

Form values are personal data, and presigned URLs are credentials. The rules for both stand here once, for error
messages, logs, rendered templates and trigger rows alike.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

__all__ = ["MASK", "mask_values", "quote", "redact_config", "redact_file", "redact_url", "values_in"]

MASK = "***"

VALUE_KEY = "extend_edit:value"
# Free text: it usually holds values, and nothing tells them from the words around them.
_FREE_TEXT_KEYS = frozenset({"instructions", "schemaGenerationInstructions"})
_SECRET_KEYS = frozenset({"password"})
# Shorter values ("CA", "1") would turn every message into asterisks without protecting anybody.
_SHORTEST_MASKED = 4
_URL = re.compile(r"https?://[^\s'\"<>]+", re.IGNORECASE)
_LONGEST_QUOTE = 500


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
    """Return a ``file`` argument as it may be shown: a URL without its query, a wire-form dict without its password."""
    if isinstance(file, str):
        return _redact_urls(file)
    if isinstance(file, dict):
        return {key: MASK if key in _SECRET_KEYS else redact_file(value) for key, value in file.items()}
    return file


def redact_config(config: Any) -> Any:
    """Return a run's ``config`` as it may be shown: names and layout stay, values and free text go."""
    if isinstance(config, dict):
        return {key: _shown(key, value) for key, value in config.items()}
    if isinstance(config, list):
        return [redact_config(item) for item in config]
    if isinstance(config, str):
        return _redact_json_text(config)
    return config


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
        config = json.loads(text)
    except (ValueError, RecursionError):
        return MASK
    return json.dumps(redact_config(config)) if isinstance(config, (dict, list)) else MASK


def values_in(body: Any) -> set[str]:
    """Return the form values and passwords, as text, that a config or a request body holds."""
    # Somebody who quotes a value may quote it as it stood in the JSON.
    return {form for text in _values(body) if len(text) >= _SHORTEST_MASKED for form in (text, json.dumps(text)[1:-1])}


def _values(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == VALUE_KEY or (key in _SECRET_KEYS and isinstance(value, str)):
                yield from _leaves(value)
            elif key in _FREE_TEXT_KEYS and isinstance(value, str):
                yield from _values_in_text(value)
            else:
                yield from _values(value)
    elif isinstance(node, list):
        for item in node:
            yield from _values(item)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


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
    """Return what the service said as it may be shown: without the values, and not at any length."""
    text = mask_values(text.strip(), values)
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}…"
