"""Where files are read and written: local paths and Airflow's object storage, with errors that say what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from extend_provider._compat import object_storage_path
from extend_provider.arguments import is_missing
from extend_provider.exceptions import ExtendConfigurationError, ExtendError, ExtendFileError
from extend_provider.redaction import is_path_object, quote, redact_path

__all__ = ["errors_told", "find_place", "is_remote", "is_web_url", "normal_text"]

# By what Airflow reaches a storage, by the scheme of its URIs.
_AMAZON = "apache-airflow-providers-amazon[s3fs]"
_GOOGLE = "apache-airflow-providers-google"
_AZURE = "apache-airflow-providers-microsoft-azure"
_SFTP = "apache-airflow-providers-sftp[sshfs]"
_PROVIDERS = {
    **dict.fromkeys(("s3", "s3a", "s3n"), _AMAZON),
    **dict.fromkeys(("gs", "gcs"), _GOOGLE),
    **dict.fromkeys(("abfs", "abfss", "adl"), _AZURE),
    **dict.fromkeys(("sftp", "ssh"), _SFTP),
}
_NO_FILE = "The worker must see the path; use object storage from elsewhere. A file id has no slash and no dot."
_CREDENTIALS = "Check the Airflow connection that a URI names as in s3://conn_id@bucket/name, and what it may do there."


def normal_text(text: str) -> str:
    """Return a path or URL as it was meant: without blanks around it, and with its scheme in small letters."""
    scheme, separator, rest = text.strip().partition("://")
    return f"{scheme.lower()}{separator}{rest}" if separator else scheme


def is_web_url(text: str) -> bool:
    """Whether a text is a URL that Extend can load by itself."""
    return normal_text(text).startswith(("https://", "http://"))


def is_remote(path: Any) -> bool:
    """Whether a path is a URI, which Airflow's object storage reads and writes."""
    return "://" in str(path)


def find_place(path: Any, doing: str) -> Any:
    """
    Return a path that can be opened, in whatever storage.

    :param path: local path or ``ObjectStoragePath`` URI, or an object of such a path.
    :param doing: ``read`` or ``written``, for errors.
    :return: a ``Path`` or an ``ObjectStoragePath``, whose storage is at hand.
    :raises ExtendConfigurationError: it is no path at all.
    :raises ExtendFileError: Airflow does not know its storage, or cannot reach it.
    """
    _check_path(path)
    if isinstance(path, str):
        path = normal_text(path)
    with errors_told(path, doing):
        if not is_remote(path):
            return Path(str(path)).expanduser()
    return _remote(path)


def _check_path(path: Any) -> None:
    if path is None or (isinstance(path, str) and is_missing(path)):
        raise ExtendConfigurationError(
            "The path of a file is empty.", hint="If it comes from another task's XCom, check that the task ran."
        )
    if not isinstance(path, str) and not is_path_object(path):
        raise ExtendConfigurationError(f"The path of a file must be text or a path, not {type(path).__name__}.")
    if is_web_url(str(path)):
        raise ExtendConfigurationError(
            f"{redact_path(path)} is a URL, and here a path is needed.",
            hint="Only the file of a run may be a URL, which Extend loads by itself.",
        )


def _remote(path: Any) -> Any:
    try:
        place = path if is_path_object(path) else object_storage_path(path)
        # Airflow looks for the storage's provider and connection only when it is asked for this.
        place.fs  # noqa: B018
    except Exception as error:  # noqa: BLE001 - storages' libraries have exceptions of their own
        scheme = urlsplit(str(path)).scheme
        provider = _PROVIDERS.get(scheme)
        install = f"pip install '{provider}'" if provider else f"the one that knows {scheme}://"
        raise ExtendFileError(
            f"Airflow cannot use the storage of {redact_path(path)}: {_reason(error, path)}.",
            hint=f"Install its provider on the workers ({install}), and check the Airflow connection.",
            retryable=True,
        ) from None
    return place


@contextmanager
def errors_told(path: Any, doing: str) -> Iterator[None]:
    """
    Turn what goes wrong with a file into an error of this package.

    The storages' libraries have exceptions of their own, for wrong credentials above all. None of them is chained: they
    may quote signed URLs.

    :param path: the file.
    :param doing: what is being done: ``read`` or ``written``.
    :raises ExtendFileError: something else than an error of this package was raised.
    """
    try:
        yield
    except ExtendError:
        raise
    except FileNotFoundError:
        if doing != "read":
            raise ExtendFileError(f"{redact_path(path)} cannot be {doing}: there is no such folder.") from None
        raise ExtendFileError(f"There is no file {redact_path(path)}.", hint=_NO_FILE, is_missing=True) from None
    except Exception as error:  # noqa: BLE001 - as above
        raise ExtendFileError(
            f"{redact_path(path)} cannot be {doing}: {_reason(error, path)}.",
            hint=_CREDENTIALS if is_remote(path) else None,
            # A storage that does not answer now may do so later, and may hold another document by then.
            retryable=is_remote(path),
        ) from None


def _reason(error: Exception, path: Any) -> str:
    if isinstance(error, OSError) and error.strerror:
        return quote(error.strerror, {str(path)})
    return f"{type(error).__name__}: {quote(str(error), {str(path)})}".rstrip(" :.")
