"""The inputs of a create request: the id of an Extend file, a URL or a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from extend_provider.local.bodies import as_object, as_text, json_type, refuse_unknown
from extend_provider.local.errors import invalid, not_found

if TYPE_CHECKING:
    from extend_provider.local.records import FileRecord
    from extend_provider.local.store import Store


@dataclass(frozen=True)
class NewInput:
    """
    A checked input of a new run: a file that exists, or what one is to be made of.

    :param file: existing file.
    :param url: where to download the input.
    :param text: the input itself.
    :param name: name of a URL or text input.
    :param password: opens a URL input, when it is encrypted.
    """

    file: FileRecord | None = None
    url: str | None = None
    text: str | None = None
    name: str = ""
    password: str | None = None


def read_file_input(value: Any, store: Store, *, texts: bool, name: str = "file") -> NewInput:
    """
    Check a ``file`` of a create request.

    :param value: what was sent.
    :param store: knows the existing files.
    :param texts: whether it may be a text.
    :param name: what messages call it.
    :return: the input.
    :raises ApiError: 400, none or several of url, id and text, or another form; 404, no such file.
    """
    file = as_object(value, name)
    forms = ("url", "id", "text") if texts else ("url", "id")
    given = [form for form in forms if form in file]
    if len(given) != 1:
        raise invalid(f"Provide exactly one of {', '.join(f'{name}.{form}' for form in forms)}.")
    if given == ["id"]:
        refuse_unknown(file, ("id",), name)
        return NewInput(file=existing_file(as_text(file["id"], f"{name}.id"), store))
    if given == ["text"]:
        refuse_unknown(file, ("text", "name"), name)
        return NewInput(text=as_text(file["text"], f"{name}.text"), name=_read_name(file, name) or "text.txt")
    refuse_unknown(file, ("url", "name", "settings"), name)
    url = check_url(file["url"], f"{name}.url")
    password = _read_password(file.get("settings"), name)
    return NewInput(url=url, name=_read_name(file, name) or _name_of(url), password=password)


def read_package(value: Any, store: Store, sizes: tuple[int, int]) -> tuple[NewInput, ...]:
    """
    Check the ``package`` of a create request.

    :param value: what was sent.
    :param store: knows the existing files.
    :param sizes: least and greatest number of files.
    :return: the inputs.
    :raises ApiError: 400, another form, too few or too many files, or one of them twice; 404, no such file.
    """
    package = as_object(value, "package")
    refuse_unknown(package, ("files",), "package")
    files = package.get("files")
    least, most = sizes
    if not isinstance(files, list):
        raise invalid(f"package.files must be an array, not {json_type(files)}.")
    if not least <= len(files) <= most:
        raise invalid(f"package.files must hold {least} to {most} files, not {len(files)}.")
    inputs = [
        read_file_input(item, store, texts=False, name=f"package.files[{index}]") for index, item in enumerate(files)
    ]
    keys = [item.url or (item.file.id if item.file else "") for item in inputs]
    if len(set(keys)) < len(keys):
        raise invalid("package.files must not hold the same file twice.")
    return tuple(inputs)


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


def _read_name(file: dict[str, Any], name: str) -> str | None:
    return None if file.get("name") is None else as_text(file["name"], f"{name}.name")


def check_url(value: Any, name: str) -> str:
    """
    Check a URL.

    :param value: what was sent.
    :param name: what messages call it.
    :return: the URL.
    :raises ApiError: 400, it is no absolute http or https URL.
    """
    url = as_text(value, name).strip()
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        good = False
    if not good:
        raise invalid(f"{name} must be an absolute http or https URL.")
    return url


def _name_of(url: str) -> str:
    return unquote(urlsplit(url).path.rpartition("/")[2]) or "file"


def _read_password(value: Any, name: str) -> str | None:
    if value is None:
        return None
    settings = as_object(value, f"{name}.settings")
    refuse_unknown(settings, ("password",), f"{name}.settings")
    password = settings.get("password")
    return None if password is None else as_text(password, f"{name}.settings.password")
