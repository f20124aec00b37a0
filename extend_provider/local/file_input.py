"""The ``file`` of a create request: a URL or the id of an Extend file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from extend_provider.local.bodies import as_object, as_text, refuse_unknown
from extend_provider.local.errors import invalid, not_found
from extend_provider.local.run_kind import NewRun

if TYPE_CHECKING:
    from extend_provider.local.records import FileRecord
    from extend_provider.local.store import Store


def read_file_input(value: Any, config: dict[str, Any], store: Store) -> NewRun:
    """
    Check the ``file`` of a create request.

    :param value: what was sent.
    :param config: effective configuration of the new run.
    :param store: knows the existing files.
    :return: the new run.
    :raises ApiError: 400, neither or both of url and id, or another form; 404, no such file.
    """
    file = as_object(value, "file")
    if ("url" in file) == ("id" in file):
        raise invalid("Provide exactly one of file.url, file.id.")
    if "id" in file:
        refuse_unknown(file, ("id",), "file")
        return NewRun(config, file=existing_file(as_text(file["id"], "file.id"), store))
    refuse_unknown(file, ("url", "name", "settings"), "file")
    url = _read_url(file["url"])
    name = as_text(file["name"], "file.name") if file.get("name") is not None else _name_of(url)
    return NewRun(config, url=url, name=name, password=_read_password(file.get("settings")))


def existing_file(file_id: str, store: Store) -> FileRecord:
    """
    Look a file up.

    :param file_id: its id.
    :param store: knows the existing files.
    :return: the file.
    :raises ApiError: 404, there is none.
    """
    file = store.files.get(file_id)
    if file is None:
        raise not_found("File", file_id)
    return file


def _read_url(value: Any) -> str:
    url = as_text(value, "file.url").strip()
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        good = False
    if not good:
        raise invalid("file.url must be an absolute http or https URL.")
    return url


def _name_of(url: str) -> str:
    return unquote(urlsplit(url).path.rpartition("/")[2]) or "file"


def _read_password(value: Any) -> str | None:
    if value is None:
        return None
    settings = as_object(value, "file.settings")
    refuse_unknown(settings, ("password",), "file.settings")
    password = settings.get("password")
    return None if password is None else as_text(password, "file.settings.password")
