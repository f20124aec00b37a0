"""
What happens to a run when its task is killed, on a worker or while it is deferred.

Only a user who gives the task up, by marking it, ends the run. Airflow runs the same hooks when a worker is shut down,
when `execution_timeout` has passed, when a task is cleared and when a trigger moves to another triggerer; then the run
is paid for, and a next try or another triggerer may wait for it.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from extend_provider._compat import task_state, task_state_on_worker
from extend_provider.exceptions import ExtendError
from extend_provider.kinds import run_kind

if TYPE_CHECKING:
    from extend_provider.client import ClientSettings
    from extend_provider.hooks.extend import ExtendHook

__all__ = ["end_from_triggerer", "end_from_worker"]

log = logging.getLogger(__name__)

# A task whose trigger has moved is deferred still; one that was cleared, or whose wait has ended elsewhere, is on its
# way. Which of them would depend on how fast Airflow is. Only these say that nobody will use the run.
_GIVEN_UP = frozenset({"failed", "success", "skipped", "removed"})

# Airflow 3 kills a worker's task five seconds after it has told it to stop. First Airflow is asked, then Extend.
_ASKING = 1.5
_TRIES_ON_WORKER = 2.5
# It waits 30 seconds for a trigger, and then until what it interrupts comes to an end. A connection that hangs takes no
# more than this of it; a silence that Extend asks for may take the rest.
_STALLS_IN_TRIGGERER = 8.0
_LONGEST = 25.0
# How many requests one run may take.
_MOST_REQUESTS = 3
_UNKNOWN = "Extend %s run %s goes on: whether a user has given its task up is unknown."
# An event loop keeps no task alive that nobody holds.
_unfinished: set[asyncio.Future[None]] = set()


def _hurried(settings: ClientSettings, stalls: float, tries: float) -> ClientSettings:
    return replace(settings, retry_for=tries, read_timeout=stalls, connect_timeout=stalls)


def end_from_worker(
    hook: ExtendHook, task_instance: Any, kind: str, run_id: str, *, cancel: bool, delete: bool
) -> None:
    """
    End the run of a task that has to stop on its worker, if a user has killed it, and say what became of it.

    :param hook: the task's hook.
    :param task_instance: the task instance of the context.
    :param kind: kind of run.
    :param run_id: the run.
    :param cancel: whether to cancel it, where its kind allows that.
    :param delete: whether to delete it.
    """
    from extend_provider.client import ExtendClient

    try:
        state = _asked_aside(task_instance)
    except Exception:  # Whatever Airflow raises: without its answer, a paid run is left alone.
        log.warning(_UNKNOWN, kind, run_id, exc_info=True)
        return
    if state not in _GIVEN_UP:
        log.info(
            "The task stops, but nobody has given it up (it is %s): its Extend %s run %s goes on; a next try finds it.",
            state,
            kind,
            run_id,
        )
        return
    try:
        # A client of its own: the task's may be in the middle of a request.
        settings = _hurried(hook.get_conn().settings, _TRIES_ON_WORKER, _TRIES_ON_WORKER)
        with ExtendClient(settings) as client:
            became = client.end_run(run_id, kind, cancel=cancel, delete=delete)
    except ExtendError as error:
        became = f"may go on, as it could not be reached ({error})"
    _say(kind, run_id, became)


def _asked_aside(task_instance: Any) -> str | None:
    """Ask in a thread: this one was interrupted by a signal, perhaps with the lock that the question needs."""
    answer: Future[str | None] = Future()

    def ask() -> None:
        try:
            answer.set_result(task_state_on_worker(task_instance))
        except Exception as error:  # noqa: BLE001 - raised below, in the thread that wants to know
            answer.set_exception(error)

    # No executor, whose threads have to end before the process can.
    threading.Thread(target=ask, name="extend-task-state", daemon=True).start()
    return answer.result(_ASKING)


async def end_from_triggerer(
    hook: ExtendHook, task_instance: Any, kind: str, run_id: str, *, cancel: bool, delete: bool
) -> None:
    """
    End the run of a deferred task, if a user has killed it, and say what became of it.

    :param hook: a hook for the connection.
    :param task_instance: the deferred task, as the trigger knows it.
    :param kind: kind of run.
    :param run_id: the run.
    :param cancel: whether to cancel it, where its kind allows that.
    :param delete: whether to delete it.
    """
    work = asyncio.ensure_future(_end_if_given_up(hook, task_instance, kind, run_id, cancel=cancel, delete=delete))
    _unfinished.add(work)
    work.add_done_callback(_unfinished.discard)
    while not work.done():
        # Airflow cancels a trigger that is killed anew every second, in the middle of this as well.
        with suppress(asyncio.CancelledError):
            await asyncio.shield(work)


async def _end_if_given_up(
    hook: ExtendHook, task_instance: Any, kind: str, run_id: str, *, cancel: bool, delete: bool
) -> None:
    try:
        state = await task_state(task_instance)
    except Exception:  # as above
        log.warning(_UNKNOWN, kind, run_id, exc_info=True)
        return
    if state not in _GIVEN_UP:
        log.info("Nobody has given the task up (it is %s): its Extend %s run %s goes on.", state, kind, run_id)
        return
    if delete or (cancel and run_kind(kind).cancellable):
        # What follows takes longer than Airflow keeps the task's log open.
        log.warning("The task was killed. Asking Extend to end its %s run %s, as far as it can.", kind, run_id)
    try:
        became = await _end(hook, kind, run_id, cancel=cancel, delete=delete)
    except (ExtendError, asyncio.TimeoutError) as error:
        became = f"may go on, as it could not be reached ({error or 'no answer in time'})"
    _say(kind, run_id, became)


async def _end(hook: ExtendHook, kind: str, run_id: str, *, cancel: bool, delete: bool) -> str:
    from extend_provider.client import AsyncExtendClient

    settings = await asyncio.wait_for(hook.asettings(), _LONGEST)
    # All that are killed at once share one pace, and each may have to wait for the others' requests; or for a silence
    # that was asked of one of them, so that no request may give up before that.
    longest = _LONGEST + len(_unfinished) * _MOST_REQUESTS / settings.requests_per_second
    async with AsyncExtendClient(_hurried(settings, _STALLS_IN_TRIGGERER, longest)) as client:
        ending = client.end_run(run_id, kind, cancel=cancel, delete=delete)
        return await asyncio.wait_for(ending, longest)


def _say(kind: str, run_id: str, became: str) -> None:
    log.warning("The task was killed. Its Extend %s run %s %s.", kind, run_id, became)
