"""Operators for files that Extend stores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from extend_provider.arguments import required_text
from extend_provider.operators.base import ExtendOperator
from extend_provider.redaction import redact_path

if TYPE_CHECKING:
    from extend_provider._compat import Context, ObjectStoragePath, XComArg

__all__ = ["ExtendDeleteFileOperator", "ExtendDownloadFileOperator", "ExtendUploadFileOperator"]


class ExtendUploadFileOperator(ExtendOperator):
    """
    Upload a file, in pieces. Needed only to use one file in several runs: the run operators upload a path by
    themselves. Where an answer is lost, it is sent again, which may leave a second copy at Extend.

    Wraps ``POST /files/upload``.

    :param file: local path or ``ObjectStoragePath`` URI.
    :param file_name: name to store; default: the path's last part. Its ending tells Extend the type.
    :param password: password of a locked PDF.
    :param extend_conn_id: id of an Airflow connection of type ``extend``; default ``extend_default``.
    :return: the id of the stored file (``str``), to be used as ``file`` of a run.
    :raises ExtendConfigurationError: it is no path.
    :raises ExtendFileError: the path does not exist, cannot be read, or leads to an empty file.
    :raises ExtendApiError: Extend refused the request, or failed.
    :raises ExtendTransportError: no answer came; the file may have been stored all the same.
    :raises ExtendResponseError: the answer is not readable; the file may have been stored all the same.
    """

    template_fields: Sequence[str] = ("file", "file_name", "password", *ExtendOperator.template_fields)

    def __init__(
        self,
        *,
        file: str | ObjectStoragePath | XComArg,
        file_name: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.file = file
        self.file_name = file_name
        self.password = password

    def work(self, context: Context) -> str:  # noqa: ARG002 - the base's signature
        """Upload the file."""
        from extend_provider.hooks.input_check import check_readable

        path = self.rendered("file")
        check_readable(path)
        stored = self.hook.upload_file(path, name=self.file_name, password=self.rendered("password"))
        self.log.info("Uploaded %s as Extend file %s.", redact_path(path), stored.id)
        return stored.id


class ExtendDownloadFileOperator(ExtendOperator):
    """
    Download a file, in constant memory. The destination shows the whole file or nothing new, whatever happens on the
    way.

    :param file_id: the file, for example an edit run's output:
        ``"{{ ti.xcom_pull('fill', key='output_file_ids')[0] }}"``.
    :param path: where to write it: a local path on the worker, or an ``ObjectStoragePath`` URI. An existing file is
        replaced.
    :param extend_conn_id: id of an Airflow connection of type ``extend``; default ``extend_default``.
    :return: the path (``str``).
    :raises ExtendNotFoundError: there is no such file in this workspace and environment.
    :raises ExtendFileError: the storage refused, or the path cannot be written.
    :raises ExtendTransportError: the connection broke too often.
    """

    template_fields: Sequence[str] = ("file_id", "path", *ExtendOperator.template_fields)

    def __init__(self, *, file_id: str | XComArg, path: str | ObjectStoragePath | XComArg, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.file_id = file_id
        self.path = path

    def work(self, context: Context) -> str:  # noqa: ARG002 - the base's signature
        """Download the file."""
        destination: Any = self.path  # text, or an ObjectStoragePath with a connection of its own
        file_id, path = required_text(self.file_id, "file_id"), required_text(str(destination), "path")
        written = self.hook.download_file(file_id, destination)
        self.log.info("Downloaded Extend file %s to %s (%d bytes).", file_id, redact_path(path), written)
        return path


class ExtendDeleteFileOperator(ExtendOperator):
    """
    Delete a file, for good; for example as a teardown, where data may not be kept.

    Wraps ``DELETE /files/{id}``.

    :param file_id: the file; an empty one (its task stored none) is nothing to delete.
    :param missing_ok: whether a file that is already gone is fine; default true, so that a retry and a teardown
        succeed.
    :param extend_conn_id: id of an Airflow connection of type ``extend``; default ``extend_default``.
    :return: whether there was a file to delete.
    :raises ExtendNotFoundError: there is no such file, and ``missing_ok`` is off.
    :raises ExtendApiError: Extend refused the request.
    """

    template_fields: Sequence[str] = ("file_id", *ExtendOperator.template_fields)

    def __init__(self, *, file_id: str | XComArg | None, missing_ok: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.file_id = file_id
        self.missing_ok = missing_ok

    def work(self, context: Context) -> bool:  # noqa: ARG002 - the base's signature
        """Delete the file."""
        if self.missing_ok and self.file_id in {None, "", "None"}:
            self.log.info("There is no file id, so there is nothing to delete.")
            return False
        file_id = required_text(self.file_id, "file_id")
        deleted = self.hook.get_conn().delete_file(file_id, missing_ok=self.missing_ok)
        self.log.info("Extend file %s is %s.", file_id, "deleted" if deleted else "already gone")
        return deleted
