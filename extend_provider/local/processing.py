"""Finishing runs: a timer on the event loop for every run, the work itself in a few threads."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from extend_provider.local.errors import RunFailure, log_defect
from extend_provider.local.fetch import Downloader
from extend_provider.local.ingest import check_size, describe_blob
from extend_provider.local.records import CANCELLING, PENDING, UNFINISHED
from extend_provider.local.results import encode_output
from extend_provider.local.run_kind import Document, Job
from extend_provider.local.stamps import seconds_since

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from extend_provider.local.ledger import Ledger
    from extend_provider.local.records import FileRecord, RunInput, RunRecord
    from extend_provider.local.results import Results
    from extend_provider.local.run_kind import Cancel, Outcome, RunKind
    from extend_provider.local.settings import Settings
    from extend_provider.local.store import Store

logger = logging.getLogger(__name__)

_MAX_WORKERS = 4
_MAX_DOWNLOADS = 8


class Worker:
    """
    Finishes runs. Lives on the event loop; only processors and downloads run in threads.

    :param settings: options of the service.
    :param store: files and runs.
    :param ledger: what is charged.
    :param kinds: the kinds of run by name.
    :param results: writes down how runs end.
    """

    def __init__(
        self, settings: Settings, store: Store, ledger: Ledger, kinds: Mapping[str, RunKind], results: Results
    ) -> None:
        self._delay = settings.processing_time
        self._max_size = settings.max_file_size
        self._store = store
        self._ledger = ledger
        self._kinds = kinds
        self._results = results
        self._stopping = threading.Event()
        self._downloader = Downloader(
            settings.max_file_size, allow_private=settings.allow_private_urls, stopping=self._stopping
        )
        self.pool = ThreadPoolExecutor(min(_MAX_WORKERS, os.cpu_count() or 1), "extend-local-work")
        self._downloads = ThreadPoolExecutor(_MAX_DOWNLOADS, "extend-local-download")
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._finished: dict[str, asyncio.Event] = {}

    def resume(self) -> None:
        """Go on with the runs that an earlier service left unfinished."""
        for run in list(self._store.runs.values()):
            if run.status in UNFINISHED:
                self.submit(run)

    def submit(self, run: RunRecord) -> None:
        """
        :param run: a stored run; it is finished after the processing time, counted from its last change. A pending
            run is ``PROCESSING`` for that time again.
        """
        delay = max(0.0, self._delay - seconds_since(run.updated_at))
        self._finished.setdefault(run.id, asyncio.Event())
        self._schedule(run, delay)

    def finish(self, run: RunRecord) -> None:
        """:param run: a run whose waiting time is cut short; nothing happens when its work has begun."""
        if run.id in self._timers:
            self._timers.pop(run.id).cancel()
            if run.status == PENDING:
                self._results.begin(run)
            self._begin(run)

    def cancel(self, run: RunRecord, how: Cancel) -> None:
        """
        Cancel a run; the result of work that has begun is dropped.

        :param run: a run that has not ended.
        :param how: how its kind is cancelled.
        """
        timer = self._timers.pop(run.id, None)
        if timer is not None:
            timer.cancel()
        if how.through is None:
            self._end_cancelled(run, how)
        else:
            self._results.cancelling(run, how)
            self._schedule(run, self._delay)

    async def wait(self, run: RunRecord, timeout: float) -> bool:
        """
        Wait for the end of a run.

        :param run: a submitted run.
        :param timeout: seconds.
        :return: False when it has not ended in time.
        """
        finished = self._finished.get(run.id)
        if finished is None:
            return True
        try:
            await asyncio.wait_for(finished.wait(), timeout)
        except asyncio.TimeoutError:
            return False
        return True

    def forget(self, run_id: str) -> None:
        """:param run_id: a deleted run; the result of work that has begun is dropped."""
        timer = self._timers.pop(run_id, None)
        if timer is not None:
            timer.cancel()
            self._tell_finished(run_id)

    def stop(self) -> None:
        """Stop working. Unfinished runs stay so in the store."""
        self._stopping.set()
        for timer in self._timers.values():
            timer.cancel()
        for task in self._tasks:
            task.cancel()
        self._downloads.shutdown(wait=False, cancel_futures=True)
        self.pool.shutdown(wait=True, cancel_futures=True)

    def _schedule(self, run: RunRecord, delay: float) -> None:
        self._timers[run.id] = asyncio.get_running_loop().call_later(delay, self._on_timer, run)

    def _on_timer(self, run: RunRecord) -> None:
        self._timers.pop(run.id, None)
        if run.status == PENDING:
            self._results.begin(run)
            self._schedule(run, self._delay)
        else:
            self._begin(run)

    def _begin(self, run: RunRecord) -> None:
        how = self._kinds[run.kind].cancel
        if run.status == CANCELLING and how is not None:
            self._end_cancelled(run, how)
            return
        task = asyncio.get_running_loop().create_task(self._work(run))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _end_cancelled(self, run: RunRecord, how: Cancel) -> None:
        self._results.cancelled(run, how)
        self._tell_finished(run.id)
        logger.info("%s %s", run.id, run.status)

    def _tell_finished(self, run_id: str) -> None:
        finished = self._finished.pop(run_id, None)
        if finished is not None:
            finished.set()

    async def _work(self, run: RunRecord) -> None:
        try:
            await self._finish_run(run)
        finally:
            if run.status != CANCELLING:  # that ends with a timer of its own
                self._tell_finished(run.id)

    async def _finish_run(self, run: RunRecord) -> None:
        kind = self._kinds[run.kind]
        try:
            outcome = await self._outcome(run, kind)
        except RunFailure as problem:
            self._results.failed(run, problem.reason, problem.message)
        except Exception as error:  # noqa: BLE001 - whatever a document provokes must end the run, not the service
            log_defect(logger, run.id, error)
            self._results.failed(run, "INTERNAL_ERROR", f"The local service failed ({type(error).__name__}).")
        else:
            self._results.ended(run, kind, outcome)
        if run.id in self._finished and run.status != CANCELLING:  # what was cancelled says so itself
            logger.info("%s %s", run.id, run.failure_reason or run.status)

    async def _outcome(self, run: RunRecord, kind: RunKind) -> Outcome:
        if "fail" in run.script:
            raise RunFailure(run.script["fail"]["reason"], run.script["fail"]["message"])
        try:
            files = [await self._ready_file(item) for item in run.inputs]
            return await asyncio.get_running_loop().run_in_executor(self.pool, self._process, run, kind, files)
        except RunFailure as problem:
            raise RunFailure(kind.reasons.get(problem.reason, problem.reason), problem.message) from problem

    async def _ready_file(self, item: RunInput) -> FileRecord:
        file = self._store.files.get(item.file_id)
        if file is not None and file.size is None and item.url is not None:
            await self._download(file, item.url)
            item.file = file.summary()
        if file is None or item.file_id not in self._store.files or file.size is None:
            raise _missing_input()
        check_size(file.size, self._max_size)
        return file

    async def _download(self, file: FileRecord, url: str) -> None:
        path = self._store.blob(file.id)
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._downloads, self._downloader.download, url, path)
            await describe_blob(self._store, self.pool, file)
        except RunFailure:
            path.unlink(missing_ok=True)
            raise
        if file.id in self._store.files:
            self._store.files.keep(file)
        else:
            path.unlink(missing_ok=True)

    def _process(self, run: RunRecord, kind: RunKind, files: list[FileRecord]) -> Outcome:
        """Do the work, in a thread."""

        def reserve(amount: int) -> None:
            self._ledger.reserve(run.id, amount)

        try:
            documents = tuple(_document(file, self._store) for file in files)
        except FileNotFoundError:
            raise _missing_input() from None
        process: Callable[[Job], Outcome] = kind.process
        outcome = process(Job(documents, run.config, kind.credits_per_page, reserve))
        return replace(outcome, encoded=encode_output(outcome.output)) if kind.large_output else outcome


def _document(file: FileRecord, store: Store) -> Document:
    return Document(file.id, file.name, file.type, store.blob(file.id).read_bytes(), file.password)


def _missing_input() -> RunFailure:
    return RunFailure("UNABLE_TO_DOWNLOAD_FILE", "The input file has been deleted, or was never downloaded.")
