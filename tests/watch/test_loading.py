"""Loading beforehand: off the event loop, once, and never in the way."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from extend_provider.client import ClientSettings, http
from extend_provider.exceptions import ExtendConfigurationError
from extend_provider.watch import loading


@pytest.fixture
def not_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "_loaded", threading.Event())


@pytest.mark.usefixtures("not_loaded")
async def test_thousands_share_one_loading_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = []
    go_on = threading.Event()

    def slowly() -> None:
        threads.append(threading.current_thread())
        assert go_on.wait(30)

    monkeypatch.setattr(loading, "_import", slowly)
    waiting = [asyncio.create_task(loading.load()) for _ in range(2000)]
    await asyncio.sleep(0.01)
    assert not any(task.done() for task in waiting)
    waiting[0].cancel()
    go_on.set()
    await asyncio.wait(waiting, timeout=30)

    assert waiting[0].cancelled()
    assert all(task.done() and not task.cancelled() for task in waiting[1:])
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()
    await loading.load()
    assert len(threads) == 1


@pytest.mark.usefixtures("not_loaded")
async def test_what_cannot_be_loaded_is_left_to_whoever_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "_MODULES", ("extend_provider.no_such_module",))

    await asyncio.wait_for(loading.load(), timeout=30)


def test_a_wait_imports_nothing_large_on_the_event_loop() -> None:
    """In a new process: what the trigger begins with is small, and `load` brings the rest."""
    code = """
import asyncio, sys
from extend_provider.watch.loading import load
large = {"httpx", "pydantic", "extend_provider.client", "airflow"} & set(sys.modules)
asyncio.run(load())
needed = {"extend_provider.watch.registry", "extend_provider.hooks.extend", "anyio._backends._asyncio"}
print(large, needed - set(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)

    assert done.stdout.splitlines()[-1] == "set() set()", done.stderr


async def test_certificates_are_read_off_the_loop_and_only_for_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = []
    monkeypatch.setattr(http, "_ssl_context", lambda _: threads.append(threading.current_thread()))

    await loading.prepare(ClientSettings(api_key="k", base_url="http://127.0.0.1:1"))
    assert threads == []
    await loading.prepare(ClientSettings(api_key="k"))
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()


async def test_settings_that_cannot_work_are_refused() -> None:
    with pytest.raises(ExtendConfigurationError, match="base URL"):
        await loading.prepare(ClientSettings(api_key="k", base_url="no url at all"))
