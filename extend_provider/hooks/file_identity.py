"""Which document a ``file`` argument means, for every try of a task the same, and its name at Extend."""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from extend_provider.hooks.files import classify, open_for_upload
from extend_provider.hooks.storage import errors_told, find_place

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["file_identity", "has_version", "marked_name", "name_in_url", "stable_url"]

_PIECE = 1024 * 1024
# What object stores call the version of an object's content.
_VERSIONS = ("ETag", "etag", "md5Hash", "content_md5", "generation", "VersionId")
# What file servers know instead: when the content was written. Never where there is a version: an object that is copied
# over itself has another time, and the same content.
_TIMES = (
    *("mtime", "modified", "last_modified", "LastModified", "updated", "last_write_time"),
    *("modify", "modificationTime"),  # FTP, WebHDFS
)
# May stay the same when the content changes. fsspec's memory storage tells no more.
_HINTS = ("size", "created")
_LONGEST_STEM = 100
_LONGEST_SUFFIX = 20

# What a storage adds to a URL to sign it. A fresh signature is no other document.
_SIGNATURE_PREFIXES = (
    *("x-amz-", "x-goog-", "x-oss-", "x-cos-", "x-obs-", "q-sign", "q-ak", "q-key-", "q-header-", "q-url-"),
    "temp_url_",  # OpenStack Swift
)
_SIGNATURE_NAMES = frozenset(
    {"awsaccesskeyid", "googleaccessid", "ossaccesskeyid", "accesskeyid", "key-pair-id", "signature", "tempauth"}
)
# Names that other services use for other things, such as the number of an insurance policy: a part of a signature only
# beside the rest of it, as Amazon, Alibaba and Huawei sign,
_BESIDE_SIGNATURE = frozenset({"expires", "policy", "security-token"})
# or beside `sig`, as Azure signs.
_AZURE_NAMES = frozenset(
    {"sig", "se", "sp", "sv", "sr", "st", "spr", "sip", "si", "ske", "skoid", "sks", "skt", "sktid", "skv", "saoid"}
)
# Elsewhere, these may be all that tells one document from another.
_NAMES_BY_PATH = {
    r"/storage/v1/object/sign/": "token",  # Supabase
    r"^/file/|/b2_download_file_by_id$": "authorization",  # Backblaze, whatever the domain
}


def file_identity(file: Any, *, content: bool = True) -> dict[str, Any]:
    """
    Return what tells a document from others, as plain JSON.

    A local file is told by its path and content, because its time stamps differ from worker to worker; an object in
    storage by its path and the version that the storage knows, or when it was written; a URL without its signature; a
    file at Extend by its id.

    :param file: the argument.
    :param content: whether the content behind a path counts, so that it has to be there; default true.
    :raises ExtendConfigurationError: it is no ``file`` argument.
    :raises ExtendFileError: it is a path that cannot be read.
    """
    wire = classify(file).wire
    if wire is None and not content:
        return {"path": str(file)}
    if wire is None:
        return {"path": str(file), "content": _digest(file) if _is_local(file) else _remote_version(file)}
    if "text" in wire:
        return {"text": str(wire["text"])}
    return {"id": str(wire["id"])} if "id" in wire else {"url": stable_url(str(wire["url"]))}


def has_version(path: Any) -> bool:
    """
    Return whether :func:`file_identity` tells a path's content from any that comes after it.

    Of some storages nothing but the size is known.

    :param path: local path or ``ObjectStoragePath`` URI.
    :raises ExtendFileError: it cannot be read.
    """
    return _is_local(path) or not _remote_version(path).keys() <= {*_HINTS}


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
    signs = _SIGNATURE_NAMES | {name for pattern, name in _NAMES_BY_PATH.items() if re.search(pattern, parts.path)}
    if names & {"signature", "key-pair-id"}:
        signs |= _BESIDE_SIGNATURE
    if "sig" in names:
        signs |= _AZURE_NAMES
    kept = [
        (name, value)
        for name, value in query
        if name.lower() not in signs and not name.lower().startswith(_SIGNATURE_PREFIXES)
    ]
    return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(kept), ""))


def _is_local(path: Any) -> bool:
    return "://" not in str(path) or str(path).startswith("file://")


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
    versions = _told(info, _VERSIONS) or _told(info, _TIMES)
    return {**versions, **_told(info, ("size",) if versions else _HINTS)}


def _told(info: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, str]:
    return {name: str(info[name]) for name in names if info.get(name) is not None}
