"""What extract, classify and split runs have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from extend_provider.local.records import CANCELLED, FAILED, PENDING, PROCESSED, PROCESSING
from extend_provider.local.run_fields import ENDING, KEPT_FILE, SHORT_USAGE, STAMPS
from extend_provider.local.run_kind import Batch, Cancel, RunKind

if TYPE_CHECKING:
    from extend_provider.local.run_kind import Takes

_ALWAYS = (*ENDING, "metadata", "reviewed", "edited", "parseRunId", "dashboardUrl", *STAMPS)
# What they call the trouble that edit and parse runs name exactly.
_REASONS = {
    "UNABLE_TO_DOWNLOAD_FILE": "FAILED_TO_PROCESS_FILE",
    "FILE_TYPE_NOT_SUPPORTED": "FAILED_TO_PROCESS_FILE",
    "FILE_SIZE_TOO_LARGE": "FAILED_TO_PROCESS_FILE",
    "CORRUPT_FILE": "FAILED_TO_PROCESS_FILE",
    "PASSWORD_PROTECTED_FILE": "FAILED_TO_PROCESS_FILE",
    "INVALID_OPTIONS": "INVALID_CONFIGURATION",
}


def processor_kind(
    name: str,
    role: str,
    takes: Takes,
    *,
    fields: tuple[str, ...] = (),
    summary_fields: tuple[str, ...] = (),
    **own: Any,
) -> RunKind:
    """
    Describe a kind of run that uses a processor.

    :param name: short name, such as ``extract``.
    :param role: the processor, such as ``extractor``.
    :param takes: what a create request may hold.
    :param fields: keys of the full wire form that only this kind has.
    :param summary_fields: keys of the wire form in lists that only this kind has.
    :param own: what else the description needs.
    :return: the description.
    """
    processor = (role, f"{role}Version")
    output = ("config", "output", "initialOutput", "reviewedOutput")
    return RunKind(
        name=name,
        label=f"{name.capitalize()} run",
        wire_object=f"{name}_run",
        path=f"/{name}_runs",
        sync_path=f"/{name}",
        takes=takes,
        fields=(*_ALWAYS, KEPT_FILE, "usage", *output, *processor, *fields),
        summary_fields=(*_ALWAYS, "file", SHORT_USAGE, *processor, *summary_fields),
        filters=("status", f"{role}Id", "batchId", "source", "sourceId", "fileNameContains"),
        statuses=(PENDING, PROCESSING, PROCESSED, FAILED, CANCELLED),
        sources=(
            *("ADMIN", "BATCH_PROCESSOR_RUN", "PLAYGROUND", "WORKFLOW_CONFIGURATION"),
            *("WORKFLOW_RUN", "STUDIO", "API"),
        ),
        reasons=_REASONS,
        cancel=Cancel(ends=CANCELLED),
        batch=Batch(
            "bpr_",
            "BATCH_PROCESSOR_RUN",
            shared=(role,),
            required=(role,),
            texts=takes.texts,
            events={PROCESSED: "batch_processor_run.processed", FAILED: "batch_processor_run.failed"},
        ),
        events={PROCESSED: f"{name}_run.processed", FAILED: f"{name}_run.failed"},
        **own,
    )
