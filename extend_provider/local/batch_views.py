"""The wire form of a batch, and how far it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from extend_provider.local.records import FAILED, PENDING, PROCESSED, PROCESSING, UNFINISHED

if TYPE_CHECKING:
    from extend_provider.local.records import BatchRecord
    from extend_provider.local.store import Store


def batch_run(batch: BatchRecord, store: Store) -> dict[str, Any]:
    """
    Make the wire form of a batch.

    :param batch: the batch.
    :param store: knows its members.
    :return: what a get answers.
    """
    return {
        "object": "batch_run",
        "id": batch.id,
        "status": batch_status(batch.id, store),
        "runCount": batch.run_count,
        "createdAt": batch.created_at,
    }


def batch_status(batch_id: str, store: Store) -> str:
    """
    Tell how far a batch is. Extend's documentation has two opinions about "processed"; here it means that all members
    have ended and not all of them have failed.

    :param batch_id: id of the batch.
    :param store: knows its members; deleted ones do not count.
    :return: ``PENDING``, ``PROCESSING``, ``PROCESSED`` or ``FAILED``.
    """
    statuses = {run.status for run in store.runs.values() if run.batch_id == batch_id}
    if statuses == {PENDING}:
        return PENDING
    if statuses & set(UNFINISHED):
        return PROCESSING
    return FAILED if statuses == {FAILED} else PROCESSED
