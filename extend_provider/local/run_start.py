"""Starting a run that has been checked: its inputs, its record, and the faults that wait for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extend_provider.local.file_types import file_type
from extend_provider.local.records import PENDING, PROCESSING, BatchRecord, RunInput, RunRecord
from extend_provider.local.stamps import new_id, utc_now

if TYPE_CHECKING:
    from extend_provider.local.create_body import NewRun
    from extend_provider.local.faults import RequestFaults
    from extend_provider.local.file_input import NewInput
    from extend_provider.local.run_kind import RunKind
    from extend_provider.local.service import Service
    from extend_provider.local.store import Store

_SCRIPT_FAULTS = ("fail", "processed_without_file", "usage_null", "no_filled_values")


def start_run(
    new: NewRun, kind: RunKind, service: Service, faults: RequestFaults, batch: BatchRecord | None = None
) -> RunRecord:
    """
    Start a run.

    :param new: checked create request.
    :param kind: kind of the run.
    :param service: the service.
    :param faults: the faults of the request; those that decide how a run ends are used up.
    :param batch: the batch it belongs to; its members begin ``PENDING``.
    :return: the stored run.
    """
    run = _record(new, kind, service.store)
    if batch is not None and kind.batch is not None:
        run.status = run.first_status = PENDING
        run.batch_id = run.source_id = batch.id
        run.source = kind.batch.source
    for name in _SCRIPT_FAULTS:
        if fault := faults.take(name):
            run.script[name] = fault.options
    service.store.runs.keep(run)
    service.ledger.count_run()
    service.worker.submit(run)
    return run


def _record(new: NewRun, kind: RunKind, store: Store) -> RunRecord:
    inputs = [_input(item, store) for item in new.inputs]
    now, order = utc_now(), store.next_order()
    processor = new.resolved.processor
    return RunRecord(
        id=new_id(kind.id_prefix),
        kind=kind.name,
        inputs=inputs,
        config=new.resolved.config,
        created_at=now,
        updated_at=now,
        created_order=order,
        updated_order=order,
        is_package=new.is_package,
        status=PROCESSING,
        metadata=new.metadata,
        priority=new.priority,
        processor=None if processor is None else processor.id,
        details=dict(new.resolved.details),
    )


def _input(new: NewInput, store: Store) -> RunInput:
    file = new.file
    if file is None:
        file = store.new_file(new.name, password=new.password)
        if new.text is not None:
            data = new.text.encode()
            store.blob(file.id).write_bytes(data)
            file.type, file.size = file_type("text.txt", b""), len(data)
        store.files.keep(file)
    return RunInput(file.id, file.summary(), new.url, owned=new.file is None)
