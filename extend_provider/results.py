"""
What a finished run means to a DAG: a result, or one typed error. The only place that decides it, for every way of
waiting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from extend_provider.exceptions import ExtendNoOutputError, ExtendRunFailedError
from extend_provider.failure_reasons import advice_for
from extend_provider.kinds import RunKind
from extend_provider.redaction import quote, values_in

if TYPE_CHECKING:
    from extend_provider.models import Run

__all__ = ["describe", "result_of"]


def describe(run: Run) -> dict[str, Any]:
    """
    Return the facts about a run that may be stored: names of filled fields, never their values.

    :return: ``run_id``, ``status``, ``output_file_ids``, ``filled_fields``, ``credits``, ``page_count``.
    """
    return {
        "run_id": run.id,
        "status": run.status,
        "output_file_ids": run.output_file_ids,
        "filled_fields": list(run.filled_values),
        "credits": _number(run.usage.credits if run.usage else None),
        "page_count": _number(run.metrics.page_count if run.metrics else None),
    }


def result_of(kind: RunKind, run: Run) -> dict[str, Any]:
    """
    Return the result of a finished run.

    :return: see :func:`describe`.
    :raises ExtendRunFailedError: the run failed.
    :raises ExtendNoOutputError: it was processed, but gave no file.
    """
    if run.status not in kind.succeeded:
        raise _failed(kind, run)
    if not run.output_file_ids:
        raise ExtendNoOutputError(
            f"Extend {kind.name} run {run.id} is {run.status}, but gave no output file.",
            hint="Usually the schema matched nothing in the document: compare its field names and boxes with the PDF.",
            run_id=run.id,
            kind=kind.name,
            status=run.status,
        )
    return describe(run)


def _failed(kind: RunKind, run: Run) -> ExtendRunFailedError:
    advice = advice_for(run.failure_reason)
    # The service may quote a value that broke a rule; the run's own config tells which words are values.
    message = quote(run.failure_message or "", values_in(run.config))
    said = f" Extend says: {message}" if message else ""
    return ExtendRunFailedError(
        f"Extend {kind.name} run {run.id} ended as {run.status}: {run.failure_reason or 'no reason given'}.{said}",
        hint=advice.remedy,
        retryable=advice.retryable,
        run_id=run.id,
        kind=kind.name,
        status=run.status,
        reason=run.failure_reason,
        failure_message=message or None,
    )


def _number(value: float | None) -> int | float | None:
    """Credits and pages are whole numbers as a rule; 2.0 pages would look odd in XCom."""
    return int(value) if value is not None and value.is_integer() else value
