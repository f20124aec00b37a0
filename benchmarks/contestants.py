"""
Who waits, and how each one is told to: the triggers of this package and of three others, and the vendor's SDK.

Nothing is imported before a contestant is made, so that each process holds one contestant's libraries only.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from benchmarks.bodies import run_id

__all__ = ["CONTESTANTS", "Contestant"]

_CONN_ID = "benchmark"


def _named(module: str, name: str) -> Any:
    """Return what a module holds; other providers may be absent, and typed in any way."""
    return getattr(importlib.import_module(module), name)


class Contestant(ABC):
    """
    One way of waiting.

    :param port: of the stub.
    :param tls: whether the stub speaks TLS.
    :param interval: seconds between looks, or ``None`` for the contestant's own default.
    """

    needs: str = ""
    """Module without which the contestant is left out."""
    fetches_result = False
    """Whether it asks for the result as well, with the last status request or after it."""

    def __init__(self, port: int, *, tls: bool, interval: float | None) -> None:
        self.port = port
        self.scheme = "https" if tls else "http"
        self.interval = interval

    @classmethod
    def is_installed(cls) -> bool:
        """Whether the module that it needs can be imported."""
        try:
            return not cls.needs or importlib.util.find_spec(cls.needs) is not None
        except ImportError:  # a parent package is missing
            return False

    def connection(self, requests_per_second: float) -> dict[str, Any]:  # noqa: ARG002
        """Return the Airflow connection that it reads."""
        return {"conn_type": "http", "host": "127.0.0.1", "port": self.port, "schema": self.scheme, "password": "key"}

    async def open(self) -> None:  # noqa: B027
        """Prepare what all waits share."""

    async def close(self) -> None:  # noqa: B027
        """Give back what all waits share."""

    @abstractmethod
    async def wait(self, number: int) -> bool:
        """Wait for a job; true when it was reported as a success."""


class TriggerContestant(Contestant):
    """A contestant that is a trigger: run as the triggerer runs it."""

    @abstractmethod
    def trigger(self, number: int) -> Any:
        """Return the trigger for a job."""

    @abstractmethod
    def is_success(self, payload: Any) -> bool:
        """Whether an event says that the job succeeded."""

    async def wait(self, number: int) -> bool:
        # To the end, as the triggerer reads it.
        return any([self.is_success(event.payload) async for event in self.trigger(number).run()])


class Null(TriggerContestant):
    """Sleeps until the end, which it knows beforehand: the floor of the harness, and of a triggerer."""

    def __init__(self, port: int, *, tls: bool, interval: float | None) -> None:
        super().__init__(port, tls=tls, interval=interval)
        # By the monotonic clock; for a trigger, which is made before the jobs begin, in seconds after the beginning.
        self.ends: Sequence[float] = ()

    def trigger(self, number: int) -> Any:
        return _named("benchmarks.sleeping", "SleepingTrigger")(self.ends[number])

    def is_success(self, payload: Any) -> bool:
        return bool(payload["status"] == "success")

    async def wait(self, number: int) -> bool:
        # Without a trigger: only the harness.
        await asyncio.sleep(self.ends[number] - time.monotonic())
        return True


class Extend(TriggerContestant):
    """``ExtendRunTrigger`` of this package."""

    needs = "extend_provider.triggers.run"
    fetches_result = True

    def connection(self, requests_per_second: float) -> dict[str, Any]:
        extra = {"requests_per_second": requests_per_second}
        host = f"{self.scheme}://127.0.0.1:{self.port}"
        return {"conn_type": "extend", "host": host, "password": "key", "extra": extra}

    def trigger(self, number: int) -> Any:
        from extend_provider.triggers.run import ExtendRunTrigger

        return ExtendRunTrigger(run_id=run_id(number), extend_conn_id=_CONN_ID, poll_interval=self.interval)

    def is_success(self, payload: Any) -> bool:
        return bool(payload["error"] is None and payload["output_file_ids"])


class Http(TriggerContestant):
    """``HttpSensorTrigger``: asks until the answer is no longer 404. It reads no result."""

    needs = "airflow.providers.http.triggers.http"

    def trigger(self, number: int) -> Any:
        pace = {} if self.interval is None else {"poke_interval": self.interval}
        trigger = _named(self.needs, "HttpSensorTrigger")
        return trigger(endpoint=f"http_sensor/{run_id(number)}", http_conn_id=_CONN_ID, **pace)

    def is_success(self, payload: Any) -> bool:
        return payload is True


class Databricks(TriggerContestant):
    """``DatabricksExecutionTrigger``: asks for the run's state, and once more for the run when it has ended."""

    needs = "airflow.providers.databricks.triggers.databricks"
    fetches_result = True

    def trigger(self, number: int) -> Any:
        pace = {} if self.interval is None else {"polling_period_seconds": self.interval}
        trigger = _named(self.needs, "DatabricksExecutionTrigger")
        return trigger(run_id=number, databricks_conn_id=_CONN_ID, **pace)

    def is_success(self, payload: Any) -> bool:
        return "SUCCESS" in payload["run_state"]


class DbtCloud(TriggerContestant):
    """``DbtCloudRunJobTrigger``: asks for the run's status. It reads no result."""

    needs = "airflow.providers.dbt.cloud.triggers.dbt"

    def connection(self, requests_per_second: float) -> dict[str, Any]:
        return {**super().connection(requests_per_second), "host": f"127.0.0.1:{self.port}"}

    async def open(self) -> None:
        if self.scheme == "https":
            return
        # Its hook knows no other scheme than https; the rest of it is untouched.
        hook = _named("airflow.providers.dbt.cloud.hooks.dbt", "DbtCloudHook")
        original = hook.get_request_url_params

        def plain(*args: Any, **kwargs: Any) -> tuple[str, dict[str, Any]]:
            url, params = original(*args, **kwargs)
            return url.replace("https://", "http://"), params

        hook.get_request_url_params = staticmethod(plain)

    def trigger(self, number: int) -> Any:
        return _named(self.needs, "DbtCloudRunJobTrigger")(
            conn_id=_CONN_ID,
            run_id=number,
            end_time=time.time() + 3600,
            # The operator's default; the trigger itself has none.
            poll_interval=60 if self.interval is None else self.interval,
            account_id=1,
        )

    def is_success(self, payload: Any) -> bool:
        return bool(payload["status"] == "success")


class Sdk(Contestant):
    """The vendor's SDK: ``poll_until_done_async`` with one client for all."""

    needs = "extend_ai"
    fetches_result = True

    async def open(self) -> None:
        from extend_ai import AsyncExtend
        from extend_ai.wrapper import PollingOptions

        self._client = AsyncExtend(token="key", base_url=f"{self.scheme}://127.0.0.1:{self.port}")
        milliseconds = int((self.interval or 1) * 1000)
        self._options = PollingOptions(max_wait_ms=600_000, fast_poll_interval_ms=milliseconds)
        if self.interval is not None:
            self._options.fast_poll_duration_ms = 600_000

    async def wait(self, number: int) -> bool:
        from extend_ai.wrapper import poll_until_done_async

        run: Any = await poll_until_done_async(
            lambda: self._client.edit_runs.retrieve(run_id(number)),
            lambda run: run.status != "PROCESSING",
            self._options,
        )
        return bool(run.status == "PROCESSED")


CONTESTANTS: dict[str, type[Contestant]] = {
    "null": Null,
    "extend": Extend,
    "http": Http,
    "databricks": Databricks,
    "dbt_cloud": DbtCloud,
    "sdk": Sdk,
}
"""By name, in the order of the table."""
