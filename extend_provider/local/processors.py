"""Extractors, classifiers, splitters and workflows: how requests name them, and what they are declared with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from extend_provider.local.bodies import as_object, as_text, refuse_unknown
from extend_provider.local.errors import ApiError, invalid

if TYPE_CHECKING:
    from collections.abc import Callable

    from extend_provider.local.records import ProcessorRecord
    from extend_provider.local.store import Store

ID_PREFIXES = {"extractor": "ex_", "classifier": "cl_", "splitter": "spl_", "workflow": "workflow_"}
VERSION_PREFIXES = {"extractor": "exv_", "classifier": "clv_", "splitter": "splv_", "workflow": "workflow_version_"}
FIRST_VERSIONS = {"extractor": "1.0", "classifier": "1.0", "splitter": "1.0", "workflow": "1"}
_VERSIONS = ("latest", "draft")


def find_processor(role: str, value: Any, store: Store) -> ProcessorRecord:
    """
    Look up what a request names as ``{"id", "version"}``.

    :param role: such as ``extractor``.
    :param value: what was sent.
    :param store: knows what has been declared.
    :return: the processor.
    :raises ApiError: 400, another form; 404, no such id or version.
    """
    reference = as_object(value, role)
    processor_id = as_text(reference.get("id"), f"{role}.id")
    record = store.processors.get(processor_id)
    if record is None or record.role != role:
        raise ApiError(
            404,
            "NOT_FOUND",
            f"{role.capitalize()} {processor_id} does not exist in this workspace. Declare it to the local service: "
            f"POST /_local/{role}s, or add_{role}() in Python.",
        )
    version = reference.get("version")
    if version is not None and as_text(version, f"{role}.version") not in (*_VERSIONS, record.version):
        raise ApiError(404, "NOT_FOUND", f"{role.capitalize()} {processor_id} has no version {version}.")
    return record


def resolve_processor(
    role: str, body: dict[str, Any], store: Store, resolve_config: Callable[[Any], dict[str, Any]], *, optional: bool
) -> tuple[dict[str, Any], ProcessorRecord | None]:
    """
    Check the processor reference or the inline configuration of a create request.

    :param role: such as ``extractor``.
    :param body: the create body.
    :param store: knows what has been declared.
    :param resolve_config: checks a configuration and fills in defaults.
    :param optional: whether the request may have neither.
    :return: effective configuration, and the processor if one was named.
    :raises ApiError: 400, both or (unless optional) neither, or another form; 404, no such id or version.
    """
    reference, config = body.get(role), body.get("config")
    if (reference is not None and config is not None) or (not optional and reference is config is None):
        raise invalid(f"Provide exactly one of {role}, config.")
    if reference is None:
        return resolve_config({} if config is None else config), None
    record = find_processor(role, reference, store)
    refuse_unknown(reference, ("id", "version", "overrideConfig"), role)
    override = reference.get("overrideConfig")
    override = {} if override is None else as_object(override, f"{role}.overrideConfig")
    return resolve_config({**record.config, **override}), record
