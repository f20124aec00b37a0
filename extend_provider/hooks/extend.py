"""The hook: from an Airflow connection to Extend's API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from extend_provider._compat import AirflowNotFoundException, BaseHook, airflow_version, async_connection
from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.hooks.connection import settings_from_connection

if TYPE_CHECKING:
    from types import TracebackType

    from extend_provider._compat import ObjectStoragePath
    from extend_provider.client import AsyncExtendClient, ClientSettings, ExtendClient, Wait
    from extend_provider.models import EditRun, File, Run

__all__ = ["ExtendHook"]


class ExtendHook(BaseHook):
    """
    Talk to Extend with the credentials of an Airflow connection.

    The operators and sensors of this package use it; use it yourself in ``@task`` functions for what they do not
    cover::

        @task
        def newest_run() -> str:
            with ExtendHook() as hook:
                return next(hook.get_conn().list_runs(maxPageSize=1)).id

    Use it as a context manager, or call :meth:`close`, to close its connections.

    :param extend_conn_id: id of an Airflow connection of type ``extend``; default ``extend_default``.
    """

    conn_name_attr = "extend_conn_id"
    default_conn_name = "extend_default"
    conn_type = "extend"
    hook_name = "Extend"

    def __init__(self, extend_conn_id: str = default_conn_name) -> None:
        super().__init__()
        self.extend_conn_id = extend_conn_id
        self._client: ExtendClient | None = None

    def __enter__(self) -> ExtendHook:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the client's connections; the next call opens new ones."""
        if self._client is not None:
            self._client.close()
            self._client = None

    # -- clients ------------------------------------------------------------------------------------------------------

    def settings(self) -> ClientSettings:
        """
        Read the connection.

        :return: the settings that clients are made from.
        :raises ExtendConfigurationError: there is no such connection, or it cannot work.
        """
        try:
            connection = self.get_connection(self.extend_conn_id)
        except AirflowNotFoundException:
            raise self._no_connection() from None
        return settings_from_connection(connection, f"airflow/{airflow_version()}")

    async def asettings(self) -> ClientSettings:
        """Read the connection without blocking the event loop: see :meth:`settings`."""
        try:
            connection = await async_connection(self.extend_conn_id)
        except AirflowNotFoundException:
            raise self._no_connection() from None
        return settings_from_connection(connection, f"airflow/{airflow_version()}")

    def _no_connection(self) -> ExtendConfigurationError:
        return ExtendConfigurationError(
            f"There is no connection {self.extend_conn_id!r}.",
            # Airflow says the same when a secrets backend does not answer for a moment.
            retryable=True,
            hint=f"Create it under Admin, Connections (type Extend) or set AIRFLOW_CONN_{self.extend_conn_id.upper()}.",
        )

    def get_conn(self) -> ExtendClient:
        """
        Return the client; the same one until :meth:`close`.

        :raises ExtendConfigurationError: there is no such connection, or it cannot work.
        """
        if self._client is None:
            from extend_provider.client import ExtendClient

            self._client = ExtendClient(self.settings())
        return self._client

    async def get_async_conn(self) -> AsyncExtendClient:
        """
        Return a new client for the running event loop; close it when done.

        :raises ExtendConfigurationError: there is no such connection, or it cannot work.
        """
        from extend_provider.client import AsyncExtendClient

        return AsyncExtendClient(await self.asettings())

    # -- runs ---------------------------------------------------------------------------------------------------------

    def create_edit_run(
        self,
        *,
        file: Mapping[str, Any] | None = None,
        template_id: str | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> EditRun:
        """Start an edit run, which costs credits: see :meth:`ExtendClient.create_edit_run`."""
        return self.get_conn().create_edit_run(file=file, template_id=template_id, config=config)

    def create_run(self, kind: str, body: Mapping[str, Any]) -> Run:
        """Start a run of any kind, which costs credits: see :meth:`ExtendClient.create_run`."""
        return self.get_conn().create_run(kind, body)

    def get_run(self, run_id: str, kind: str = "edit") -> Run:
        """Look at a run: see :meth:`ExtendClient.get_run`."""
        return self.get_conn().get_run(run_id, kind)

    def delete_run(self, run_id: str, kind: str = "edit", *, missing_ok: bool = False) -> bool:
        """Delete a run for good: see :meth:`ExtendClient.delete_run`."""
        return self.get_conn().delete_run(run_id, kind, missing_ok=missing_ok)

    def wait_for_run(self, wait: Wait) -> Run:
        """Block until a run has ended: see :meth:`ExtendClient.wait_for_run`."""
        return self.get_conn().wait_for_run(wait)

    # -- files --------------------------------------------------------------------------------------------------------

    def input_file(self, file: Any, *, password: str | None = None, mark: str | None = None) -> dict[str, Any]:
        """
        Return a ``file`` argument as the API takes it; what Extend cannot reach by itself is uploaded.

        :param file: a URL, an Extend file id, a local path or an ``ObjectStoragePath`` URI, or the API's own
            ``{"url": …}`` or ``{"id": …}``.
        :param password: password of a locked PDF, for an upload.
        :param mark: text for the file's name at Extend, by which its runs can be found in the list of runs. A file that
            Extend has already keeps its name.
        :return: ``{"url": …}`` or ``{"id": …}``.
        :raises ExtendFileError: the path does not exist or cannot be read.
        """
        from extend_provider.hooks.file_identity import marked_name, name_in_url
        from extend_provider.hooks.files import classify

        wire = classify(file).wire
        if wire is None:
            return {"id": self.upload_file(file, password=password, mark=mark).id}
        return {**wire, "name": marked_name(name_in_url(wire), mark)} if mark and "id" not in wire else wire

    def upload_file(
        self,
        path: str | ObjectStoragePath,
        *,
        name: str | None = None,
        password: str | None = None,
        mark: str | None = None,
    ) -> File:
        """
        Upload a file from a path, in pieces.

        :param path: local path or ``ObjectStoragePath`` URI.
        :param name: file name to store; default: the path's last part.
        :param password: password of a locked PDF.
        :param mark: text to put into the name, before its ending.
        :return: the stored file.
        :raises ExtendFileError: the path does not exist or cannot be read.
        """
        from extend_provider.hooks.file_identity import marked_name
        from extend_provider.hooks.files import open_for_upload

        with open_for_upload(path) as (stream, own_name):
            name = name or own_name
            return self.get_conn().upload_file(stream, marked_name(name, mark) if mark else name, password=password)

    def download_file(self, file_id: str, path: str | ObjectStoragePath) -> int:
        """
        Download a file to a path, in constant memory; the path shows either the whole file or nothing new.

        :param file_id: the file.
        :param path: local path or ``ObjectStoragePath`` URI; missing local folders are made.
        :return: bytes written.
        :raises ExtendFileError: the storage refused, or the path cannot be written.
        """
        from extend_provider.hooks.files import write_whole

        return write_whole(path, self.get_conn().iter_file(file_id))

    # -- Airflow's connection form ------------------------------------------------------------------------------------

    def test_connection(self) -> tuple[bool, str]:
        """Try the connection with one cheap request; Airflow calls this for the form's Test button."""
        from extend_provider.hooks.connection_check import try_connection

        return try_connection(self.settings)

    @classmethod
    def get_connection_form_widgets(cls) -> dict[str, Any]:
        """Return the form's extra fields for Airflow 2.11 to 3.1; newer ones read the provider info."""
        from extend_provider.hooks.connection_form import widgets

        return widgets()

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """Return labels and placeholders of the form for Airflow 2.11 to 3.1; newer ones read the provider info."""
        from extend_provider.hooks.connection_form import field_behaviour

        return field_behaviour()
