"""The local service as a Python object: for tests and notebooks."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from typing import TYPE_CHECKING, Any, TypeVar

from extend_provider.local.extra import require_extra
from extend_provider.local.handle_seeds import Seeds
from extend_provider.local.settings import DEFAULT_MAX_FILE_SIZE, DEFAULT_URL_TTL, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path
    from types import TracebackType

    from extend_provider.local.request_log import RequestRecord
    from extend_provider.local.server import Server
    from extend_provider.local.service import Service
    from extend_provider.local.webhooks import Delivery

T = TypeVar("T")

_START_TIMEOUT = 15.0
_LIVENESS_INTERVAL = 0.5
_CALL_TIMEOUT = 60.0


class LocalService(Seeds):
    """
    A local Extend service in a thread of this process, on a free loopback port.

    Use it as a context manager. The options are those of :class:`~extend_provider.local.settings.Settings`; here
    runs take no time unless told otherwise.

    .. code-block:: python

        with LocalService() as extend:
            file_id = extend.add_file("w9.pdf", Path("w9.pdf").read_bytes())

    :param processing_time: seconds that a run stays ``PROCESSING`` before the work starts. Default 0.
    :param data_dir: folder that keeps files and runs. Default: a temporary folder.
    :param host: address to listen on. Default: loopback only.
    :param port: TCP port. Default: a free one.
    :param api_key: the only accepted key. Default: made up.
    :param workspace_id: makes the key organization-scoped. Default: it is not.
    :param max_file_size: bytes. Default 50 MiB.
    :param credits: credits that may be spent. Default: no limit.
    :param url_ttl: seconds that a presigned URL lives. Default 900.
    :param rate_limit: requests per second for each category. Default: no limit.
    :param rate_burst: requests that may come at once. Default: one second's worth.
    :param webhook_retry_delay: seconds before a webhook event is sent again; doubles each time. Default 0.1.
    :param declarations: JSON file with processors to declare at the start. Default: none.
    :param allow_private_urls: also download ``file.url`` from private addresses. Default False.
    :raises MissingExtraError: the extra ``[local]`` is not installed.
    :raises ValueError: an option is out of range.
    """

    def __init__(
        self,
        *,
        processing_time: float = 0.0,
        data_dir: str | Path | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        api_key: str | None = None,
        workspace_id: str | None = None,
        max_file_size: int = DEFAULT_MAX_FILE_SIZE,
        credits: int | None = None,  # noqa: A002 - the API's word
        url_ttl: float = DEFAULT_URL_TTL,
        rate_limit: float | None = None,
        rate_burst: int | None = None,
        webhook_retry_delay: float = 0.1,
        declarations: str | Path | None = None,
        allow_private_urls: bool = False,
    ) -> None:
        require_extra()
        self._settings = Settings(
            processing_time=processing_time,
            data_dir=None if data_dir is None else str(data_dir),
            host=host,
            port=port,
            api_key=api_key,
            workspace_id=workspace_id,
            max_file_size=max_file_size,
            credits=credits,
            url_ttl=url_ttl,
            rate_limit=rate_limit,
            rate_burst=rate_burst,
            webhook_retry_delay=webhook_retry_delay,
            declarations=None if declarations is None else str(declarations),
            allow_private_urls=allow_private_urls,
        )
        self._service_or_none: Service | None = None
        self._server: Server | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def __enter__(self) -> LocalService:
        """Start the service."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop the service."""
        self.stop()

    def start(self) -> None:
        """
        Start the service; returns when it answers.

        :raises RuntimeError: it is running already, or did not start.
        :raises OSError: the address cannot be listened on.
        """
        from extend_provider.local.server import Server
        from extend_provider.local.service import Service

        if self._thread is not None:
            raise RuntimeError("The local service is running already.")
        service = Service(self._settings)
        ready = threading.Event()
        try:
            server = Server(service, on_ready=lambda: self._on_ready(ready))
        except OSError:
            service.close()
            raise
        self._service_or_none, self._server = service, server
        self._thread = threading.Thread(target=server.run, name="extend-local", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + _START_TIMEOUT
        while not ready.wait(_LIVENESS_INTERVAL):
            if not self._thread.is_alive() or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError("The local service did not start; its log records say why.")

    def stop(self) -> None:
        """Stop the service; the request log and the counters can still be read. Does nothing when it is stopped."""
        if self._thread is None or self._server is None:
            return
        self._server.should_exit = True
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # its loop has ended already
                self._loop.call_soon_threadsafe(self._server.stop)
        self._thread.join()
        self._thread = self._loop = None
        self._service.close()

    @property
    def base_url(self) -> str:
        """URL to connect to, such as ``http://127.0.0.1:40123``."""
        if self._server is None:
            raise RuntimeError("The local service has not been started.")
        return self._server.base_url

    @property
    def api_key(self) -> str:
        """The only accepted API key."""
        return self._service.keys.api_key

    @property
    def workspace_id(self) -> str | None:
        """Workspace that the organization-scoped key must name; None for a workspace-scoped key."""
        return self._settings.workspace_id

    @property
    def requests(self) -> list[RequestRecord]:
        """Received requests, oldest first; control calls are not among them."""
        return self._call(self._service.log.records)

    @property
    def runs_created(self) -> int:
        """Number of runs created so far, deleted ones included."""
        return self._service.ledger.runs_created

    @property
    def credits_used(self) -> int:
        """Credits spent so far."""
        return self._service.ledger.credits_used

    def inject(
        self,
        fault: str,
        *,
        method: str | None = None,
        path: str | None = None,
        times: int | None = 1,
        skip: int = 0,
        **options: Any,
    ) -> None:
        """
        Inject a fault; ``docs/local-service.md`` lists them.

        :param fault: name, such as ``rate_limit``.
        :param method: HTTP method it hits. Default: depends on the fault.
        :param path: glob pattern of the paths it hits; ``*`` matches ``/`` too. Default: depends on the fault.
        :param times: how often it strikes; None for until it is cleared. Default 1.
        :param skip: how many matching requests pass first. Default 0.
        :param options: options of the fault.
        :raises ValueError: no such fault or option.
        """
        from extend_provider.local.faults import Fault

        self._service.faults.add(Fault(fault, method, path, times, skip, options))

    def clear_faults(self) -> None:
        """Take all faults back."""
        self._service.faults.clear()

    def reset(self) -> None:
        """Forget everything but URL and API key."""
        self._call(self._service.reset)

    @property
    def webhook_deliveries(self) -> list[Delivery]:
        """Attempts to deliver webhook events, oldest first (the last 10,000)."""
        return self._call(lambda: list(self._service.webhooks.deliveries))

    def redeliver(self, event_id: str) -> None:
        """
        Send a webhook event once more, as the manual retry in the real service's dashboard does.

        :param event_id: id of an event that was sent.
        :raises KeyError: no such event.
        """
        self._call(lambda: self._service.webhooks.redeliver(event_id))

    def finish_run(self, run_id: str) -> None:
        """
        Cut the processing time of a run short.

        :param run_id: a run; nothing happens when its work has begun.
        :raises KeyError: no such run.
        """
        self._call(lambda: self._service.worker.finish(self._service.store.runs[run_id]))

    def connection_json(self, **extra: Any) -> str:
        """
        Describe the service as an Airflow connection.

        :param extra: further connection extras, such as ``requests_per_second=50``.
        :return: JSON for an environment variable such as ``AIRFLOW_CONN_EXTEND_DEFAULT``.
        """
        if self.workspace_id is not None:
            extra = {"workspace_id": self.workspace_id, **extra}
        return json.dumps(
            {"conn_type": "extend", "host": self.base_url, "password": self.api_key, "extra": extra}, sort_keys=True
        )

    @property
    def _service(self) -> Service:
        if self._service_or_none is None:
            raise RuntimeError("The local service has not been started.")
        return self._service_or_none

    def _on_ready(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        ready.set()

    def _call(self, function: Callable[[], T]) -> T:
        """Call a function on the service's event loop; directly when the service has ended."""

        async def call() -> T:
            return function()

        return function() if self._loop is None else self._await(call())

    def _await(self, coroutine: Coroutine[Any, Any, T]) -> T:
        if self._loop is None:
            coroutine.close()
            raise RuntimeError("The local service is not running.")
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(_CALL_TIMEOUT)
