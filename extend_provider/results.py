"""
What a finished run means to a DAG: a result, or one typed error. The only place that decides it, for every way of
waiting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from extend_provider.exceptions import ExtendNoOutputError, ExtendRunFailedError
from extend_provider.failure_reasons import FailureAdvice, advice_for
from extend_provider.kinds import RunKind
from extend_provider.redaction import quote, values_in

if TYPE_CHECKING:
    from extend_provider.models import Run

__all__ = ["describe", "result_of"]


def describe(run: Run) -> dict[str, Any]:
    """
    Return the facts about a run that may be stored: names, types and counts, never the values of a document.

    :return: ``run_id``, ``status``, ``output_file_ids``, ``credits``, ``page_count``, and what its kind tells besides:
        an edit run ``filled_fields``, an extract run ``extracted_fields``, a classify run ``classification`` and
        ``confidence``, a split run ``splits``, a workflow run ``steps``, a form detection run ``schema``.
    """
    return {
        "run_id": run.id,
        "status": run.status,
        "output_file_ids": run.output_file_ids,
        **run.facts,
        "credits": _number(run.usage.credits if run.usage else None),
        "page_count": _number(run.page_count),
    }


def result_of(kind: RunKind, run: Run) -> dict[str, Any]:
    """
    Return the result of a finished run.

    :return: see :func:`describe`.
    :raises ExtendRunFailedError: the run failed, or somebody has ended it.
    :raises ExtendNoOutputError: it was processed, but gave no file or no schema, although its kind should.
    """
    if run.status not in kind.succeeded:
        raise _failed(kind, run)
    if kind.gives_file and not run.output_file_ids:
        raise _nothing(
            kind,
            run,
            "output file",
            "Usually the schema matched nothing in the document: compare its field names and boxes with the PDF.",
        )
    result = describe(run)
    if kind.gives_schema and not isinstance(result["schema"], dict):
        raise _nothing(kind, run, "schema", "Does the PDF have a form at all?")
    return result


def _nothing(kind: RunKind, run: Run, what: str, hint: str) -> ExtendNoOutputError:
    return ExtendNoOutputError(
        f"Extend {kind.name} run {run.id} is {run.status}, but gave no {what}.",
        hint=hint,
        run_id=run.id,
        kind=kind.name,
        status=run.status,
    )


# Another run in its place would be against somebody's will.
_DECIDED = FailureAdvice(
    retryable=False, remedy="Somebody decided that, so no retry creates another run. For a new one, clear the task."
)


def _failed(kind: RunKind, run: Run) -> ExtendRunFailedError:
    advice = _DECIDED if run.status in kind.decided else advice_for(run.failure_reason)
    # The service may quote a value that broke a rule; the run's own config tells which words are values.
    values = values_in(run.config)
    message, reason = quote(run.failure_message or "", values), quote(run.failure_reason or "", values)
    said = f" Extend says: {message}" if message else ""
    return ExtendRunFailedError(
        f"Extend {kind.name} run {run.id} ended as {run.status}: {reason or 'no reason given'}.{said}",
        hint=advice.remedy,
        retryable=advice.retryable,
        run_id=run.id,
        kind=kind.name,
        status=run.status,
        reason=reason or None,
        failure_message=message or None,
    )


def _number(value: float | None) -> int | float | None:
    """Credits and pages are whole numbers as a rule; 2.0 pages would look odd in XCom."""
    return int(value) if value is not None and value.is_integer() else value
