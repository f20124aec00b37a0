"""
Inside Airflow's processes: wraps public functions of the package, and kills the process where the plan says so.

The package itself knows nothing of this. Its modules are wrapped when Airflow imports them.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any

import wrapt

from dev.chaos import points
from dev.chaos.tokens import BOTH, FOLDER_VARIABLE, PROCESS, SUPERVISOR, Kill, Tokens

Arguments = tuple[Any, ...]
Keywords = dict[str, Any]
Wrapper = Callable[[Callable[..., Any], Any, Arguments, Keywords], Any]


class Killer:
    """
    Carries planned kills out on its own process.

    :param tokens: the plan.
    """

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def reach(self, point: points.Point, task: str | None) -> None:
        """Die here if that is planned."""
        if kill := self.planned(point, task):
            self.strike(kill)

    def planned(self, point: points.Point, task: str | None) -> Kill | None:
        """Return the kill that is planned for a task at a point."""
        return self._tokens.find(point.name, task) if task else None

    def strike(self, kill: Kill) -> None:
        """Carry a kill out, unless another process has."""
        if not self._tokens.claim(kill):
            return
        parent = os.getppid()
        # An orphan's new parent is the process that all of Airflow was started from: not a victim.
        if kill.victim in {SUPERVISOR, BOTH} and os.getsid(parent) == os.getsid(0):
            os.kill(parent, signal.SIGKILL)
        if kill.victim in {PROCESS, BOTH}:
            os.kill(os.getpid(), signal.SIGKILL)


def install() -> None:
    """Wrap what leads to a point, once it is imported. Does nothing outside of a crash test."""
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder is None:
        return
    killer = Killer(Tokens(Path(folder)))
    for module, name, wrapper in WRAPPERS:
        wrapt.register_post_import_hook(partial(_wrap, name=name, wrapper=partial(wrapper, killer)), module)


def _wrap(module: Any, name: str, wrapper: Wrapper) -> None:
    wrapt.wrap_function_wrapper(module, name, wrapper)


def _running_task() -> str | None:
    """The task instance of this worker; ``None`` in any other process."""
    from airflow.sdk import get_current_context

    try:
        return _name(get_current_context()["ti"])
    except RuntimeError:
        return None


def _name(task_instance: Any) -> str | None:
    return f"{task_instance.task_id}[{task_instance.map_index}]" if task_instance else None


# -- in workers -------------------------------------------------------------------------------------------------------


def _create_run(killer: Killer, call: Callable[..., Any], _: Any, args: Arguments, kwargs: Keywords) -> Any:
    killer.reach(points.BEFORE_SUBMIT, _running_task())
    run = call(*args, **kwargs)
    killer.reach(points.AFTER_SUBMIT, _running_task())
    return run


def _send(killer: Killer, call: Callable[..., Any], _: Any, args: Arguments, kwargs: Keywords) -> Any:
    request = args[0]
    is_submit = request.method == "POST" and request.url.path.endswith("_runs")
    task = _running_task() if is_submit else None
    if task and killer.planned(points.IN_FLIGHT, task):

        def trace(event: str, __: Any) -> None:
            if event.endswith("send_request_body.complete"):
                killer.reach(points.IN_FLIGHT, task)

        request.extensions = {**request.extensions, "trace": trace}
    return call(*args, **kwargs)


def _open_for_upload(killer: Killer, call: Callable[..., Any], _: Any, args: Arguments, kwargs: Keywords) -> Any:
    @contextmanager
    def opened() -> Iterator[tuple[Any, str]]:
        with call(*args, **kwargs) as (stream, name):
            yield _MortalStream(stream, killer), name

    return opened()


class _MortalStream(wrapt.ObjectProxy):  # type: ignore[type-arg]  # older releases of wrapt take none
    """Gives the first half of what is left, and dies when asked for the rest."""

    def __init__(self, stream: IO[bytes], killer: Killer) -> None:
        super().__init__(stream)
        self._self_killer = killer
        self._self_given = False

    def read(self, size: int = -1) -> bytes:
        task = _running_task()
        if not self._self_killer.planned(points.MID_UPLOAD, task):
            return bytes(self.__wrapped__.read(size))
        if self._self_given:
            self._self_killer.reach(points.MID_UPLOAD, task)
        self._self_given = True
        return bytes(self.__wrapped__.read(512))


def _write_note(killer: Killer, call: Callable[..., Any], _: Any, args: Arguments, kwargs: Keywords) -> Any:
    result = call(*args, **kwargs)
    if args[0].run_id:
        killer.reach(points.AFTER_STORE, _running_task())
    return result


def _defer(killer: Killer, call: Callable[..., Any], _: Any, args: Arguments, kwargs: Keywords) -> Any:
    try:
        return call(*args, **kwargs)
    finally:
        killer.reach(points.DEFER, _running_task())


def _iter_file(killer: Killer, call: Callable[..., Any], _: Any, args: Arguments, kwargs: Keywords) -> Iterator[bytes]:
    for chunk in call(*args, **kwargs):
        yield chunk[: len(chunk) // 2]
        killer.reach(points.MID_DOWNLOAD, _running_task())
        yield chunk[len(chunk) // 2 :]


def _before(
    point: points.Point, killer: Killer, call: Callable[..., Any], _: Any, args: Arguments, kwargs: Keywords
) -> Any:
    killer.reach(point, _running_task())
    return call(*args, **kwargs)


def _after(
    point: points.Point, killer: Killer, call: Callable[..., Any], _: Any, args: Arguments, kwargs: Keywords
) -> Any:
    result = call(*args, **kwargs)
    killer.reach(point, _running_task())
    return result


# -- in triggerers ----------------------------------------------------------------------------------------------------


async def _wait(
    killer: Killer, call: Callable[..., Any], trigger: Any, args: Arguments, kwargs: Keywords
) -> AsyncIterator[Any]:
    task = _name(trigger.task_instance)
    waiting = _later(killer, points.DEFERRED, task)
    async for event in call(*args, **kwargs):
        waiting.cancel()
        killer.reach(points.EVENT, task)
        _later(killer, points.EVENT_SENT, task)
        yield event


def _later(killer: Killer, point: points.Point, task: str | None) -> asyncio.TimerHandle:
    kill = killer.planned(point, task)
    loop = asyncio.get_running_loop()
    return loop.call_later(kill.delay, killer.strike, kill) if kill else loop.call_later(0, lambda: None)


WRAPPERS: tuple[tuple[str, str, Callable[..., Any]], ...] = (
    ("extend_provider.hooks.files", "open_for_upload", _open_for_upload),
    ("extend_provider.hooks.extend", "ExtendHook.upload_file", partial(_after, points.UPLOADED)),
    ("extend_provider.hooks.extend", "ExtendHook.create_run", _create_run),
    ("httpx", "Client.send", _send),
    ("extend_provider.submit.task_try", "Notebook.write", _write_note),
    ("extend_provider.run_task", "RunTask.wait_in_triggerer", _defer),
    ("extend_provider.triggers.run", "ExtendRunTrigger.run", _wait),
    ("extend_provider.operators.base", "ExtendCreateRunOperator.execute_complete", partial(_before, points.RESUME)),
    ("extend_provider.run_task", "RunTask.finish", partial(_after, points.FINISH)),
    ("extend_provider.client.sync_client", "ExtendClient.iter_file", _iter_file),
    ("extend_provider.hooks.extend", "ExtendHook.download_file", partial(_after, points.DOWNLOADED)),
)
