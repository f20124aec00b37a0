"""Finishing runs: a timer on the event loop for every run, the work itself in a few threads."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from extend_provider.local.errors import RunFailure, log_defect
from extend_provider.local.fetch import Downloader
from extend_provider.local.ingest import check_size, describe_blob
from extend_provider.local.records import FAILED, PROCESSED, PROCESSING, FileRecord, RunRecord
from extend_provider.local.run_kind import Job, Outcome, Produced, RunKind
from extend_provider.local.stamps import seconds_since, utc_now

if TYPE_CHECKING:
    from collections.abc import Iterable

    from extend_provider.local.ledger import Ledger
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
    :param kinds: the kinds of run there are.
    """

    def __init__(self, settings: Settings, store: Store, ledger: Ledger, kinds: Iterable[RunKind]) -> None:
        self._delay = settings.processing_time
        self._max_size = settings.max_file_size
        self._store = store
        self._ledger = ledger
        self._kinds = {kind.name: kind for kind in kinds}
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
            if run.status == PROCESSING:
                self.submit(run)

    def submit(self, run: RunRecord) -> None:
        """:param run: a stored run; it is finished after the processing time, counted from its creation."""
        delay = max(0.0, self._delay - seconds_since(run.created_at))
        self._finished[run.id] = asyncio.Event()
        self._timers[run.id] = asyncio.get_running_loop().call_later(delay, self._begin, run)

    def finish(self, run: RunRecord) -> None:
        """:param run: a run whose processing time is cut short; nothing happens when its work has begun."""
        if run.id in self._timers:
            self._timers[run.id].cancel()
            self._begin(run)

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
            self._finished.pop(run_id).set()

    def stop(self) -> None:
        """Stop working. Unfinished runs stay ``PROCESSING`` in the store."""
        self._stopping.set()
        for timer in self._timers.values():
            timer.cancel()
        for task in self._tasks:
            task.cancel()
        self._downloads.shutdown(wait=False, cancel_futures=True)
        self.pool.shutdown(wait=True, cancel_futures=True)

    def _begin(self, run: RunRecord) -> None:
        self._timers.pop(run.id, None)
        task = asyncio.get_running_loop().create_task(self._work(run))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self, run: RunRecord) -> None:
        try:
            await self._finish_run(run)
        finally:
            self._finished.pop(run.id).set()

    async def _finish_run(self, run: RunRecord) -> None:
        try:
            outcome = await self._outcome(run)
        except RunFailure as problem:
            self._store_failure(run, problem.reason, problem.message)
        except Exception as error:  # noqa: BLE001 - whatever a document provokes must end the run, not the service
            log_defect(logger, run.id, error)
            self._store_failure(run, "INTERNAL_ERROR", f"The local service failed ({type(error).__name__}).")
        else:
            self._store_success(run, outcome)
        logger.info("%s %s", run.id, run.failure_reason or run.status)

    async def _outcome(self, run: RunRecord) -> Outcome:
        if "fail" in run.script:
            raise RunFailure(run.script["fail"]["reason"], run.script["fail"]["message"])
        file = self._store.files.get(run.file_id)
        if file is not None and file.size is None and run.input_url is not None:
            await self._download(file, run.input_url)
            run.file = file.summary()
        if file is None or run.file_id not in self._store.files or file.size is None:
            raise _missing_input()
        check_size(file.size, self._max_size)
        return await asyncio.get_running_loop().run_in_executor(self.pool, self._process, run, file)

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
            self._store.save_file(file)
        else:
            path.unlink(missing_ok=True)

    def _process(self, run: RunRecord, file: FileRecord) -> Outcome:
        """Do the work, in a thread."""

        def charge(amount: int) -> None:
            self._ledger.reserve(run.id, amount)

        try:
            data = self._store.blob(file.id).read_bytes()
        except FileNotFoundError:
            raise _missing_input() from None
        return self._kinds[run.kind].process(Job(data, file.name, file.type, file.password, run.config, charge))

    def _store_failure(self, run: RunRecord, reason: str, message: str) -> None:
        self._ledger.release(run.id)
        run.status = FAILED
        run.failure_reason = reason
        run.failure_message = message
        self._save(run)

    def _store_success(self, run: RunRecord, outcome: Outcome) -> None:
        spent = self._ledger.spend(run.id)
        if run.id not in self._store.runs:
            return
        run.status = PROCESSED
        run.output = dict(outcome.output)
        if "no_filled_values" in run.script:
            run.output.pop("filledValues", None)
        if "processed_without_file" in run.script:
            run.output = {}
        else:
            run.output_files = {key: self._store_file(file) for key, file in outcome.files.items()}
        run.metrics = {"processingTimeMs": round(seconds_since(run.created_at) * 1000), **outcome.metrics}
        run.usage = None if "usage_null" in run.script else _usage(run, self._kinds[run.kind], outcome.pages, spent)
        self._save(run)

    def _store_file(self, produced: Produced) -> str:
        file = self._store.new_file(produced.name)
        self._store.blob(file.id).write_bytes(produced.data)
        file.type, file.page_count, file.size = produced.type, produced.page_count, len(produced.data)
        self._store.save_file(file)
        return file.id

    def _save(self, run: RunRecord) -> None:
        if run.id in self._store.runs:
            run.updated_at = utc_now()
            run.updated_order = self._store.next_order()
            self._store.save_run(run)


def _missing_input() -> RunFailure:
    return RunFailure("UNABLE_TO_DOWNLOAD_FILE", "The input file has been deleted, or was never downloaded.")


def _usage(run: RunRecord, kind: RunKind, pages: int, spent: int) -> dict[str, object]:
    charge = {"product": kind.name, "unit": "page", "quantity": pages, "credits": spent}
    entry = {"object": kind.wire_object, "id": run.id, "credits": spent, "charges": [charge]}
    return {"credits": spent, "totalCredits": spent, "breakdown": [entry]}
