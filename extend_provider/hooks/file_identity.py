"""Which document a ``file`` argument means, for every try of a task the same, and its name at Extend."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from extend_provider.hooks.files import classify, open_for_upload
from extend_provider.hooks.storage import errors_told, find_place

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["file_identity", "marked_name", "name_in_url", "stable_url"]

_PIECE = 1024 * 1024
# What object stores call the version of an object's content.
_VERSIONS = ("ETag", "etag", "md5Hash", "content_md5", "generation", "VersionId", "size")
_LONGEST_STEM = 100
_LONGEST_SUFFIX = 20

# What a storage adds to a URL to sign it. A fresh signature is no other document.
_SIGNATURE_PREFIXES = (
    *("x-amz-", "x-goog-", "x-oss-", "x-cos-", "x-obs-", "q-sign", "q-ak", "q-key-", "q-header-", "q-url-"),
    "temp_url_",  # OpenStack Swift
)
_SIGNATURE_NAMES = frozenset(
    {"awsaccesskeyid", "googleaccessid", "ossaccesskeyid", "accesskeyid", "key-pair-id", "signature", "expires"}
    | {"policy", "security-token", "tempauth", "authorization"}
)
# Short names that other services use for other things: a signature only beside `sig`, as Azure signs.
_AZURE_NAMES = frozenset(
    {"sig", "se", "sp", "sv", "sr", "st", "spr", "sip", "si", "ske", "skoid", "sks", "skt", "sktid", "skv", "saoid"}
)
# Elsewhere, a token may be all that tells one document from another.
_SUPABASE_PATH = "/storage/v1/object/sign/"


def file_identity(file: Any, *, content: bool = True) -> dict[str, Any]:
    """
    Return what tells a document from others, as plain JSON.

    A local file is told by its path and content, because its time stamps differ from worker to worker; an object in
    storage by its path and the version that the storage knows; a URL without its signature; a file at Extend by its id.

    :param file: the argument.
    :param content: whether the content behind a path counts, so that it has to be there; default true.
    :raises ExtendConfigurationError: it is no ``file`` argument.
    :raises ExtendFileError: it is a path that cannot be read.
    """
    wire = classify(file).wire
    if wire is None and not content:
        return {"path": str(file)}
    if wire is None:
        is_local = "://" not in str(file) or str(file).startswith("file://")
        return {"path": str(file), "content": _digest(file) if is_local else _remote_version(file)}
    if "text" in wire:
        return {"text": str(wire["text"])}
    return {"id": str(wire["id"])} if "id" in wire else {"url": stable_url(str(wire["url"]))}


def name_in_url(wire: Mapping[str, Any]) -> str:
    """Return a name for a file from a URL or a text: the one given with it, or the URL's last part, as Extend does."""
    if name := wire.get("name"):
        return str(name)
    if "text" in wire:
        return "text.txt"
    try:
        path = urlsplit(str(wire["url"])).path
    except ValueError:
        return ""
    return PurePosixPath(unquote(path)).name


def marked_name(name: str, mark: str) -> str:
    """Return a file name that holds the mark and keeps its ending: ``w9.pdf`` becomes ``w9-airflow-….pdf``."""
    path = PurePosixPath(name or "document")
    return f"{path.stem[:_LONGEST_STEM]}-{mark}{path.suffix[:_LONGEST_SUFFIX]}"


def stable_url(url: str) -> str:
    """Return a URL without the parameters that sign it, so that a fresh presigned URL is still the same document."""
    try:
        parts = urlsplit(url)
        query = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return url
    names = {name.lower() for name, _ in query}
    signs = _SIGNATURE_NAMES | (_AZURE_NAMES if "sig" in names else frozenset())
    if _SUPABASE_PATH in parts.path:
        signs |= {"token"}
    kept = [
        (name, value)
        for name, value in query
        if name.lower() not in signs and not name.lower().startswith(_SIGNATURE_PREFIXES)
    ]
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(kept), ""))


def _digest(path: Any) -> str:
    digest = hashlib.sha256()
    with open_for_upload(path) as (stream, _):
        while piece := stream.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _remote_version(path: Any) -> dict[str, str]:
    """
    What the storage tells without reading the object; nothing where it tells nothing.

    Nothing must not stand for "not now" too: a retry would take the same object for another document, and pay again.
    """
    place = find_place(path, "read")
    with errors_told(path, "read"):
        try:
            info = place.fs.info(str(place.path))
        except NotImplementedError:
            return {}
    return {name: str(info[name]) for name in _VERSIONS if info.get(name) is not None}
