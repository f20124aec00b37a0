"""Writing down how runs go on and end: their status, output, files, usage, and the runs of workflow steps."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from extend_provider.local.records import FAILED, PROCESSED, PROCESSING, REJECTED, RunInput, RunRecord
from extend_provider.local.stamps import new_id, seconds_since, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable

    from extend_provider.local.ledger import Ledger
    from extend_provider.local.run_kind import Cancel, Outcome, Produced, RunKind, Step
    from extend_provider.local.store import Store


class Results:
    """
    Writes to the store. Lives on the event loop.

    :param store: files and runs.
    :param ledger: what is charged.
    :param on_end: called with each run of a client that has ended.
    """

    def __init__(self, store: Store, ledger: Ledger, on_end: Callable[[RunRecord], None]) -> None:
        self._store = store
        self._ledger = ledger
        self._on_end = on_end

    def begin(self, run: RunRecord) -> None:
        """:param run: a pending run whose turn has come."""
        run.status = PROCESSING
        self._save(run)

    def cancelling(self, run: RunRecord, how: Cancel) -> None:
        """
        Note that a run is being cancelled.

        :param run: a run that has not ended.
        :param how: how its kind is cancelled.
        """
        run.status = how.through or how.ends
        self._save(run)

    def cancelled(self, run: RunRecord, how: Cancel) -> None:
        """
        Note that a run has been cancelled.

        :param run: a run that has not ended.
        :param how: how its kind is cancelled.
        """
        self._ledger.release(run.id)
        run.status = how.ends
        if how.reason is not None:
            run.failure_reason, run.failure_message = how.reason, "The run was cancelled."
        self._end(run)

    def failed(self, run: RunRecord, reason: str, message: str) -> None:
        """
        Note that a run has failed; nothing happens when it was cancelled in the meantime.

        :param run: the run.
        :param reason: ``failureReason``.
        :param message: ``failureMessage``.
        """
        self._ledger.release(run.id)
        if run.status == PROCESSING:
            run.status, run.failure_reason, run.failure_message = FAILED, reason, message
            self._end(run)

    def ended(self, run: RunRecord, kind: RunKind, outcome: Outcome) -> None:
        """
        Note that a run's work is done; nothing happens when it was cancelled or deleted in the meantime.

        :param run: the run.
        :param kind: its kind.
        :param outcome: what its processor returned.
        """
        if run.status != PROCESSING or outcome.failure is not None:
            self._ledger.release(run.id)
        spent = self._ledger.spend(run.id)
        if run.status != PROCESSING or run.id not in self._store.runs:
            return
        members = [self._member(run, step) for step in outcome.steps]
        if members:
            run.details["steps"] = [_step_run(*pair) for pair in zip(outcome.steps, members, strict=True)]
        if outcome.failure is not None:
            run.status = FAILED
            run.failure_reason, run.failure_message = outcome.failure
        else:
            self._take(run, kind, outcome)
            run.status = outcome.status
            run.usage = _usage(run, kind, outcome, spent, members)
        self._end(run)

    def reviewed(self, run: RunRecord, user: str, *, rejection: str | None) -> None:
        """
        Note what a human has decided about a run that needs review.

        :param run: the run.
        :param user: who has decided.
        :param rejection: why the run was rejected; None when it was approved.
        """
        run.details |= {
            "reviewed": True,
            "reviewedByUser": user,
            "reviewedAt": utc_now(),
            "rejectionNote": rejection,
        }
        run.status = PROCESSED if rejection is None else REJECTED
        self._end(run)

    def _take(self, run: RunRecord, kind: RunKind, outcome: Outcome) -> None:
        """Store what a processor made."""
        run.config = outcome.config or run.config
        run.output = dict(outcome.output)
        if "no_filled_values" in run.script:
            run.output.pop("filledValues", None)
        if "processed_without_file" in run.script:
            run.output = {}
        else:
            run.output_files = {key: self._store_file(file) for key, file in outcome.files.items()}
            run.made_files = [*run.output_files.values(), *map(self._store_file, outcome.parts)]
        run.metrics = {"processingTimeMs": round(seconds_since(run.created_at) * 1000), **outcome.metrics}
        if kind.large_output:
            self._store.blob(run.id).write_bytes(outcome.encoded or encode_output(run.output))
            run.output, run.large_output = None, True

    def _member(self, run: RunRecord, step: Step) -> RunRecord:
        """Store the run of a workflow's step."""
        now, order = utc_now(), self._store.next_order()
        member = RunRecord(
            id=new_id(step.kind.id_prefix),
            kind=step.kind.name,
            inputs=[self._step_input(file_id, run) for file_id in step.file_ids],
            config=step.config,
            created_at=now,
            updated_at=now,
            created_order=order,
            updated_order=order,
            is_package=len(step.file_ids) > 1,
            metadata=run.metadata,
            processor=step.processor,
            source="WORKFLOW_RUN",
            source_id=run.id,
        )
        if step.outcome is not None:
            self._take(member, step.kind, step.outcome)
            member.status = PROCESSED
            spent = step.outcome.pages * step.kind.credits_per_page
            member.usage = _usage(member, step.kind, step.outcome, spent, [])
        else:
            member.status = FAILED
            member.failure_reason, member.failure_message = step.failure or ("INTERNAL_ERROR", "")
        self._store.runs.keep(member)
        return member

    def _step_input(self, file_id: str, run: RunRecord) -> RunInput:
        file = self._store.files.get(file_id)
        known = (item.file for item in run.inputs if item.file_id == file_id)  # the file may have been deleted by now
        return RunInput(file_id, file.summary() if file is not None else next(known, {"name": ""}))

    def _store_file(self, produced: Produced) -> str:
        file = self._store.new_file(produced.name, file_id=produced.id)
        self._store.blob(file.id).write_bytes(produced.data)
        file.type, file.page_count, file.size = produced.type, produced.page_count, len(produced.data)
        file.parent_file_id, file.parent_split = produced.parent_file_id, produced.parent_split
        self._store.files.keep(file)
        return file.id

    def _end(self, run: RunRecord) -> None:
        if self._save(run):
            self._on_end(run)

    def _save(self, run: RunRecord) -> bool:
        known = run.id in self._store.runs
        if known:
            run.updated_at = utc_now()
            run.updated_order = self._store.next_order()
            self._store.runs.keep(run)
        return known


def encode_output(output: dict[str, Any]) -> bytes:
    """
    Turn an output into JSON; slow for large ones.

    :param output: what a processor returned.
    :return: UTF-8.
    """
    return json.dumps(output, ensure_ascii=False, separators=(",", ":")).encode()


def _usage(
    run: RunRecord, kind: RunKind, outcome: Outcome, spent: int, members: list[RunRecord]
) -> dict[str, Any] | None:
    if "usage_null" in run.script:
        return None
    charge = {"product": kind.name, "unit": "page", "quantity": outcome.pages, "credits": spent}
    entries = [{"object": kind.wire_object, "id": run.id, "credits": spent, "charges": [charge]}]
    if members:
        entries = [entry for member in members for entry in (member.usage or {}).get("breakdown", [])]
    return {"credits": spent, "totalCredits": spent, "breakdown": entries}


def _step_run(step: Step, member: RunRecord) -> dict[str, Any]:
    return {
        "id": new_id("workflow_step_run_"),
        "stepId": f"step_{step.name}",
        "name": step.name,
        "type": step.type,
        "status": member.status,
        "runId": member.id,
        "fileIds": list(step.file_ids),
    }
