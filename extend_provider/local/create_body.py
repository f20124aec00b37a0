"""The body of a create request: what all kinds share is checked here, the rest by the kind itself."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from extend_provider.local.bodies import as_object, json_type, refuse_unknown
from extend_provider.local.errors import invalid
from extend_provider.local.file_input import NewInput, read_file_input, read_package

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extend_provider.local.run_kind import Resolved, RunKind
    from extend_provider.local.store import Store

MAX_METADATA_BYTES = 10 * 1024
MAX_BATCH = 1000
_USAGE_TAGS = "extend:usage_tags"
_PRIORITIES = range(1, 101)


@dataclass(frozen=True)
class NewRun:
    """
    A checked create request.

    :param inputs: the inputs; one unless ``is_package``.
    :param resolved: what is particular to the kind.
    :param is_package: whether the inputs came as a package.
    :param metadata: the client's metadata.
    :param priority: from 1 (first) to 100; None when it was not sent.
    """

    inputs: tuple[NewInput, ...]
    resolved: Resolved
    is_package: bool = False
    metadata: dict[str, Any] | None = None
    priority: int | None = None


def read_new_run(kind: RunKind, body: dict[str, Any], store: Store, *, sync: bool = False) -> NewRun:
    """
    Check a create request.

    :param kind: kind of the new run.
    :param body: what was sent.
    :param store: knows files, templates and processors.
    :param sync: whether the run is created synchronously; then it takes no priority.
    :return: the new run.
    :raises ApiError: 400, naming the field and the rule; 404, something named does not exist.
    """
    takes = kind.takes
    instead = () if takes.instead is None else (takes.instead,)
    metadata = ("metadata",) if takes.metadata else ()
    priority = ("priority",) if takes.priority and not sync else ()
    article = "an" if kind.label[0] in "AEIOU" else "a"
    name = f"{article} {kind.label.lower()}"
    refuse_unknown(body, dict.fromkeys(("file", *instead, *takes.keys, *metadata, *priority)), name)
    if instead and (body.get("file") is None) == (body.get(instead[0]) is None):
        raise invalid(f"Provide exactly one of file, {instead[0]}.")
    resolved = kind.resolve(body, store)
    is_package = instead == ("package",) and body.get("package") is not None
    return NewRun(
        inputs=_inputs(kind, body, resolved, store, is_package=is_package),
        resolved=resolved,
        is_package=is_package,
        metadata=read_metadata(body.get("metadata")),
        priority=read_priority(body.get("priority")),
    )


def read_batch(kind: RunKind, body: dict[str, Any], store: Store) -> list[NewRun]:
    """
    Check a request that creates a batch.

    :param kind: kind of the new runs.
    :param body: what was sent.
    :param store: knows files and processors.
    :return: the new runs, one per input.
    :raises ApiError: 400, naming the field and the rule; 404, something named does not exist.
    """
    batch = kind.batch
    if batch is None:
        raise TypeError(f"{kind.label}s have no batches")
    refuse_unknown(body, (*batch.shared, "inputs", "priority"), "a batch")
    for key in batch.required:
        as_object(body.get(key), key)
    resolved = kind.resolve({key: body[key] for key in batch.shared if key in body}, store)
    priority = read_priority(body.get("priority")) or batch.priority
    runs = []
    for name, item in _batch_items(body.get("inputs")):
        extra = ("secrets",) if "secrets" in kind.takes.keys else ()
        refuse_unknown(item, ("file", "metadata", *extra), name)
        if item.get("secrets") is not None:
            as_object(item["secrets"], f"{name}.secrets")
        new = read_file_input(item.get("file"), store, texts=batch.texts, name=f"{name}.file")
        metadata = read_metadata(item.get("metadata"), f"{name}.metadata")
        runs.append(NewRun((new,), resolved, metadata=metadata, priority=priority))
    return runs


def _batch_items(inputs: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    if not isinstance(inputs, list) or not 1 <= len(inputs) <= MAX_BATCH:
        found = f"{len(inputs)} items" if isinstance(inputs, list) else json_type(inputs)
        raise invalid(f"inputs must be an array of 1 to {MAX_BATCH} items, not {found}.")
    for index, item in enumerate(inputs):
        yield f"inputs[{index}]", as_object(item, f"inputs[{index}]")


def _inputs(
    kind: RunKind, body: dict[str, Any], resolved: Resolved, store: Store, *, is_package: bool
) -> tuple[NewInput, ...]:
    if resolved.file is not None:
        return (NewInput(file=resolved.file),)
    if is_package:
        return read_package(body["package"], store, kind.takes.package)
    return (read_file_input(body.get("file"), store, texts=kind.takes.texts),)


def read_metadata(value: Any, name: str = "metadata") -> dict[str, Any] | None:
    """
    Check the client's metadata.

    :param value: what was sent; None when nothing was.
    :param name: what messages call it.
    :return: the metadata; usage tags without the characters that they must not have.
    :raises ApiError: 400, it is no object, or too large.
    """
    if value is None:
        return None
    metadata = as_object(value, name)
    size = len(json.dumps(metadata, ensure_ascii=False, separators=(",", ":")).encode())
    if size > MAX_METADATA_BYTES:
        raise invalid(f"{name} must not be larger than {MAX_METADATA_BYTES} bytes as JSON, it has {size}.")
    if _USAGE_TAGS not in metadata:
        return metadata
    tags = metadata[_USAGE_TAGS]
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise invalid(f"{name}.{_USAGE_TAGS} must be an array of strings.")
    return {**metadata, _USAGE_TAGS: [re.sub(r"[^A-Za-z0-9_-]", "", tag) for tag in tags]}


def read_priority(value: Any) -> int | None:
    """
    Check a priority.

    :param value: what was sent; None when nothing was.
    :return: the priority.
    :raises ApiError: 400, it is out of range.
    """
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value not in _PRIORITIES:
        raise invalid(f"priority must be an integer from {_PRIORITIES[0]} to {_PRIORITIES[-1]}.")
    return value
