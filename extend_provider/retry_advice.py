"""Is another try worth it? One rule for operators, sensors and the retry policy."""

from __future__ import annotations

from typing import Any

from extend_provider._compat import AirflowFailException
from extend_provider.exceptions import (
    ExtendConfigurationError,
    ExtendCreditsError,
    ExtendError,
    ExtendInvalidRequestError,
    ExtendNoOutputError,
    ExtendRunFailedError,
    restore,
)

__all__ = ["failing_at_once", "is_worth_a_retry"]

# The same input gives the same answer, until somebody changes something and clears the task.
_HOPELESS = (ExtendNoOutputError, ExtendInvalidRequestError, ExtendCreditsError)
# The error itself tells: by Extend's failure reason, or because Airflow may have hidden a passing fault behind it.
_TELLING = (ExtendRunFailedError, ExtendConfigurationError)


def is_worth_a_retry(error: ExtendError) -> bool:
    """
    Whether the same task may succeed on another try without anybody's help.

    A refused key is worth one, as keys are exchanged; a passed timeout too, as the retry looks at the same run again.
    """
    if isinstance(error, _HOPELESS):
        return False
    return error.retryable if isinstance(error, _TELLING) else True


def failing_at_once(error: ExtendError) -> ExtendError:
    """Return the same error in a form that makes Airflow fail the task without further tries."""
    return restore(_at_once(type(error)), vars(error))


def _at_once(cls: type[ExtendError]) -> type[ExtendError]:
    """The class of the error and Airflow's in one, so that both can be caught."""
    airflows: Any = AirflowFailException
    if issubclass(cls, airflows):
        return cls

    def reduce(self: ExtendError) -> tuple[Any, ...]:
        # The joint class cannot be imported by its name.
        return _restored_at_once, (cls, vars(self))

    return type(cls.__name__, (cls, airflows), {"__module__": cls.__module__, "__reduce__": reduce})


def _restored_at_once(cls: type[ExtendError], facts: dict[str, Any]) -> ExtendError:
    return restore(_at_once(cls), facts)
