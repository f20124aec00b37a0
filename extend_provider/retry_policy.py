"""A retry policy for Airflow 3.3 and newer."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from extend_provider._compat import retry_policies
from extend_provider.exceptions import ExtendError
from extend_provider.retry_advice import is_worth_a_retry

if TYPE_CHECKING:
    from extend_provider._compat import Context

__all__ = ["ExtendRetryPolicy"]

_airflow = retry_policies()
if _airflow is None:
    raise ImportError("ExtendRetryPolicy needs Airflow 3.3 or newer, which has retry policies.")


class ExtendRetryPolicy(_airflow.RetryPolicy):  # type: ignore[misc, name-defined]
    """
    Retry what may pass, as late as Extend asks; fail at once what will not.

    ::

        @task(retries=5, retry_policy=ExtendRetryPolicy())
        def newest() -> str: ...

    The operators and sensors of this package fail at once by themselves, on every version of Airflow; the policy adds
    the delay that ``Retry-After`` asks for. It is for ``@task`` functions that use the hook, too. Other exceptions are
    left to Airflow's usual rules, and a policy can never add tries to ``retries``.

    Needs Airflow 3.3.
    """

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,  # noqa: ARG002 - the base's signature
        max_tries: int,  # noqa: ARG002
        context: Context | None = None,  # noqa: ARG002
    ) -> Any:
        """
        Decide about a failed try.

        :param exception: what the task raised; one of ours may be its cause.
        :param try_number: the try.
        :param max_tries: the last try but one.
        :param context: the task's context.
        :return: a ``RetryDecision``.
        """
        error = _ours(exception)
        if error is None:
            return _airflow.RetryDecision.default()
        if not is_worth_a_retry(error):
            return _airflow.RetryDecision.fail(reason=str(error))
        asked: float | None = getattr(error, "retry_after", None)
        return _airflow.RetryDecision.retry(delay=timedelta(seconds=asked) if asked else None, reason=error.message)

    def serialize(self) -> dict[str, Any]:
        """Return what the policy is made from again: nothing."""
        return {}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> ExtendRetryPolicy:  # noqa: ARG003 - the base's signature
        """Make the policy again."""
        return cls()


def _ours(exception: BaseException | None) -> ExtendError | None:
    """Find our error, also where a task has wrapped it in one of its own."""
    seen: set[int] = set()
    while exception is not None and id(exception) not in seen:
        if isinstance(exception, ExtendError):
            return exception
        seen.add(id(exception))
        exception = exception.__cause__
    return None
